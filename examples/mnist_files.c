#include "mnist_files.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool find_mnist_file(const char *folder, bool labels, char *path, size_t size)
{
    static const char *const patterns[] = {"%s/train-%s-idx%d-ubyte", "%s/train-%s-idx%d-ubyte.gz",
                                           "%s/train-%s.idx%d-ubyte", "%s/train-%s.idx%d-ubyte.gz"};
    const char *what = labels ? "labels" : "images";
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        int length = snprintf(path, size, patterns[i], folder, what, labels ? 1 : 3);
        if (length > 0 && (size_t)length < size && access(path, R_OK) == 0) return true;
    }
    DIR *directory = opendir(folder);
    int found = 0;
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        if (!strstr(entry->d_name, what) || !strstr(entry->d_name, "idx")) continue;
        int length = snprintf(path, size, "%s/%s", folder, entry->d_name);
        if (length > 0 && (size_t)length < size) found++;
    }
    if (directory) closedir(directory);
    return found == 1;
}
