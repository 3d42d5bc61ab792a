/* The width of the console. */
#ifndef EXAMPLES_SYS_IOCTL_H
#define EXAMPLES_SYS_IOCTL_H

struct winsize {
    unsigned short ws_row, ws_col;
};
#define TIOCGWINSZ 1
int ioctl(int descriptor, int request, struct winsize *out);

#endif
