/* How passes over data are cut into blocks. */
#include "kernels/blocks/blocks.h"

typedef struct range_work {
    gan_range_fn range;
    const void *args;
    int64_t count, block;
} range_work;

static void range_task(void *argument, int64_t index)
{
    const range_work *work = argument;
    int64_t begin = index * work->block;
    int64_t left = work->count - begin;
    work->range(work->args, begin, begin + (left < work->block ? left : work->block));
}

void gan_blocks_run(gan_context *context, gan_task_fn task, void *argument, int64_t blocks)
{
    if (blocks > 2) {
        gan_parallel(context, task, argument, blocks);
    } else {
        for (int64_t i = 0; i < blocks; i++) task(argument, i);
    }
}

void gan_range_run(gan_context *context, gan_range_fn range, const void *args, int64_t count, int64_t block)
{
    range_work work = {range, args, count, block};
    gan_blocks_run(context, range_task, &work, (count + block - 1) / block);
}
