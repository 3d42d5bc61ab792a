/* Spectral normalisation (Miyato et al., 2018): products use E = W / sigma for the weight W as a matrix (units, all
 * else), or as a transposed convolution stores groups, (units of a group, all else), as in PyTorch; with sigma = u^T
 * W v near its largest singular value. In training, one step of the power iteration comes first, v = W^T u / |W^T u|
 * and u = W v / |W v|; both are constants for the gradient:
 *
 *     dW = (dE - <dE, E> u v^T) / sigma
 *
 * A pass keeps E, u, v and sigma, so that other passes do not disturb its backward pass. Its tangents are those of a
 * product by E; the map from dE to dW is linear, and also serves R{dE}. */
#include "layers/shared.h"

#include <math.h>

static const double epsilon = 1e-12; /* the least norm to divide by */

/* The matrix, as it is stored: (rows, columns), or transposed (columns, rows). */
typedef struct spectral_norm {
    const gan_pass *pass;
    int64_t units, rest, count;
    bool transposed;
    const gan_real *weight;
    gan_real *model_u, *model_v, *model_sigma; /* the buffers */
    gan_real *effective, *u, *v, *sigma;       /* of the pass: E and what it was made with */
    gan_real *spare;                           /* scratch: a gradient, or a product with a vector */
    gan_real *scratch;                         /* scratch for all products */
} spectral_norm;

static int64_t aligned(int64_t count)
{
    const int64_t values = (int64_t)(GAN_ALIGNMENT / sizeof(gan_real));
    return (count + values - 1) / values * values;
}

static int64_t rows_of(const gan_weights *self)
{
    return self->transposed ? self->units / self->groups : self->units;
}

static spectral_norm find(const gan_weights *self, const gan_pass *pass)
{
    gan_real *const *buffers = pass->tensors + (self->no_bias ? 1 : 2);
    spectral_norm s = {.pass = pass,
                       .units = rows_of(self),
                       .rest = pass->input_shapes[0].dims[0] * self->area / (self->transposed ? 1 : self->groups),
                       .transposed = self->transposed,
                       .weight = pass->tensors[GAN_WEIGHT],
                       .model_u = buffers[0],
                       .model_v = buffers[1],
                       .model_sigma = buffers[2],
                       .effective = pass->saved,
                       .spare = pass->scratch};
    s.count = s.units * s.rest;
    s.scratch = s.spare + aligned(s.count);
    if (!s.effective) return s; /* there is no pass yet */
    s.u = s.effective + aligned(s.count);
    s.v = s.u + aligned(s.units);
    s.sigma = s.v + aligned(s.rest);
    return s;
}

/* PyTorch's names, torch.nn.utils.parametrizations' before torch.nn.utils'. With the latter, old files also hold
 * W / sigma as "weight". */
static const char *const weight_aliases[] = {"parametrizations.weight.original", "weight_orig", NULL};
static const char *const u_aliases[] = {"parametrizations.weight.0._u", NULL};
static const char *const v_aliases[] = {"parametrizations.weight.0._v", NULL};

static gan_tensor_plan plan_buffer(const char *name, int64_t count, gan_initializer initializer)
{
    return (gan_tensor_plan){.name = name,
                             .kind = GAN_TENSOR_BUFFER,
                             .shape = GAN_SHAPE(count),
                             .initializer = initializer,
                             .fan_in = count,
                             .fan_out = count};
}

gan_status gan_spectral_norm_plan(const gan_weights *self, gan_context *context, gan_layer_plan *plan)
{
    gan_tensor_plan *weight = &plan->tensors[GAN_WEIGHT];
    int64_t units = rows_of(self), rest = gan_shape_count(weight->shape) / units;
    GAN_TRY(gan_check_extent("values of the weight for a unit", rest));
    gan_tensor_plan *buffers = plan->tensors + plan->tensor_count;
    plan->tensor_count += 3;
    buffers[0] = plan_buffer("weight_u", units, (gan_initializer)GAN_NORMAL(1));
    buffers[1] = plan_buffer("weight_v", rest, (gan_initializer)GAN_NORMAL(1));
    buffers[2] = plan_buffer("weight_sigma", 1, (gan_initializer)GAN_CONSTANT(1));
    weight->aliases = weight_aliases;
    buffers[0].aliases = u_aliases;
    buffers[1].aliases = v_aliases;
    buffers[2].derived = true;
    if (!self->transposed) { /* v has the order of the weight's rows */
        buffers[1].channels = weight->channels;
        buffers[1].pixels = weight->pixels;
    }
    int64_t products =
        gan_larger(gan_gemm_scratch(context, units, 1, rest), gan_gemm_scratch(context, rest, 1, units));
    GAN_TRY(gan_check_product("weight", (int64_t[]){units, rest, 2}, 3));
    plan->saved = aligned(units * rest) + aligned(units) + aligned(rest) + 1;
    plan->saved_once = true;
    plan->scratch = aligned(units * rest) + gan_larger(plan->scratch, products);
    return GAN_OK;
}

