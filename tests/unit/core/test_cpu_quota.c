/* The CPUs that a process may use, and the quota of a control group, in files as the kernel shows them to a host and
 * to a container. */
#define _GNU_SOURCE /* cpu_set_t */
#include "core/core.h"
#include "support/files.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Writes a file, with its folders, below the test's own folder. */
static void put(const char *name, const char *text)
{
    char path[1024];

    snprintf(path, sizeof(path), "%s/%s", test_path(""), name);
    for (char *slash = path + strlen(test_path("")) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        mkdir(path, 0777);
        *slash = '/';
    }
    test_file_write(path, text, strlen(text));
}

static int quota(void)
{
    return gan_cpu_quota(test_path(""));
}

static void test_no_groups(void **state)
{
    (void)state;
    assert_int_equal(quota(), 0);
    put("proc/self/cgroup", "garbage\n\n0:\n:::\n0::/none\n");
    assert_int_equal(quota(), 0);
}

static void test_version2(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/system.slice/service\n");
    put("sys/fs/cgroup/system.slice/service/cpu.max", "max 100000\n");
    assert_int_equal(quota(), 0);
    put("sys/fs/cgroup/system.slice/cpu.max", "350000 100000\n"); /* a group around it */
    assert_int_equal(quota(), 4);
    put("sys/fs/cgroup/system.slice/service/cpu.max", "200000 100000\n");
    assert_int_equal(quota(), 2);
    put("sys/fs/cgroup/system.slice/service/cpu.max", "1000 100000\n");
    assert_int_equal(quota(), 1);
    put("sys/fs/cgroup/system.slice/service/cpu.max", "9223372036854775807 1\n");
    assert_int_equal(quota(), 4);
    put("sys/fs/cgroup/system.slice/service/cpu.max", "100 0\n");
    assert_int_equal(quota(), 4);
    put("sys/fs/cgroup/system.slice/service/cpu.max", "");
    assert_int_equal(quota(), 4);
}

/* In a container the group's folder is mounted as the root, whatever it is called on the host. */
static void test_container(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/docker/0123456789abcdef\n");
    put("sys/fs/cgroup/cpu.max", "150000 100000\n");
    assert_int_equal(quota(), 2);
    put("proc/self/cgroup", "0::/\n");
    assert_int_equal(quota(), 2);
}

static void test_version1(void **state)
{
    (void)state;
    put("proc/self/cgroup", "5:cpuset:/a\n4:cpu,cpuacct:/a/b\n0::/\n");
    put("sys/fs/cgroup/cpuset/a/cpu.cfs_quota_us", "100000\n");
    put("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota(), 0);
    put("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "250000\n");
    assert_int_equal(quota(), 3);
}

#ifdef __linux__

static bool is_large; /* a machine of 4,096 CPUs, of which three may be used */

int __real_sched_getaffinity(pid_t process, size_t size, cpu_set_t *set);
int __wrap_sched_getaffinity(pid_t process, size_t size, cpu_set_t *set);
int __wrap_sched_getaffinity(pid_t process, size_t size, cpu_set_t *set)
{
    static const int usable[] = {0, 1500, 4095};

    if (!is_large) return __real_sched_getaffinity(process, size, set);
    if (size < 4096 / 8) {
        errno = EINVAL;
        return -1;
    }
    memset(set, 0, size);
    for (int i = 0; i < 3; i++) ((unsigned char *)set)[usable[i] / 8] |= (unsigned char)(1u << usable[i] % 8);
    return 0;
}

static void test_many_cpus(void **state)
{
    (void)state;
    is_large = true;
    assert_int_equal(gan_usable_cpus(), 3);
    is_large = false;
    assert_true(gan_usable_cpus() >= 1);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_groups, test_folder_create, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_version2, test_folder_create, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_container, test_folder_create, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_version1, test_folder_create, test_folder_remove),
#ifdef __linux__
        cmocka_unit_test(test_many_cpus),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
