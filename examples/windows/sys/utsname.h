/* The system's name and version. */
#ifndef EXAMPLES_SYS_UTSNAME_H
#define EXAMPLES_SYS_UTSNAME_H

struct utsname {
    char sysname[32], release[32], machine[32];
};
int uname(struct utsname *out);

#endif
