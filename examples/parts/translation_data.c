#include "translation_data.h"

#include "picture_files.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELD_OUT 10 /* one pair of so many, without a folder of their own */
#define LEAST    2  /* pairs to judge by */

struct picture_pairs {
    gan_shape image;
    bool side_by_side, backward;
    char paths[2][PATH_SIZE]; /* from, to */
    picture_list names[2];
    gan_dataset *pictures[2]; /* all of a folder */
    int64_t count, *numbers[2];
    float *sheet; /* a pair side by side */
    gan_dataset *all;
};

static void refuse(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
}

/* ---- Pairs ----------------------------------------------------------------------------------------------------- */

static void cut(const picture_pairs *p, int half, float *out)
{
    const int64_t width = p->image.dims[2], rows = p->image.dims[0] * p->image.dims[1];
    for (int64_t row = 0; row < rows; row++)
        memcpy(out + row * width, p->sheet + (2 * row + half) * width, (size_t)width * sizeof(float));
}

/* The callback of a dataset of pairs. */
static gan_status fill(void *user, const int64_t *numbers, int64_t count, float *const *fields)
{
    picture_pairs *p = user;
    gan_status status = GAN_OK;
    for (int64_t i = 0; i < count && status == GAN_OK; i++) {
        if (p->side_by_side) status = gan_dataset_read(p->pictures[0], numbers[i], 1, p->sheet, NULL);
        for (int side = 0; side < 2 && status == GAN_OK; side++) {
            if (!fields[side]) continue;
            float *out = fields[side] + i * gan_shape_count(p->image);
            if (p->side_by_side) {
                cut(p, p->backward ? 1 - side : side, out);
            } else {
                status = gan_dataset_read(p->pictures[side], p->numbers[side][numbers[i]], 1, out, NULL);
            }
        }
    }
    return status;
}

static void find_pairs(picture_pairs *p)
{
    for (int side = 0; side < 2; side++) p->numbers[side] = allocate(p->names[0].count, sizeof(int64_t));
    for (int64_t i = 0; i < p->names[0].count; i++) {
        const int64_t other = p->side_by_side ? i : find_picture(&p->names[1], p->names[0].names[i]);
        if (other < 0) continue;
        p->numbers[0][p->count] = i;
        p->numbers[1][p->count++] = other;
    }
}

/* ---- Checks ---------------------------------------------------------------------------------------------------- */

static void require_same_names(const picture_list *a, const picture_list *b)
{
    for (int64_t i = 0; i < a->count; i++) {
        char path[PATH_SIZE];
        if (find_picture(b, a->names[i]) >= 0) continue;
        fprintf(stderr, "%s: there is no picture of this name in %s\n", path_in(a->folder, a->names[i], path),
                b->folder);
        exit(1);
    }
}

/* If one was cropped and the other was not, they would no longer fit together. */
static void require_same_sizes(const picture_pairs *p)
{
    for (int64_t i = 0; i < p->count; i++) {
        char paths[2][PATH_SIZE];
        int64_t width[2], height[2];
        bool known = true;
        for (int side = 0; side < 2; side++) {
            const picture_list *list = &p->names[side];
            path_in(list->folder, list->names[p->numbers[side][i]], paths[side]);
            known = read_picture_size(list, p->numbers[side][i], &width[side], &height[side]) && known;
        }
        if (!known || (width[0] == width[1] && height[0] == height[1])) continue;
        fprintf(stderr, "%s: %lld x %lld pixels, but %s has %lld x %lld\n", paths[1], (long long)width[1],
                (long long)height[1], paths[0], (long long)width[0], (long long)height[0]);
        exit(1);
    }
}

