/* The style and the script of a report's page, line by line, each ended by NULL. Nothing on the page comes from
 * elsewhere. The script draws the curves, and moves through the pictures. */
#ifndef EXAMPLES_REPORT_PAGE_H
#define EXAMPLES_REPORT_PAGE_H

extern const char *const report_style[], *const report_script[];

#endif
