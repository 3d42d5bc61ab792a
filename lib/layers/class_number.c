/* Inputs that are the number of a class, which several kinds of layers read. */
#include "layers/shared.h"

#include <string.h>

gan_status gan_check_class_shape(const char *what, gan_shape input)
{
    char text[GAN_SHAPE_TEXT];
    if (gan_shape_equal(input, GAN_SHAPE(1))) return GAN_OK;
    return gan_fail(GAN_ERROR_SHAPE, "%s is %s, expected (1), a class number", what, gan_shape_text(input, text));
}

gan_status gan_check_class_numbers(const gan_pass *pass, int k, int64_t classes)
{
    const gan_real *numbers = pass->x[k];
    if (!numbers) return GAN_OK;
    const int64_t bad = gan_find_bad_class(pass->batch, classes, numbers);
    if (bad == pass->batch) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "sample %lld is of class %.9g, expected a whole number from 0 to %lld",
                    (long long)bad, (double)numbers[bad], (long long)(classes - 1));
}

int64_t gan_layer_classes(const gan_layer *layer, int k)
{
    const gan_layer_ops *ops = layer->ops;
    if (!(ops->class_inputs >> k & 1)) return 0;
    for (int i = 0; i < ops->option_count; i++) {
        int64_t classes;
        if (strcmp(ops->options[i].name, "classes") != 0) continue;
        memcpy(&classes, (const unsigned char *)layer + ops->options[i].offset, sizeof(classes));
        return classes;
    }
    return 0;
}