static void require_halves(const picture_list *list)
{
    for (int64_t i = 0; i < list->count; i++) {
        char path[PATH_SIZE];
        int64_t width, height;
        if (!read_picture_size(list, i, &width, &height) || width == 2 * height) continue;
        fprintf(stderr,
                "%s: %lld x %lld pixels, but two squares side by side are twice as wide as high; give pictures of "
                "other shapes in two folders, --from and --to\n",
                path_in(list->folder, list->names[i], path), (long long)width, (long long)height);
        exit(1);
    }
}

static void refuse_animations(const picture_list *list)
{
    int64_t width, height;
    for (int64_t i = 0; i < list->count; i++) read_picture_size(list, i, &width, &height);
}

static void check(const picture_pairs *p, bool paired)
{
    if (p->side_by_side) {
        require_halves(&p->names[0]);
        return;
    }
    for (int side = 0; side < 2; side++) refuse_animations(&p->names[side]);
    if (!paired) return;
    for (int side = 0; side < 2; side++) require_same_names(&p->names[side], &p->names[1 - side]);
    require_same_sizes(p);
}

/* ---- Parts of the data ----------------------------------------------------------------------------------------- */

static gan_status open_part(gan_context *context, const translation_files *files, picture_pairs *p)
{
    const int sides = p->side_by_side ? 1 : 2;
    gan_status status = GAN_OK;
    p->image = GAN_SHAPE(files->channels, files->size, files->size);
    p->backward = files->backward;
    for (int side = 0; side < sides; side++) p->names[side] = list_pictures(p->paths[side]);
    find_pairs(p);
    check(p, files->paired);
    p->sheet = allocate(2 * gan_shape_count(p->image), sizeof(float));
    for (int side = 0; side < sides && status == GAN_OK; side++) {
        status = gan_dataset_open_folder(context, p->paths[side],
                                         GAN_FOLDER(.height = files->size,
                                                    .width = p->side_by_side ? 2 * files->size : files->size,
                                                    .channels = files->channels),
                                         NULL, &p->pictures[side]);
        if (status == GAN_OK) status = decode_pictures(p->pictures[side]);
    }
    if (status != GAN_OK || p->count == 0) return status;
    const gan_callback_field fields[] = {{"from", p->image, 0}, {"to", p->image, 0}};
    return gan_dataset_from_callback(context, p->count, 2, fields, fill, p, NULL, &p->all);
}

static void close_part(picture_pairs *p)
{
    if (!p) return;
    gan_dataset_destroy(p->all);
    for (int side = 0; side < 2; side++) {
        gan_dataset_destroy(p->pictures[side]);
        release_pictures(&p->names[side]);
        free(p->numbers[side]);
    }
    free(p->sheet);
    free(p);
}

/* The folders of a part, or NULL if there are none. */
static picture_pairs *find_part(const translation_files *files, const char *name)
{
    const char *const folders[2] = {files->data       ? files->data
                                    : files->backward ? files->to
                                                      : files->from,
                                    files->backward ? files->from : files->to};
    picture_pairs *p = allocate(1, sizeof(*p));
    bool found = true;
    p->side_by_side = files->data != NULL;
    for (int side = 0; side < (p->side_by_side ? 1 : 2); side++) {
        if (name) {
            found = has_folder(folders[side], name, p->paths[side]) && found;
        } else {
            snprintf(p->paths[side], PATH_SIZE, "%s", folders[side]);
        }
    }
    if (found) return p;
    free(p);
    return NULL;
}

static bool is_held_out(const translation_data *data, int64_t pair)
{
    return !data->parts[1] && pair % HELD_OUT == HELD_OUT - 1;
}

/* The numbers of a part's pairs, held out or not. */
static int64_t *choose(const translation_data *data, bool held_out, int64_t *count)
{
    const picture_pairs *p = data->parts[held_out && data->parts[1] ? 1 : 0];
    int64_t *numbers = allocate(p->count + 1, sizeof(int64_t));
    *count = 0;
    for (int64_t i = 0; i < p->count; i++) {
        if (held_out == is_held_out(data, i) || (held_out && data->parts[1])) numbers[(*count)++] = i;
    }
    return numbers;
}