/* to = W from, or W^T from */
static void multiply(const spectral_norm *s, bool adjoint, const gan_real *from, gan_real *to)
{
    int64_t m = adjoint ? s->rest : s->units, k = adjoint ? s->units : s->rest;
    gan_gemm product = {.m = m,
                        .n = 1,
                        .k = k,
                        .a = s->weight,
                        .lda = s->transposed ? s->units : s->rest,
                        .transpose_a = adjoint != s->transposed,
                        .b = from,
                        .ldb = k,
                        .transpose_b = true,
                        .c = to,
                        .ldc = 1,
                        .scratch = s->scratch,
                        .full_precision = true};
    gan_gemm_run(s->pass->context, &product);
}

/* y = x / |x| */
static void normalise(const spectral_norm *s, int64_t count, const gan_real *x, gan_real *y)
{
    gan_context *context = s->pass->context;
    double norm = sqrt(gan_sum_of_squares(context, count, x));
    gan_scale(context, count, (gan_real)(1 / (norm > epsilon ? norm : epsilon)), x, y);
}

/* The first u comes from the model's seed. */
void gan_spectral_norm_start(const gan_weights *self, const gan_pass *pass)
{
    spectral_norm s = find(self, pass);
    normalise(&s, s.units, s.model_u, s.model_u);
    multiply(&s, true, s.model_u, s.model_v);
    normalise(&s, s.rest, s.model_v, s.model_v);
    gan_spectral_norm_derive(self, pass);
}

/* What sampling finds for the model's u and v. */
static gan_real sampling_sigma(const spectral_norm *s)
{
    multiply(s, false, s->model_v, s->spare);
    return (gan_real)gan_dot(s->pass->context, s->units, s->model_u, s->spare);
}

void gan_spectral_norm_derive(const gan_weights *self, const gan_pass *pass)
{
    const spectral_norm s = find(self, pass);
    *s.model_sigma = sampling_sigma(&s);
}

void gan_spectral_norm_fold(const gan_weights *self, const gan_pass *pass)
{
    const spectral_norm s = find(self, pass);
    gan_scale(pass->context, s.count, 1 / sampling_sigma(&s), s.weight, pass->tensors[GAN_WEIGHT]);
}

/* u, v and sigma of the pass, and in training of the model. */
static void find_sigma(const spectral_norm *s)
{
    gan_context *context = s->pass->context;
    if (s->pass->training) {
        multiply(s, true, s->model_u, s->v);
        normalise(s, s->rest, s->v, s->v);
        multiply(s, false, s->v, s->spare);
        normalise(s, s->units, s->spare, s->u);
    } else {
        gan_copy(context, s->rest, s->model_v, s->v);
        multiply(s, false, s->v, s->spare);
        gan_copy(context, s->units, s->model_u, s->u);
    }
    *s->sigma = (gan_real)gan_dot(context, s->units, s->u, s->spare);
    if (!s->pass->training) return;
    gan_copy(context, s->units, s->u, s->model_u);
    gan_copy(context, s->rest, s->v, s->model_v);
    *s->model_sigma = *s->sigma;
}

void gan_spectral_norm_forward(const gan_weights *self, const gan_pass *pass, gan_weight *weight)
{
    const spectral_norm s = find(self, pass);
    if (!pass->tangent_y && !pass->again) {
        find_sigma(&s);
        gan_scale(pass->context, s.count, 1 / *s.sigma, s.weight, s.effective);
    }
    weight->values = s.effective;
    weight->scratch = s.scratch;
}

void gan_spectral_norm_backward(const gan_weights *self, const gan_pass *pass, gan_weight *weight)
{
    const spectral_norm s = find(self, pass);
    if (weight->gradient) {
        weight->gradient = s.spare;
        weight->accumulate = false;
    }
    weight->values = s.effective;
    weight->scratch = s.scratch;
}

void gan_spectral_norm_finish(const gan_weights *self, const gan_pass *pass)
{
    const spectral_norm s = find(self, pass);
    const double along = gan_dot(pass->context, s.count, s.spare, s.effective), sigma = (double)*s.sigma;
    if (pass->writes_gradients) gan_fill(pass->context, s.count, 0, pass->gradients[GAN_WEIGHT]);
    gan_add_rank_one(pass->context, s.transposed ? s.rest : s.units, s.transposed ? s.units : s.rest,
                     (gan_real)(1 / sigma), s.spare, (gan_real)(-along / sigma), s.transposed ? s.v : s.u,
                     s.transposed ? s.u : s.v, pass->gradients[GAN_WEIGHT]);
}
