/* A training step written out in public calls, beside the trainer's: same weights, same data, same noise. At the end
 * it compares both generators, which are bit-identical, also if the loop was saved and resumed on the way while the
 * trainer never stopped. Take the loop and change what you like. */
#include "models.h"
#include "options.h"
#include "outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH          32
#define SIDE           28
#define PIXELS         (SIDE * SIDE)
#define SEED           7
#define SQUARES_STREAM 100

static void check(gan_status status)
{
    if (status != GAN_OK) {
        fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_last_error());
        exit(1);
    }
}

/* One filled square of random place and size: pixels -1 and 1. */
static void draw_squares(gan_random *random, float images[BATCH][PIXELS])
{
    for (int i = 0; i < BATCH; i++) {
        float u[3];
        check(gan_random_uniform(random, u, 3));
        int size = 6 + (int)(u[0] * 10), left = (int)(u[1] * (float)(SIDE - size)),
            top = (int)(u[2] * (float)(SIDE - size));
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++)
                images[i][y * SIDE + x] = y >= top && y < top + size && x >= left && x < left + size ? 1.0f : -1.0f;
        }
    }
}

typedef struct players {
    gan_model *generator, *discriminator;
} players;

static players make_players(gan_context *context)
{
    players p = {NULL, NULL};
    check(build_dense_generator(context, GAN_SHAPE(1, SIDE, SIDE), NORMALISATION_BATCH, MODEL_FILTERS, 1,
                                &p.generator));
    check(build_conv_discriminator(context, GAN_SHAPE(1, SIDE, SIDE), NORMALISATION_NONE, MODEL_FILTERS, 2,
                                   &p.discriminator));
    return p;
}

/* What a loop needs: a pass through G, two through D, two optimizers, the noise, the data and the number of steps. */
typedef struct loop {
    players players;
    gan_session *generate, *real, *fake;
    gan_optimizer *generator_optimizer, *discriminator_optimizer;
    gan_random *noise, *squares;
    int64_t step;
} loop;

static loop make_loop(gan_context *context)
{
    loop l = {.players = make_players(context)};
    gan_model *g = l.players.generator, *d = l.players.discriminator;
    check(gan_session_create(g, GAN_SESSION(.batch = BATCH), &l.generate));
    check(gan_session_create(d, GAN_SESSION(.batch = BATCH), &l.real));
    check(gan_session_create(d, GAN_SESSION(.batch = BATCH), &l.fake));
    check(gan_optimizer_create(g, GAN_OPTIMIZER(.learning_rate = 2e-4f, .beta1 = 0.5f), &l.generator_optimizer));
    check(gan_optimizer_create(d, GAN_OPTIMIZER(.learning_rate = 2e-4f, .beta1 = 0.5f), &l.discriminator_optimizer));
    check(gan_random_create(context, SEED, GAN_NOISE_STREAM, &l.noise));
    check(gan_random_create(context, SEED, SQUARES_STREAM, &l.squares));
    return l;
}

static void destroy_loop(loop *l)
{
    gan_random_destroy(l->squares);
    gan_random_destroy(l->noise);
    gan_optimizer_destroy(l->generator_optimizer);
    gan_optimizer_destroy(l->discriminator_optimizer);
    gan_session_destroy(l->generate);
    gan_session_destroy(l->real);
    gan_session_destroy(l->fake);
    gan_model_destroy(l->players.generator);
    gan_model_destroy(l->players.discriminator);
}

/* All that changes from step to step: whatever is missing here would not be the same after resuming. */
static gan_checkpoint *make_checkpoint(gan_context *context, loop *l)
{
    gan_checkpoint *checkpoint = NULL;
    check(gan_checkpoint_create(context, &checkpoint));
    check(gan_checkpoint_add_model(checkpoint, "generator", l->players.generator));
    check(gan_checkpoint_add_model(checkpoint, "discriminator", l->players.discriminator));
    check(gan_checkpoint_add_optimizer(checkpoint, "generator_optimizer", l->generator_optimizer));
    check(gan_checkpoint_add_optimizer(checkpoint, "discriminator_optimizer", l->discriminator_optimizer));
    check(gan_checkpoint_add_session(checkpoint, "generate", l->generate)); /* random layers, such as dropout */
    check(gan_checkpoint_add_session(checkpoint, "real", l->real));
    check(gan_checkpoint_add_session(checkpoint, "fake", l->fake));
    check(gan_checkpoint_add_random(checkpoint, "noise", l->noise));
    check(gan_checkpoint_add_random(checkpoint, "squares", l->squares));
    check(gan_checkpoint_add_integer(checkpoint, "step", &l->step));
    return checkpoint;
}

static void run_discriminator(gan_session *session, float logits[BATCH])
{
    check(gan_session_forward(session, GAN_MODE_TRAIN));
    check(gan_session_get_output(session, 0, logits));
}