static gan_status read_held_out(translation_data *data, int64_t most)
{
    const picture_pairs *p = data->parts[data->parts[1] ? 1 : 0];
    const int64_t size = gan_shape_count(data->image);
    int64_t count;
    int64_t *numbers = choose(data, true, &count);
    gan_status status = GAN_OK;
    data->held_out = count < LEAST ? 0 : count < most ? count : most;
    data->held_from = allocate(count * size + 1, sizeof(float));
    data->held_to = allocate(count * size + 1, sizeof(float));
    for (int64_t i = 0; i < data->held_out && status == GAN_OK; i++) {
        float *const fields[] = {data->held_from + i * size, data->held_to + i * size};
        status = gan_dataset_read_fields(p->all, numbers[i], 1, fields);
    }
    free(numbers);
    return status;
}

/* ---- Training data --------------------------------------------------------------------------------------------- */

static gan_status open_pairs(translation_data *data, const translation_files *files)
{
    int64_t count;
    int64_t *numbers = choose(data, false, &count);
    const gan_status status =
        count == 0
            ? GAN_OK
            : gan_dataset_subset(data->parts[0]->all, count, numbers,
                                 GAN_DATASET(.seed = files->seed, .restart_if_changed = files->restart_if_changed),
                                 &data->pairs);
    free(numbers);
    return status;
}

/* One folder's pictures, without those that are held out. Each folder has an order of its own: with the same one,
 * what belongs together would come together. */
static gan_status open_side(const translation_data *data, int side, const translation_files *files, gan_dataset **out)
{
    const picture_pairs *p = data->parts[0];
    int64_t *numbers = allocate(p->names[side].count, sizeof(int64_t)), count = 0;
    bool *skipped = allocate(p->names[side].count, sizeof(bool));
    for (int64_t i = 0; i < p->count; i++) skipped[p->numbers[side][i]] = is_held_out(data, i);
    for (int64_t i = 0; i < p->names[side].count; i++)
        if (!skipped[i]) numbers[count++] = i;
    const gan_status status = gan_dataset_subset(
        p->pictures[side], count, numbers,
        GAN_DATASET(.seed = files->seed + (uint64_t)side, .restart_if_changed = files->restart_if_changed), out);
    free(skipped);
    free(numbers);
    return status;
}

gan_status open_translation_data(gan_context *context, const translation_files *files, translation_data *out)
{
    *out = (translation_data){.image = GAN_SHAPE(files->channels, files->size, files->size)};
    out->parts[0] = find_part(files, "train");
    if (out->parts[0]) {
        out->parts[1] = find_part(files, "test");
        if (!out->parts[1]) out->parts[1] = find_part(files, "val");
    } else {
        out->parts[0] = find_part(files, NULL);
    }
    gan_status status = GAN_OK;
    for (int i = 0; i < 2 && status == GAN_OK; i++) {
        if (out->parts[i]) status = open_part(context, files, out->parts[i]);
    }
    if (status == GAN_OK) status = read_held_out(out, files->most_held_out);
    if (status != GAN_OK) return status;
    if (files->paired && out->held_out == 0) {
        refuse(out->parts[0]->paths[0], "at least 20 pairs are needed, of which a tenth is held out, or a test/ or "
                                        "val/ folder with at least 2");
    }
    status = open_pairs(out, files);
    if (status == GAN_OK && !files->data) status = open_side(out, 0, files, &out->from);
    return status == GAN_OK && !files->data ? open_side(out, 1, files, &out->to) : status;
}

void close_translation_data(translation_data *data)
{
    gan_dataset_destroy(data->pairs);
    gan_dataset_destroy(data->to);
    gan_dataset_destroy(data->from);
    for (int i = 0; i < 2; i++) close_part(data->parts[i]);
    free(data->held_to);
    free(data->held_from);
}
