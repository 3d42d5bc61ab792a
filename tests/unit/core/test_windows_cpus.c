/* Which CPUs Windows lets a process use: those of its mask, or of all its groups, since a mask has 64 at most. */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <windows.h>
#include <cmocka.h>

typedef BOOL(WINAPI *groups_function)(HANDLE, USHORT *, USHORT *);
typedef DWORD(WINAPI *count_function)(WORD);
extern groups_function __wrap___imp_GetProcessGroupAffinity; /* the addresses by which calls go */
extern count_function __wrap___imp_GetActiveProcessorCount;

static USHORT group_count;

static BOOL WINAPI give_groups(HANDLE process, USHORT *count, USHORT *groups)
{
    (void)process;
    assert_true(*count >= group_count);
    *count = group_count;
    for (USHORT i = 0; i < group_count; i++) groups[i] = i;
    return TRUE;
}

static DWORD WINAPI count_in_group(WORD group)
{
    return group == 0 ? 64 : 32;
}

groups_function __wrap___imp_GetProcessGroupAffinity = give_groups;
count_function __wrap___imp_GetActiveProcessorCount = count_in_group;

static void test_groups(void **state)
{
    (void)state;
    group_count = 3;
    assert_int_equal(gan_usable_cpus(), 64 + 32 + 32);
}

static void test_mask(void **state)
{
    DWORD_PTR usable, all;

    (void)state;
    group_count = 1;
    assert_true(GetProcessAffinityMask(GetCurrentProcess(), &usable, &all));
    assert_int_equal(gan_usable_cpus(), __builtin_popcountll(usable));
    assert_true(SetProcessAffinityMask(GetCurrentProcess(), usable & -usable));
    assert_int_equal(gan_usable_cpus(), 1);
    assert_int_equal(gan_cpu_count(), 1);
    assert_true(SetProcessAffinityMask(GetCurrentProcess(), usable));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_groups), cmocka_unit_test(test_mask)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
