/* The border between callers' float arrays in PyTorch's layout and arrays as stored: images channels last, in the
 * library's own number type. */
#include "model/graph/graph.h"

/* A tensor as `batch` matrices, (rows, columns) at the border and stored transposed. */
typedef struct matrices {
    int64_t batch, rows, columns;
} matrices;

/* One row: stored in the order of the border. */
static matrices plain(int64_t count)
{
    return (matrices){1, 1, count};
}

static matrices matrices_of_tensor(const gan_tensor_plan *plan, int64_t count)
{
    if (plan->channels == 0) return plain(count);
    return (matrices){count / (plan->channels * plan->pixels), plan->channels, plan->pixels};
}

static matrices matrices_of_samples(gan_shape shape, int64_t batch)
{
    if (shape.rank != 3) return plain(batch * gan_shape_count(shape));
    return (matrices){batch, shape.dims[0], shape.dims[1] * shape.dims[2]};
}

/* The loops below read or write the stored array consecutively, in runs of `rows`. */
static void import_matrices(matrices as, const float *values, gan_real *stored)
{
    const int64_t size = as.rows * as.columns;

    if (as.rows == 1 || as.columns == 1) {
        for (int64_t i = 0; i < as.batch * size; i++) stored[i] = (gan_real)values[i];
        return;
    }
    for (int64_t b = 0; b < as.batch; b++) {
        for (int64_t j = 0; j < as.columns; j++) {
            for (int64_t i = 0; i < as.rows; i++) {
                stored[b * size + j * as.rows + i] = (gan_real)values[b * size + i * as.columns + j];
            }
        }
    }
}

static void export_matrices(matrices as, const gan_real *stored, float *out)
{
    const int64_t size = as.rows * as.columns;

    if (as.rows == 1 || as.columns == 1) {
        for (int64_t i = 0; i < as.batch * size; i++) out[i] = (float)stored[i];
        return;
    }
    for (int64_t b = 0; b < as.batch; b++) {
        for (int64_t j = 0; j < as.columns; j++) {
            for (int64_t i = 0; i < as.rows; i++) {
                out[b * size + i * as.columns + j] = (float)stored[b * size + j * as.rows + i];
            }
        }
    }
}

void gan_tensor_import(const gan_tensor_plan *plan, int64_t count, const float *values, gan_real *stored)
{
    import_matrices(matrices_of_tensor(plan, count), values, stored);
}

void gan_tensor_export(const gan_tensor_plan *plan, int64_t count, const gan_real *stored, float *out)
{
    export_matrices(matrices_of_tensor(plan, count), stored, out);
}

/* If the number types are the same, kernels do it. */
#define STORED_AS_FLOAT (sizeof(gan_real) == sizeof(float))

void gan_samples_import(gan_context *context, gan_shape shape, int64_t batch, const float *samples, gan_real *stored)
{
    const matrices as = matrices_of_samples(shape, batch);

    if (STORED_AS_FLOAT) {
        gan_transpose(context, as.batch, as.rows, as.columns, (const gan_real *)(const void *)samples, stored);
    } else {
        import_matrices(as, samples, stored);
    }
}

void gan_samples_export(gan_context *context, gan_shape shape, int64_t batch, const gan_real *stored, float *out)
{
    const matrices as = matrices_of_samples(shape, batch);

    if (STORED_AS_FLOAT) {
        gan_transpose(context, as.batch, as.columns, as.rows, stored, (gan_real *)(void *)out);
    } else {
        export_matrices(as, stored, out);
    }
}
