/* Samples along an axis, as they are stored. */
#include "layers/shared.h"

/* The axis at the border that is stored at `place`: images are stored row, column, channel. */
static int stored_axis(int rank, int place)
{
    return rank == 3 ? (place + 1) % 3 : place;
}

void gan_cut_at_axis(gan_shape shape, int axis, int64_t *rows, int64_t *run)
{
    bool reached = false;
    *rows = *run = 1;
    for (int place = 0; place < shape.rank; place++) {
        int stored = stored_axis(shape.rank, place);
        reached = reached || stored == axis;
        *(reached ? run : rows) *= shape.dims[stored];
    }
}