/* L_D = -E log D(x) - E log(1 - D(G(z))), down its gradient to D's weights. */
static double update_discriminator(loop *l, const float *images)
{
    float noise[BATCH * NOISE_SIZE], real[BATCH], fake[BATCH], real_gradient[BATCH], fake_gradient[BATCH];
    double loss = 0;
    check(gan_random_normal(l->noise, noise, BATCH * NOISE_SIZE));
    check(gan_session_set_input(l->generate, 0, noise, BATCH));
    check(gan_session_forward(l->generate, GAN_MODE_TRAIN));

    check(gan_session_set_input(l->real, 0, images, BATCH));
    run_discriminator(l->real, real);
    check(gan_session_set_input_from(l->fake, 0, l->generate, 0));
    run_discriminator(l->fake, fake);
    check(gan_loss_discriminator(GAN_LOSS_NON_SATURATING, 1.0f, real, BATCH, fake, BATCH, &loss, real_gradient,
                                 fake_gradient));

    check(gan_model_zero_gradients(l->players.discriminator));
    check(gan_session_set_output_gradient(l->real, 0, real_gradient));
    check(gan_session_backward(l->real, GAN_BACKWARD_PARAMETERS));
    check(gan_session_set_output_gradient(l->fake, 0, fake_gradient));
    check(gan_session_backward(l->fake, GAN_BACKWARD_PARAMETERS));
    check(gan_optimizer_step(l->discriminator_optimizer, NULL));
    return loss;
}

/* L_G = -E log D(G(z)), backpropagated through the new D to the images and on to G's weights. D's weights do not
 * change. */
static double update_generator(loop *l)
{
    float fake[BATCH], fake_gradient[BATCH];
    double loss = 0;
    check(gan_session_set_input_from(l->fake, 0, l->generate, 0));
    run_discriminator(l->fake, fake);
    check(gan_loss_generator(GAN_LOSS_NON_SATURATING, NULL, 0, fake, BATCH, &loss, fake_gradient));
    check(gan_session_set_output_gradient(l->fake, 0, fake_gradient));
    check(gan_session_backward(l->fake, GAN_BACKWARD_INPUTS));

    check(gan_session_set_output_gradient_from(l->generate, 0, l->fake, 0));
    check(gan_model_zero_gradients(l->players.generator));
    check(gan_session_backward(l->generate, GAN_BACKWARD_PARAMETERS));
    check(gan_optimizer_step(l->generator_optimizer, NULL));
    return loss;
}

/* Whether all tensors of two models are bit-identical. */
static bool same_weights(const gan_model *a, const gan_model *b)
{
    bool same = true;
    for (int64_t i = 0; i < gan_model_tensor_count(a); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        check(gan_model_get_tensor_info(a, i, &info));
        const int64_t count = info.count;
        const size_t bytes = (size_t)count * sizeof(float);
        float *values = malloc(2 * bytes);
        if (!values) exit(1);
        check(gan_model_get_tensor(a, info.name, values, count));
        check(gan_model_get_tensor(b, info.name, values + count, count));
        same = same && memcmp(values, values + count, bytes) == 0;
        free(values);
    }
    return same;
}

/* One step of the loop, and one of the trainer on the same images. */
static void take_steps(loop *l, gan_trainer *trainer, gan_random *squares, int64_t steps)
{
    static float images[BATCH][PIXELS];
    for (int64_t step = 1; step <= steps; step++) {
        gan_step_report report = GAN_STEP_REPORT_INIT;
        draw_squares(squares, images);
        check(gan_trainer_step(trainer, images[0], BATCH, &report));
        if (step <= l->step) continue; /* the trainer catches up with what was resumed */
        draw_squares(l->squares, images);
        double discriminator_loss = update_discriminator(l, images[0]);
        double generator_loss = update_generator(l);
        l->step = step;
        printf("step %3lld  D %.6f (trainer %.6f)  G %.6f (trainer %.6f)\n", (long long)step, discriminator_loss,
               report.discriminator_loss, generator_loss, report.generator_loss);
    }
}

int main(int argc, char **argv)
{
    int64_t steps = 20;
    const char *save = NULL, *resume = NULL;
    const option options[] = {
        {"--steps", OPTION_INTEGER, &steps, 1, 1e9, "N", "training steps, resumed ones included (default 20)"},
        {"--save", OPTION_TEXT, &save, 0, 0, "FILE", "save the loop at the end; may be the file to resume"},
        {"--resume", OPTION_TEXT, &resume, 0, 0, "FILE", "resume a loop that was saved"},
    };
    read_options(argc, argv, 1, "custom_loop: the trainer's step, written out.", options, 3);
    if (save) will_write(save);

    gan_context *context = NULL;
    gan_trainer *trainer = NULL;
    gan_random *squares = NULL;
    check(gan_context_create(NULL, &context));
    check(gan_random_create(context, SEED, SQUARES_STREAM, &squares));
    loop l = make_loop(context);
    gan_checkpoint *checkpoint = make_checkpoint(context, &l);
    players p = make_players(context);
    check(gan_trainer_create(context, p.generator, p.discriminator, GAN_TRAINER(.batch = BATCH, .seed = SEED),
                             &trainer));

    if (resume) check(gan_checkpoint_load(checkpoint, resume));
    if (l.step > steps) {
        fprintf(stderr, "the loop in %s has taken %lld steps: --steps must be at least that\n", resume,
                (long long)l.step);
        return 1;
    }
    take_steps(&l, trainer, squares, steps);
    if (save) check(gan_checkpoint_save(checkpoint, save));
    bool same =
        same_weights(l.players.generator, p.generator) && same_weights(l.players.discriminator, p.discriminator);
    printf("%s\n", same ? "the weights are the same bits" : "THE WEIGHTS DIFFER");

    gan_trainer_destroy(trainer);
    gan_checkpoint_destroy(checkpoint);
    gan_random_destroy(squares);
    destroy_loop(&l);
    gan_model_destroy(p.generator);
    gan_model_destroy(p.discriminator);
    gan_context_destroy(context);
    return same ? 0 : 1;
}
