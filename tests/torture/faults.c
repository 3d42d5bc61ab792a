#include "torture/faults.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static fault current;
static atomic_int armed; /* the kind */
static atomic_int_fast64_t points;
static atomic_bool fired;

void fault_begin(fault wanted)
{
    current = wanted;
    atomic_store(&points, 0);
    atomic_store(&fired, false);
    atomic_store(&armed, (int)wanted.kind);
}

int64_t fault_end(void)
{
    atomic_store(&armed, FAULT_NONE);
    return atomic_load(&points);
}

void fault_pause(void)
{
    atomic_store(&armed, FAULT_NONE);
}

void fault_resume(void)
{
    atomic_store(&armed, (int)current.kind);
}

bool fault_fired(void)
{
    return atomic_load(&fired);
}

/* Whether the point that is passed now is one to fail. */
static bool is_chosen(fault_kind kind)
{
    if (atomic_load(&armed) != (int)kind) return false;
    const int64_t point = atomic_fetch_add(&points, 1) + 1;
    const bool chosen = current.at > 0 && (point == current.at || (current.all && point > current.at));
    if (chosen && current.error == FAULT_KILL) raise(SIGKILL);
    return chosen;
}

bool fault_hits(fault_kind kind)
{
    if (!is_chosen(kind) || current.error < 0) return false;
    atomic_store(&fired, true);
    errno = kind == FAULT_MEMORY ? ENOMEM : current.error;
    return true;
}

int64_t fault_transfer(int64_t size)
{
    if (!is_chosen(FAULT_FILES)) return size;
    if (current.error == FAULT_SHORT) return size > 1 ? size / 2 : size;
    atomic_store(&fired, true);
    if (current.error == FAULT_NOTHING) return 0;
    errno = current.error;
    return -1;
}
