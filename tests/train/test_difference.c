/* A checkpoint of other models is refused by the first difference between them. */
#include "gans.h"
#include "support/files.h"
#include "support/run.h"

#include <string.h>

/* One model, which the number varies. */
static gan_status save_or_load(gan_context *context, int variant, bool load)
{
    gan_model *m = NULL;
    gan_checkpoint *checkpoint = NULL;
    assert_int_equal(gan_model_create(context, &m), GAN_OK);
    const int64_t width = variant == 1 ? 6 : 4;
    const gan_node in = gan_model_add(m, gan_layer_input(context, GAN_SHAPE(width)));
    gan_model_add(m, gan_layer_dense(context, width, GAN_DENSE(.spectral_norm = variant == 2)));
    const gan_node last = gan_model_add(m, variant == 3 ? gan_layer_relu(context) : gan_layer_tanh(context));
    if (variant != 4) gan_model_add_from(m, gan_layer_add(context), GAN_NODES(variant == 5 ? last : in, last));
    if (variant == 6) assert_int_equal(gan_model_set_outputs(m, GAN_NODES(last, last + 1)), GAN_OK);
    assert_int_equal(gan_model_build(m, 1), GAN_OK);
    assert_int_equal(gan_checkpoint_create(context, &checkpoint), GAN_OK);
    assert_int_equal(gan_checkpoint_add_model(checkpoint, "model", m), GAN_OK);
    const gan_status status = load ? gan_checkpoint_load(checkpoint, test_path("variant"))
                                   : gan_checkpoint_save(checkpoint, test_path("variant"));
    gan_checkpoint_destroy(checkpoint);
    gan_model_destroy(m);
    return status;
}

/* The first difference is told. */
static void test_difference(void **state)
{
    (void)state;
    static const char *const differences[] = {
        NULL,
        ": shape of input 0 is (4) there, and (6) here",
        ": spectral_norm of layer 0 (dense) is false there, and true here",
        ": layer 1 (relu) is tanh there",
        ": it has 4 layers, inputs included, and 3 here",
        ": layer 2 (add) reads other layers there",
        ": its outputs are others",
    };
    gan_context *context = NULL;
    assert_int_equal(gan_context_create(NULL, &context), GAN_OK);
    assert_int_equal(save_or_load(context, 0, false), GAN_OK);
    assert_int_equal(save_or_load(context, 0, true), GAN_OK);
    for (int i = 1; i < 7; i++) test_status(save_or_load(context, i, true), GAN_ERROR_ARCHITECTURE, differences[i]);
    gan_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_difference, test_folder_create, test_folder_remove)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
