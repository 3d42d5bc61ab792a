/* The share of the CPUs that a control group (cgroup) leaves to this process, as containers are limited. */
#include "core/machine/machine.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATH = 1024 };

/* Reads a small file into `text`, with a terminator; false if there is none. */
static bool read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");

    if (!file) return false;
    text[fread(text, 1, size - 1, file)] = 0;
    fclose(file);
    return true;
}

static int at_least(int64_t quota, int64_t period)
{
    if (quota <= 0 || period <= 0) return 0;
    const int64_t cpus = quota / period + (quota % period != 0);
    return cpus < GAN_MAX_THREADS ? (int)cpus : GAN_MAX_THREADS;
}

/* The limit of one group, rounded up to whole CPUs; 0: none. Version 2 has "max 100000" or "50000 100000". */
static int limit_of(const char *folder, bool version2)
{
    char path[PATH + 32], text[64], *end;

    if (version2) {
        snprintf(path, sizeof(path), "%s/cpu.max", folder);
        if (!read_text(path, text, sizeof(text))) return 0;
        const long long quota = strtoll(text, &end, 10);
        return at_least(quota, strtoll(end, NULL, 10));
    }
    snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", folder);
    if (!read_text(path, text, sizeof(text))) return 0;
    const long long quota = strtoll(text, NULL, 10);
    snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", folder);
    return read_text(path, text, sizeof(text)) ? at_least(quota, strtoll(text, NULL, 10)) : 0;
}

/* The least limit of a group and all that contain it. In a container the group's path may be the host's, of which
 * only the last folder, mounted as the root, is there. */
static int least_limit(const char *mount, const char *group, bool version2)
{
    char folder[PATH];
    const size_t root = strlen(mount);
    int least = 0;

    if (snprintf(folder, sizeof(folder), "%s%s", mount, group) >= (int)sizeof(folder)) folder[root] = 0;
    for (;;) {
        const int limit = limit_of(folder, version2);
        if (limit > 0 && (least == 0 || limit < least)) least = limit;
        char *slash = strrchr(folder, '/');
        if (!slash || slash < folder + root) return least;
        *slash = 0;
    }
}

/* Whether a comma-separated list has the controller "cpu". */
static bool has_cpu(const char *controllers)
{
    for (const char *at = controllers; *at; at += strcspn(at, ",")) {
        if (*at == ',') at++;
        if (strncmp(at, "cpu", 3) == 0 && (at[3] == 0 || at[3] == ',')) return true;
    }
    return false;
}

/* Lines are "0::/group" in version 2, and "4:cpu,cpuacct:/group" in version 1; both may be in use. */
int gan_cpu_quota(const char *root)
{
    char groups[4096], mount[PATH / 2], *rest = groups;
    int least = 0;

    snprintf(mount, sizeof(mount), "%s/proc/self/cgroup", root);
    if (!read_text(mount, groups, sizeof(groups))) return 0;
    while (rest && *rest) {
        char *line = rest, *end = strchr(line, '\n');
        rest = end ? end + 1 : NULL;
        if (end) *end = 0;
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group) continue;
        *group++ = 0;
        const bool version2 = controllers[1] == 0;
        if (!version2 && !has_cpu(controllers + 1)) continue;
        snprintf(mount, sizeof(mount), "%s/sys/fs/cgroup%s%s", root, version2 ? "" : "/", controllers + 1);
        const int limit = least_limit(mount, group, version2);
        if (limit > 0 && (least == 0 || limit < least)) least = limit;
    }
    return least;
}
