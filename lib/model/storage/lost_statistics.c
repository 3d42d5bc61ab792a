/* Running statistics in a file of weights that its model has no layer for. What normalises by them was folded into a
 * layer that kept its name, or left out: the rest of the file's weights would fit by name and shape, and compute
 * something else.
 *
 * They belong to another network, and are none of the model's business, if the largest part of the file that they lie
 * in and that the model takes nothing from, by the dots in names, has a weight of its own: of two dimensions or more,
 * which normalisations have not. "discriminator.1.running_mean" beside "discriminator.0.weight" is skipped by a model
 * of "generator.0", but not "generator.1.running_mean". */
#include "io/io.h"
#include "model/storage/weight_names.h"

#include <string.h>

/* The file's tensors by name, and how many of the first i of them the model takes, and are weights. */
typedef struct parts {
    const gan_safetensors *file;
    int64_t *rows, *taken, *weights;
} parts;

static const char *name_at(const parts *of, int64_t i)
{
    return gan_safetensors_at(of->file, (size_t)of->rows[i])->name;
}

static bool comes_before(const void *user, int64_t a, int64_t b)
{
    return strcmp(name_at(user, a), name_at(user, b)) < 0;
}

static void swap(void *user, int64_t a, int64_t b)
{
    int64_t *rows = ((const parts *)user)->rows;
    const int64_t moved = rows[a];

    rows[a] = rows[b];
    rows[b] = moved;
}

/* The first row that does not come before all names with these letters in front; or, that comes after them. */
static int64_t bound(const parts *of, int64_t count, const char *prefix, size_t length, bool is_after)
{
    int64_t begin = 0, end = count;

    while (begin < end) {
        const int64_t middle = begin + (end - begin) / 2;
        const int order = strncmp(name_at(of, middle), prefix, length);
        if (order < 0 || (is_after && order == 0)) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return begin;
}

static bool is_statistics(const char *name)
{
    static const char *const endings[] = {"running_mean", "running_var"};
    const size_t length = strlen(name);

    for (int i = 0; i < 2; i++) {
        const size_t tail = strlen(endings[i]);
        if (length < tail || strcmp(name + length - tail, endings[i]) != 0) continue;
        return length == tail || name[length - tail - 1] == '.';
    }
    return false;
}

static bool is_of_another_network(const parts *of, int64_t count, const char *name)
{
    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
        const size_t length = (size_t)(dot - name) + 1;
        const int64_t begin = bound(of, count, name, length, false), end = bound(of, count, name, length, true);
        if (of->taken[end] == of->taken[begin]) return of->weights[end] > of->weights[begin];
    }
    return false;
}

static gan_status check(const parts *of, int64_t count, const bool *used)
{
    for (int64_t i = 0; i < count; i++) {
        const int rank = gan_safetensors_at(of->file, (size_t)of->rows[i])->rank;
        of->taken[i + 1] = of->taken[i] + used[of->rows[i]];
        of->weights[i + 1] = of->weights[i] + (rank >= 2);
    }
    for (int64_t i = 0; i < count; i++) {
        const char *name = name_at(of, i);
        if (used[of->rows[i]] || !is_statistics(name) || is_of_another_network(of, count, name)) continue;
        return gan_fail(GAN_ERROR_ARCHITECTURE,
                        "%s has running statistics '%.64s' that no layer of the model takes: their normalisation was "
                        "left out or folded into another layer, which these weights do not fit; the option partial "
                        "loads them nevertheless",
                        gan_safetensors_name(of->file), name);
    }
    return GAN_OK;
}

gan_status gan_weights_check_statistics(gan_context *context, const gan_safetensors *file, const bool *used)
{
    const int64_t count = (int64_t)gan_safetensors_count(file);
    parts of = {.file = file};
    bool is_any = false;
    gan_status status = GAN_ERROR_MEMORY;

    for (int64_t i = 0; i < count && !is_any; i++)
        is_any = !used[i] && is_statistics(gan_safetensors_at(file, (size_t)i)->name);
    if (!is_any) return GAN_OK;
    of.rows = gan_allocate_array(context, count, sizeof(*of.rows));
    of.taken = gan_allocate_array(context, count + 1, sizeof(*of.taken));
    of.weights = gan_allocate_array(context, count + 1, sizeof(*of.weights));
    if (of.rows && of.taken && of.weights) {
        for (int64_t i = 0; i < count; i++) of.rows[i] = i;
        gan_sort(&(gan_sortable){&of, comes_before, swap}, count);
        of.taken[0] = of.weights[0] = 0;
        status = check(&of, count, used);
    }
    gan_release(context, of.rows, (size_t)count * sizeof(*of.rows));
    gan_release(context, of.taken, (size_t)(count + 1) * sizeof(*of.taken));
    gan_release(context, of.weights, (size_t)(count + 1) * sizeof(*of.weights));
    return status;
}
