/**
 * @file libgan.hpp
 * C++17 face of libgan.h: handles that release themselves, exceptions instead of statuses, vectors instead of
 * pointers. Header only; needs libgan.h and the standard library.
 *
 * - A call that fails throws gan::error, with the status and the sentence of the C API. A layer that cannot be made
 *   throws where it is made; layers that do not fit each other make model::build() throw.
 * - Handles are move-only and own what they stand for; get() lends the C handle, so that both APIs mix freely.
 * - Options are aggregates whose members hold the documented defaults. A value of 0.0f means zero, without GAN_ZERO;
 *   an integer for which 0 makes no sense is refused when it is 0. In C++20 they take designated initialisers:
 *   gan::conv2d(context, 64, {.kernel = {5, 5}, .stride = {2, 2}, .padding = GAN_PADDING_SAME}).
 * - What libgan.h says about shapes, ranges, threads and files holds here too.
 */
#ifndef LIBGAN_HPP
#define LIBGAN_HPP

#include "libgan.h"

#include <array>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/** Everything of libgan for C++. */
namespace gan
{

/** What every failed call throws: what() is the sentence of gan_last_error(). */
class error : public std::runtime_error
{
  public:
    /** An exception with a status and the sentence that what() gives. */
    error(gan_status status, const std::string &sentence) : std::runtime_error(sentence), status_(status)
    {
    }
    /** The status of the call that failed. */
    gan_status status() const noexcept
    {
        return status_;
    }

  private:
    gan_status status_;
};

/** Throws gan::error unless the status of a C call is GAN_OK. */
inline void check(gan_status status)
{
    if (status != GAN_OK) throw error(status, gan_last_error());
}

/** Version of the library that is running, such as "0.1.0". */
inline std::string version()
{
    return gan_version_text();
}

/** The shape of one sample, without the batch: gan::shape{1, 28, 28}. */
struct shape : gan_shape {
    /** No shape yet: of rank 0, and not valid. */
    shape() noexcept : gan_shape()
    {
    }
    /** The same shape in C. */
    shape(const gan_shape &other) noexcept : gan_shape(other)
    {
    }
    /** A shape of these sizes, outermost first; more than ::GAN_MAX_RANK throw with ::GAN_ERROR_SHAPE. */
    shape(std::initializer_list<int64_t> sizes) : gan_shape()
    {
        if (sizes.size() > GAN_MAX_RANK) {
            throw error(GAN_ERROR_SHAPE, "a shape has at most " + std::to_string(GAN_MAX_RANK) + " dimensions, not " +
                                             std::to_string(sizes.size()));
        }
        for (int64_t size : sizes) dims[rank++] = size;
    }
    /** Number of elements; 0 if the shape is not valid. */
    int64_t count() const noexcept
    {
        return gan_shape_count(*this);
    }
    /** Whether ranks and sizes are equal. */
    friend bool operator==(const shape &a, const shape &b) noexcept
    {
        bool equal = a.rank == b.rank;
        for (int i = 0; equal && i < a.rank; i++) equal = a.dims[i] == b.dims[i];
        return equal;
    }
    /** The opposite of ==. */
    friend bool operator!=(const shape &a, const shape &b) noexcept
    {
        return !(a == b);
    }
};

/** What all handles have in common: they own a handle of the C API, move, and are not copied. */
template <typename T, void (*destroy)(T *)> class handle
{
  public:
    /** The C handle, still owned by this object; nullptr once moved from. */
    T *get() const noexcept
    {
        return owned_.get();
    }
    /** Gives the C handle up to the caller, who destroys it by the C API. */
    T *release() noexcept
    {
        return owned_.release();
    }
    /** Whether there is a C handle: false once moved from. */
    explicit operator bool() const noexcept
    {
        return owned_ != nullptr;
    }

  protected:
    /** Takes a C handle over. */
    explicit handle(T *owned = nullptr) noexcept : owned_(owned)
    {
    }

  private:
    struct destroyer {
        void operator()(T *owned) const noexcept
        {
            destroy(owned);
        }
    };
    std::unique_ptr<T, destroyer> owned_;
};

/** What the rest of this header is made of; not for callers. */
namespace detail
{

/* The handle that a creating call makes: made<gan_model>(gan_model_create, context). */
template <typename T, typename Function, typename... Arguments> T *made(Function function, Arguments... arguments)
{
    T *out = nullptr;
    check(function(arguments..., &out));
    return out;
}

template <typename T, typename Function, typename... Arguments> T got(Function function, Arguments... arguments)
{
    T out = T();
    check(function(arguments..., &out));
    return out;
}

/* A float option in C: zero has to be asked for where it is not the default. */
inline float exact(float value) noexcept
{
    return value == 0.0f ? GAN_ZERO : value;
}

/* An integer option in C would take 0 as its default. */
inline int64_t at_least_one(int64_t value, const char *name, gan_status status = GAN_ERROR_ARGUMENT)
{
    if (value == 0) throw error(status, std::string(name) + " is 0, expected at least 1");
    return value;
}

/* How many samples of `elements` values `size` values are. */
inline int64_t batch_of(std::size_t size, int64_t elements, const char *name)
{
    int64_t values = static_cast<int64_t>(size);
    if (elements <= 0 || values == 0 || values % elements != 0) {
        throw error(GAN_ERROR_SHAPE, std::string(name) + " has " + std::to_string(size) +
                                         " values, expected a multiple of " + std::to_string(elements));
    }
    return values / elements;
}

inline void expect_size(std::size_t size, int64_t expected, const char *name)
{
    if (static_cast<int64_t>(size) != expected) {
        throw error(GAN_ERROR_SHAPE, std::string(name) + " has " + std::to_string(size) + " values, expected " +
                                         std::to_string(expected));
    }
}

inline std::vector<float> floats(int64_t count, int64_t elements)
{
    if (count < 0 || (elements > 0 && count > INT64_MAX / elements)) {
        throw error(GAN_ERROR_ARGUMENT, "count is " + std::to_string(count) + ", out of range");
    }
    return std::vector<float>(static_cast<std::size_t>(count * elements));
}

} // namespace detail

/* ---- Context ----------------------------------------------------------------------------------------------- */

/** Options of a context: those of C, with struct_size set. An integer of 0 asks for the default. */
struct context_options : gan_context_options {
    context_options() noexcept : gan_context_options()
    {
        struct_size = sizeof(gan_context_options);
    }
};

/** Allocator, log, threads and limits; see ::gan_context. Handles made from it keep it alive. */
class context : public handle<gan_context, gan_context_destroy>
{
  public:
    /** A context with these options, by default one thread per CPU and the best kernels that the CPU can run. */
    explicit context(const context_options &options = {})
        : handle(detail::made<gan_context>(gan_context_create, static_cast<const gan_context_options *>(&options)))
    {
    }
    /** A context with so many threads. */
    explicit context(int threads) : context(with_threads(threads))
    {
    }
    /** What the context holds and runs on. */
    gan_context_info info() const
    {
        gan_context_info info = GAN_CONTEXT_INFO_INIT;
        check(gan_context_get_info(get(), &info));
        return info;
    }

  private:
    static context_options with_threads(int threads)
    {
        context_options options;
        options.threads = static_cast<int>(detail::at_least_one(threads, "context: threads"));
        return options;
    }
};

/** Random numbers; see ::gan_random. */
class random : public handle<gan_random, gan_random_destroy>
{
  public:
    /** A generator at the start of a stream of a seed; see gan_random_create(). */
    random(const context &context, uint64_t seed, uint64_t stream = 0)
        : handle(detail::made<gan_random>(gan_random_create, context.get(), seed, stream))
    {
    }
    /** `count` standard normal numbers. */
    std::vector<float> normal(std::size_t count)
    {
        std::vector<float> out(count);
        check(gan_random_normal(get(), out.data(), count));
        return out;
    }
    /** `count` numbers in [0, 1). */
    std::vector<float> uniform(std::size_t count)
    {
        std::vector<float> out(count);
        check(gan_random_uniform(get(), out.data(), count));
        return out;
    }
    /** The whole state, to be saved. */
    gan_random_state state() const
    {
        return detail::got<gan_random_state>(gan_random_get_state, get());
    }
    /** Goes on from a saved state. */
    void set_state(gan_random_state state)
    {
        check(gan_random_set_state(get(), state));
    }
};

/* ---- Layers ------------------------------------------------------------------------------------------------ */

/** Options of dense(); see ::gan_dense_options. Initialisers are written GAN_NORMAL(0.02f), GAN_HE_UNIFORM ... */
struct dense_options {
    bool no_bias = false;                                                 /**< false: with bias */
    gan_initializer weight_initializer = {GAN_INITIALIZER_DEFAULT, 0.0f}; /**< default: Glorot uniform */
    gan_initializer bias_initializer = {GAN_INITIALIZER_DEFAULT, 0.0f};   /**< default: zeros */
    bool spectral_norm = false; /**< true: the weight over its largest singular value; see gan_layer_dense() */
};

/** Options of conv2d(); see ::gan_conv2d_options. */
struct conv2d_options {
    std::array<int64_t, 2> kernel = {{3, 3}};     /**< height, width */
    std::array<int64_t, 2> stride = {{1, 1}};     /**< down, right */
    gan_padding padding = GAN_PADDING_VALID;      /**< how the border is treated */
    std::array<int64_t, 4> pads = {{0, 0, 0, 0}}; /**< top, bottom, left, right, for GAN_PADDING_EXPLICIT */
    bool no_bias = false;                         /**< false: with bias */
    gan_initializer weight_initializer = {GAN_INITIALIZER_DEFAULT, 0.0f}; /**< default: Glorot uniform */
    gan_initializer bias_initializer = {GAN_INITIALIZER_DEFAULT, 0.0f};   /**< default: zeros */
    bool spectral_norm = false; /**< true: the weight over its largest singular value; see gan_layer_dense() */
};

/** Options of conv_transpose2d(); see ::gan_conv_transpose2d_options. */
struct conv_transpose2d_options {
    std::array<int64_t, 2> kernel = {{3, 3}};                             /**< height, width */
    std::array<int64_t, 2> stride = {{1, 1}};                             /**< down, right */
    gan_padding padding = GAN_PADDING_VALID;                              /**< how the border is treated */
    std::array<int64_t, 4> pads = {{0, 0, 0, 0}};                         /**< cut from top, bottom, left, right */
    std::array<int64_t, 2> output_padding = {{0, 0}};                     /**< extra rows below and columns right */
    bool no_bias = false;                                                 /**< false: with bias */
    gan_initializer weight_initializer = {GAN_INITIALIZER_DEFAULT, 0.0f}; /**< default: Glorot uniform */
    gan_initializer bias_initializer = {GAN_INITIALIZER_DEFAULT, 0.0f};   /**< default: zeros */
    bool spectral_norm = false; /**< true: the weight over its largest singular value; see gan_layer_dense() */
};

/** Options of batch_norm(); see ::gan_batch_norm_options. */
struct batch_norm_options {
    float momentum = 0.1f;  /**< weight of the new batch in the running statistics; (0, 1] */
    float epsilon = 1e-5f;  /**< added to the variance; > 0 */
    bool no_affine = false; /**< false: with a learned scale and shift */
};

/** Options of layer_norm(), instance_norm() and group_norm(); see ::gan_layer_norm_options. */
struct sample_norm_options {
    float epsilon = 1e-5f;  /**< added to the variance; > 0 */
    bool no_affine = false; /**< false: with a learned scale and shift */
};

/** Options of upsample2d(); see ::gan_upsample2d_options. */
struct upsample2d_options {
    std::array<int64_t, 2> factor = {{2, 2}};                    /**< of height and width */
    gan_interpolation interpolation = GAN_INTERPOLATION_NEAREST; /**< how the pixels between are filled */
};

/** Options of avg_pool2d(); see ::gan_avg_pool2d_options. */
struct avg_pool2d_options {
    std::array<int64_t, 2> kernel = {{2, 2}};          /**< height, width */
    std::optional<std::array<int64_t, 2>> stride = {}; /**< down, right; default: the kernel */
};

/** Options of embedding(); see ::gan_embedding_options. */
struct embedding_options {
    gan_initializer weight_initializer = {GAN_INITIALIZER_DEFAULT, 0.0f}; /**< default: N(0, 1) */
};

/** A description of a layer, made by the functions below and given to a model. */
class layer : public handle<gan_layer, gan_layer_destroy>
{
  public:
    /** Takes over a layer of the C API; when it is nullptr, throws what went wrong when it was made. */
    explicit layer(gan_layer *owned) : handle(owned)
    {
        if (owned == nullptr) throw error(gan_last_status(), gan_last_error());
    }
    /** The layer under a name of its own, in messages and in the names of its tensors. */
    layer named(const std::string &name) &&
    {
        return layer(gan_layer_named(release(), name.c_str()));
    }
};

/** See gan_layer_input(). */
inline layer input(const context &context, const shape &sample)
{
    return layer(gan_layer_input(context.get(), sample));
}

/** See gan_layer_dense(). */
inline layer dense(const context &context, int64_t units, const dense_options &options = {})
{
    gan_dense_options c = gan_dense_options();
    c.struct_size = sizeof c;
    c.no_bias = options.no_bias;
    c.weight_initializer = options.weight_initializer;
    c.bias_initializer = options.bias_initializer;
    c.spectral_norm = options.spectral_norm;
    return layer(gan_layer_dense(context.get(), units, &c));
}

namespace detail
{

/* What both kinds of convolution have in common. */
template <typename C, typename Options> C convolution(const Options &options)
{
    C c = C();
    c.struct_size = sizeof c;
    for (std::size_t i = 0; i < 2; i++) {
        c.kernel[i] = at_least_one(options.kernel[i], "kernel");
        c.stride[i] = at_least_one(options.stride[i], "stride");
    }
    c.padding = options.padding;
    for (std::size_t i = 0; i < 4; i++) c.pads[i] = options.pads[i];
    c.no_bias = options.no_bias;
    c.weight_initializer = options.weight_initializer;
    c.bias_initializer = options.bias_initializer;
    c.spectral_norm = options.spectral_norm;
    return c;
}

} // namespace detail

/** See gan_layer_conv2d(). */
inline layer conv2d(const context &context, int64_t filters, const conv2d_options &options = {})
{
    gan_conv2d_options c = detail::convolution<gan_conv2d_options>(options);
    return layer(gan_layer_conv2d(context.get(), filters, &c));
}

/** See gan_layer_conv_transpose2d(). */
inline layer conv_transpose2d(const context &context, int64_t filters, const conv_transpose2d_options &options = {})
{
    gan_conv_transpose2d_options c = detail::convolution<gan_conv_transpose2d_options>(options);
    for (std::size_t i = 0; i < 2; i++) c.output_padding[i] = options.output_padding[i];
    return layer(gan_layer_conv_transpose2d(context.get(), filters, &c));
}

/** See gan_layer_flatten(). */
inline layer flatten(const context &context)
{
    return layer(gan_layer_flatten(context.get()));
}
/** See gan_layer_reshape(). */
inline layer reshape(const context &context, const shape &sample)
{
    return layer(gan_layer_reshape(context.get(), sample));
}
/** See gan_layer_concat(). */
inline layer concat(const context &context, int axis = 0)
{
    gan_concat_options c = gan_concat_options();
    c.struct_size = sizeof c;
    c.axis = axis;
    return layer(gan_layer_concat(context.get(), &c));
}
/** See gan_layer_add(). */
inline layer add(const context &context)
{
    return layer(gan_layer_add(context.get()));
}
/** See gan_layer_leaky_relu(). */
inline layer leaky_relu(const context &context, float slope)
{
    gan_leaky_relu_options c = gan_leaky_relu_options();
    c.struct_size = sizeof c;
    c.slope = detail::exact(slope);
    return layer(gan_layer_leaky_relu(context.get(), &c));
}
/** See gan_layer_relu(). */
inline layer relu(const context &context)
{
    return layer(gan_layer_relu(context.get()));
}
/** See gan_layer_tanh(). */
inline layer tanh(const context &context)
{
    return layer(gan_layer_tanh(context.get()));
}
/** See gan_layer_sigmoid(). */
inline layer sigmoid(const context &context)
{
    return layer(gan_layer_sigmoid(context.get()));
}
/** See gan_layer_softplus(). */
inline layer softplus(const context &context)
{
    return layer(gan_layer_softplus(context.get()));
}
/** See gan_layer_dropout(). */
inline layer dropout(const context &context, float rate)
{
    gan_dropout_options c = gan_dropout_options();
    c.struct_size = sizeof c;
    c.rate = detail::exact(rate);
    return layer(gan_layer_dropout(context.get(), &c));
}
/** See gan_layer_batch_norm(). */
inline layer batch_norm(const context &context, const batch_norm_options &options = {})
{
    gan_batch_norm_options c = gan_batch_norm_options();
    c.struct_size = sizeof c;
    c.momentum = detail::exact(options.momentum);
    c.epsilon = detail::exact(options.epsilon);
    c.no_affine = options.no_affine;
    return layer(gan_layer_batch_norm(context.get(), &c));
}
/** See gan_layer_upsample2d(). */
inline layer upsample2d(const context &context, const upsample2d_options &options = {})
{
    gan_upsample2d_options c = gan_upsample2d_options();
    c.struct_size = sizeof c;
    for (std::size_t i = 0; i < 2; i++) c.factor[i] = detail::at_least_one(options.factor[i], "factor");
    c.interpolation = options.interpolation;
    return layer(gan_layer_upsample2d(context.get(), &c));
}
/** See gan_layer_avg_pool2d(). */
inline layer avg_pool2d(const context &context, const avg_pool2d_options &options = {})
{
    gan_avg_pool2d_options c = gan_avg_pool2d_options();
    c.struct_size = sizeof c;
    for (std::size_t i = 0; i < 2; i++) {
        c.kernel[i] = detail::at_least_one(options.kernel[i], "kernel");
        c.stride[i] = options.stride ? detail::at_least_one((*options.stride)[i], "stride") : c.kernel[i];
    }
    return layer(gan_layer_avg_pool2d(context.get(), &c));
}
/** See gan_layer_gaussian_noise(). */
inline layer gaussian_noise(const context &context, float deviation)
{
    gan_gaussian_noise_options c = gan_gaussian_noise_options();
    c.struct_size = sizeof c;
    c.deviation = detail::exact(deviation);
    return layer(gan_layer_gaussian_noise(context.get(), &c));
}
/** See gan_layer_embedding(). */
inline layer embedding(const context &context, int64_t classes, int64_t units, const embedding_options &options = {})
{
    gan_embedding_options c = gan_embedding_options();
    c.struct_size = sizeof c;
    c.weight_initializer = options.weight_initializer;
    return layer(gan_layer_embedding(context.get(), classes, units, &c));
}

namespace detail
{

template <typename C> C sample_norm(const sample_norm_options &options)
{
    C c = C();
    c.struct_size = sizeof c;
    c.epsilon = exact(options.epsilon);
    c.no_affine = options.no_affine;
    return c;
}

} // namespace detail

/** See gan_layer_layer_norm(). */
inline layer layer_norm(const context &context, const sample_norm_options &options = {})
{
    const auto c = detail::sample_norm<gan_layer_norm_options>(options);
    return layer(gan_layer_layer_norm(context.get(), &c));
}
/** See gan_layer_instance_norm(). */
inline layer instance_norm(const context &context, const sample_norm_options &options = {})
{
    const auto c = detail::sample_norm<gan_instance_norm_options>(options);
    return layer(gan_layer_instance_norm(context.get(), &c));
}
/** See gan_layer_group_norm(). */
inline layer group_norm(const context &context, int64_t groups, const sample_norm_options &options = {})
{
    const auto c = detail::sample_norm<gan_group_norm_options>(options);
    return layer(gan_layer_group_norm(context.get(), groups, &c));
}
/** See gan_layer_pixel_norm(). */
inline layer pixel_norm(const context &context)
{
    return layer(gan_layer_pixel_norm(context.get(), nullptr));
}
/** See gan_layer_minibatch_stddev(); a group of 0 means the default. */
inline layer minibatch_stddev(const context &context, int64_t group = 0)
{
    gan_minibatch_stddev_options c = gan_minibatch_stddev_options();
    c.struct_size = sizeof c;
    c.group = group;
    return layer(gan_layer_minibatch_stddev(context.get(), &c));
}

/* ---- Models ------------------------------------------------------------------------------------------------ */

/** A layer's place in a model. */
using node = gan_node;

/** What a tensor of a model is called and looks like. */
struct tensor_info {
    std::string name;     /**< "0.weight" */
    gan_tensor_kind kind; /**< trained, or kept */
    gan::shape shape;     /**< in PyTorch's layout */
    int64_t count;        /**< elements */
};

/** A graph of layers with its weights; see ::gan_model. */
class model : public handle<gan_model, gan_model_destroy>
{
  public:
    /** A model without layers. */
    explicit model(const context &context) : handle(detail::made<gan_model>(gan_model_create, context.get()))
    {
    }
    /** The model, built, of a file that save() wrote. */
    static model load(const context &context, const std::string &path)
    {
        return model(detail::made<gan_model>(gan_model_load, context.get(), path.c_str()));
    }

    /** Adds a layer that reads from the one before it. What does not fit is reported by build(). */
    node add(layer added)
    {
        return gan_model_add(get(), added.release());
    }
    /** Adds a layer that reads from the given nodes. */
    node add(layer added, std::initializer_list<node> from)
    {
        return gan_model_add_from(get(), added.release(), from.size(), from.begin());
    }
    /** Adds several layers, each reading from the one before it, and returns the node of the last. */
    template <typename... Layers> node add(layer first, layer second, Layers &&...rest)
    {
        add(std::move(first));
        return add(std::move(second), std::forward<Layers>(rest)...);
    }
    /** Declares the outputs; without it, the last node is the only one. */
    void set_outputs(std::initializer_list<node> nodes)
    {
        check(gan_model_set_outputs(get(), nodes.size(), nodes.begin()));
    }
    /** Infers the shapes and initialises the weights; throws the first thing that went wrong since the beginning. */
    model &build(uint64_t seed = 0)
    {
        check(gan_model_build(get(), seed));
        return *this;
    }

    /** Number of inputs. */
    std::size_t input_count() const noexcept
    {
        return gan_model_input_count(get());
    }
    /** Number of outputs; 0 before the model is built or set_outputs() is called. */
    std::size_t output_count() const noexcept
    {
        return gan_model_output_count(get());
    }
    /** The shape of one sample at an input. */
    shape input_shape(std::size_t index = 0) const
    {
        return detail::got<gan_shape>(gan_model_get_input_shape, get(), index);
    }
    /** The shape of one sample at an output. */
    shape output_shape(std::size_t index = 0) const
    {
        return detail::got<gan_shape>(gan_model_get_output_shape, get(), index);
    }
    /** All tensors, parameters and buffers. */
    std::vector<tensor_info> tensors() const
    {
        std::vector<tensor_info> all;
        for (int64_t i = 0; i < gan_model_tensor_count(get()); i++) {
            gan_tensor_info info = GAN_TENSOR_INFO_INIT;
            check(gan_model_get_tensor_info(get(), i, &info));
            all.push_back({info.name, info.kind, info.shape, info.count});
        }
        return all;
    }
    /** Number of trained values in all. */
    int64_t parameter_count() const noexcept
    {
        return gan_model_parameter_count(get());
    }
    /** The values of a tensor, in PyTorch's layout. */
    std::vector<float> tensor(const std::string &name) const
    {
        return copied(gan_model_get_tensor, name);
    }
    /** Sets the values of a tensor, in PyTorch's layout; their number is checked. */
    void set_tensor(const std::string &name, const std::vector<float> &values)
    {
        check(gan_model_set_tensor(get(), name.c_str(), values.data(), values.size()));
    }
    /** The gradient of a parameter. */
    std::vector<float> gradient(const std::string &name) const
    {
        return copied(gan_model_get_gradient, name);
    }
    /** Sets all gradients to 0. */
    void zero_gradients()
    {
        check(gan_model_zero_gradients(get()));
    }
    /** Another model with the same graph, weights and buffers. */
    model clone() const
    {
        return model(detail::made<gan_model>(gan_model_clone, get()));
    }
    /** Moves this average of another model's weights on: a = decay a + (1 - decay) m; buffers are copied. */
    void average(const model &other, double decay)
    {
        check(gan_model_average(get(), other.get(), decay));
    }
    /** Clips every parameter to [-limit, limit]. */
    void clip_weights(float limit)
    {
        check(gan_model_clip_weights(get(), limit));
    }
    /** Euclidean norm of all gradients together. */
    double gradient_norm() const
    {
        return detail::got<double>(gan_model_get_gradient_norm, get());
    }

    /** A table of the model for people. */
    std::string describe() const
    {
        std::size_t length = 0;
        check(gan_model_describe(get(), nullptr, 0, &length));
        std::string text(length + 1, '\0');
        check(gan_model_describe(get(), &text[0], text.size(), nullptr));
        text.resize(length);
        return text;
    }
    /** Writes architecture and weights; the file is replaced atomically. */
    void save(const std::string &path) const
    {
        check(gan_model_save(get(), path.c_str()));
    }
    /** Sets the weights by name from any safetensors file. */
    void load_weights(const std::string &path)
    {
        check(gan_model_load_weights(get(), path.c_str()));
    }
    /** `count` samples of a generator, from noise of the seed. */
    std::vector<float> sample(uint64_t seed, int64_t count) const
    {
        std::vector<float> out = detail::floats(count, output_shape().count());
        check(gan_model_sample(get(), seed, count, out.data()));
        return out;
    }

  private:
    friend class trainer; /* makes copies of its average */
    explicit model(gan_model *owned) noexcept : handle(owned)
    {
    }
    template <typename Function> std::vector<float> copied(Function function, const std::string &name) const
    {
        std::size_t count = 0;
        for (const tensor_info &info : tensors()) {
            if (info.name == name) count = static_cast<std::size_t>(info.count);
        }
        std::vector<float> out(count > 0 ? count : 1);
        check(function(get(), name.c_str(), out.data(), count));
        return out;
    }
};

/* ---- Sessions ---------------------------------------------------------------------------------------------- */

/** Options of a session; see ::gan_session_options. */
struct session_options {
    int64_t batch = 32;        /**< largest batch */
    bool forward_only = false; /**< less memory, no backward pass */
    uint64_t seed = 0;         /**< of dropout masks */
    bool second_order = false; /**< penalties on gradients are possible too, for more memory */
};

/** One pass through a model; see ::gan_session. It keeps the model alive. */
class session : public handle<gan_session, gan_session_destroy>
{
  public:
    /** Plans a session on a built model. */
    explicit session(const model &model, const session_options &options = {}) : handle(planned(model, options))
    {
        for (std::size_t i = 0; i < model.input_count(); i++) inputs_.push_back(model.input_shape(i).count());
        for (std::size_t i = 0; i < model.output_count(); i++) outputs_.push_back(model.output_shape(i).count());
    }
    /** Samples of the pass under way; 0 before an input is set. */
    int64_t batch() const noexcept
    {
        return batch_;
    }
    /** Copies samples in; how many they are gives the batch. */
    void set_input(std::size_t index, const std::vector<float> &samples)
    {
        int64_t batch = detail::batch_of(samples.size(), at(inputs_, index), "set_input: samples");
        check(gan_session_set_input(get(), index, samples.data(), batch));
        batch_ = batch;
    }
    /** The same from an output of another session. */
    void set_input(std::size_t index, const session &from, std::size_t output = 0)
    {
        check(gan_session_set_input_from(get(), index, from.get(), output));
        batch_ = from.batch_;
    }
    /** Runs the model on the inputs. */
    void forward(gan_mode mode)
    {
        check(gan_session_forward(get(), mode));
    }
    /** An output of the last forward pass. */
    std::vector<float> output(std::size_t index = 0) const
    {
        return copied_out(gan_session_get_output, outputs_, index);
    }
    /** Input 0 through the model, to output 0. */
    std::vector<float> run(const std::vector<float> &samples, gan_mode mode = GAN_MODE_SAMPLE)
    {
        set_input(0, samples);
        forward(mode);
        return output(0);
    }
    /** Copies the gradient of the loss with respect to an output in. */
    void set_output_gradient(std::size_t index, const std::vector<float> &gradient)
    {
        copy_in(gan_session_set_output_gradient, outputs_, index, gradient, "set_output_gradient: gradient");
    }
    /** The same from the gradient of an input of another session. */
    void set_output_gradient(std::size_t index, const session &from, std::size_t input = 0)
    {
        check(gan_session_set_output_gradient_from(get(), index, from.get(), input));
    }
    /** Back through the last forward pass; `what` adds ::gan_backward values. */
    void backward(unsigned what)
    {
        check(gan_session_backward(get(), what));
    }
    /** The gradient of an input. */
    std::vector<float> input_gradient(std::size_t index = 0) const
    {
        return copied_out(gan_session_get_input_gradient, inputs_, index);
    }
    /** Passes of tangents, in sessions with second_order: copies R{x} of an input in, after the forward pass. */
    void set_input_tangent(std::size_t index, const std::vector<float> &tangent)
    {
        copy_in(gan_session_set_input_tangent, inputs_, index, tangent, "set_input_tangent: tangent");
    }
    /** Computes R{y} of all outputs. */
    void tangent_forward()
    {
        check(gan_session_tangent_forward(get()));
    }
    /** R{y} of an output. */
    std::vector<float> output_tangent(std::size_t index = 0) const
    {
        return copied_out(gan_session_get_output_tangent, outputs_, index);
    }
    /** Copies R{dy}, the tangent of an output's gradient, in. */
    void set_output_gradient_tangent(std::size_t index, const std::vector<float> &tangent)
    {
        copy_in(gan_session_set_output_gradient_tangent, outputs_, index, tangent,
                "set_output_gradient_tangent: tangent");
    }
    /** Back through the last pass of tangents; `what` adds ::gan_backward values. */
    void tangent_backward(unsigned what)
    {
        check(gan_session_tangent_backward(get(), what));
    }
    /** R{dx} of an input. */
    std::vector<float> input_gradient_tangent(std::size_t index = 0) const
    {
        return copied_out(gan_session_get_input_gradient_tangent, inputs_, index);
    }
    /** Adds the gradient of a penalty to the model's gradients; the penalty's value. See gan_gradient_penalty(). */
    double gradient_penalty(gan_penalty penalty, float coefficient)
    {
        return detail::got<double>(gan_gradient_penalty, get(), penalty, coefficient);
    }

  private:
    static gan_session *planned(const model &model, const session_options &options)
    {
        gan_session_options c = gan_session_options();
        c.struct_size = sizeof c;
        c.batch = detail::at_least_one(options.batch, "session_options.batch", GAN_ERROR_BATCH);
        c.forward_only = options.forward_only;
        c.seed = options.seed;
        c.second_order = options.second_order;
        return detail::made<gan_session>(gan_session_create, model.get(), &c);
    }
    static int64_t at(const std::vector<int64_t> &elements, std::size_t index)
    {
        if (index >= elements.size()) {
            throw error(GAN_ERROR_ARGUMENT, "index is " + std::to_string(index) + ", but the model has " +
                                                std::to_string(elements.size()));
        }
        return elements[index];
    }
    template <typename Function>
    std::vector<float> copied_out(Function function, const std::vector<int64_t> &elements, std::size_t index) const
    {
        std::vector<float> out = detail::floats(batch_, at(elements, index));
        check(function(get(), index, out.data()));
        return out;
    }
    template <typename Function>
    void copy_in(Function function, const std::vector<int64_t> &elements, std::size_t index,
                 const std::vector<float> &values, const char *what)
    {
        detail::expect_size(values.size(), batch_ * at(elements, index), what);
        check(function(get(), index, values.data()));
    }
    std::vector<int64_t> inputs_, outputs_; /* elements a sample */
    int64_t batch_ = 0;
};

/* ---- Losses ------------------------------------------------------------------------------------------------ */

/** A loss and its gradient with respect to the values that it is of. */
struct loss_value {
    double value;                /**< mean over the samples */
    std::vector<float> gradient; /**< one for each value */
};

/** The discriminator's loss and its gradients with respect to both sets of logits. */
struct discriminator_loss_value {
    double value;                     /**< of both sets */
    std::vector<float> real_gradient; /**< one for each logit of a real sample */
    std::vector<float> fake_gradient; /**< one for each logit of a generated sample */
};

/** See gan_loss_discriminator(). */
inline discriminator_loss_value discriminator_loss(gan_loss loss, const std::vector<float> &real_logits,
                                                   const std::vector<float> &fake_logits, float real_target = 1.0f)
{
    discriminator_loss_value out = {0.0, std::vector<float>(real_logits.size()),
                                    std::vector<float>(fake_logits.size())};
    check(gan_loss_discriminator(loss, real_target, real_logits.data(), real_logits.size(), fake_logits.data(),
                                 fake_logits.size(), &out.value, out.real_gradient.data(), out.fake_gradient.data()));
    return out;
}

/** See gan_loss_generator(). */
inline loss_value generator_loss(gan_loss loss, const std::vector<float> &fake_logits,
                                 const std::vector<float> &real_logits = {})
{
    loss_value out = {0.0, std::vector<float>(fake_logits.size())};
    check(gan_loss_generator(loss, real_logits.empty() ? nullptr : real_logits.data(), real_logits.size(),
                             fake_logits.data(), fake_logits.size(), &out.value, out.gradient.data()));
    return out;
}

namespace detail
{

/* A loss of `values`, whose `others` are `expected`; the call gets the value and the gradient to write. */
template <typename Other, typename Call>
loss_value loss_of(const std::vector<float> &values, const std::vector<Other> &others, std::size_t expected,
                   const char *name, Call call)
{
    expect_size(others.size(), static_cast<int64_t>(expected), name);
    loss_value out = {0.0, std::vector<float>(values.size())};
    check(call(values.data(), others.data(), &out.value, out.gradient.data()));
    return out;
}

} // namespace detail

/** See gan_loss_binary_cross_entropy(). */
inline loss_value binary_cross_entropy(const std::vector<float> &logits, const std::vector<float> &labels)
{
    return detail::loss_of(logits, labels, logits.size(), "binary_cross_entropy: labels",
                           [&](const float *x, const float *y, double *value, float *gradient) {
                               return gan_loss_binary_cross_entropy(x, y, logits.size(), value, gradient);
                           });
}

/** See gan_loss_softmax_cross_entropy(); one class number for each row of `classes` logits. */
inline loss_value softmax_cross_entropy(const std::vector<float> &logits, const std::vector<int32_t> &labels,
                                        std::size_t classes)
{
    std::size_t rows = classes > 0 ? logits.size() / classes : 0;
    detail::expect_size(logits.size(), static_cast<int64_t>(rows * classes), "softmax_cross_entropy: logits");
    return detail::loss_of(logits, labels, rows, "softmax_cross_entropy: labels",
                           [&](const float *x, const int32_t *y, double *value, float *gradient) {
                               return gan_loss_softmax_cross_entropy(x, y, rows, classes, value, gradient);
                           });
}

/** See gan_loss_l1(). */
inline loss_value l1_loss(const std::vector<float> &a, const std::vector<float> &b)
{
    return detail::loss_of(a, b, a.size(), "l1_loss: b",
                           [&](const float *x, const float *y, double *value, float *gradient) {
                               return gan_loss_l1(x, y, a.size(), value, gradient);
                           });
}

/** See gan_loss_l2(). */
inline loss_value l2_loss(const std::vector<float> &a, const std::vector<float> &b)
{
    return detail::loss_of(a, b, a.size(), "l2_loss: b",
                           [&](const float *x, const float *y, double *value, float *gradient) {
                               return gan_loss_l2(x, y, a.size(), value, gradient);
                           });
}

/* ---- Regularisers ------------------------------------------------------------------------------------------ */

/** Samples between real and generated ones, for WGAN-GP; see gan_penalty_interpolate(). */
inline std::vector<float> penalty_interpolate(random &random, const std::vector<float> &real,
                                              const std::vector<float> &fake, int64_t batch)
{
    std::vector<float> out(real.size());
    detail::expect_size(fake.size(), static_cast<int64_t>(real.size()), "penalty_interpolate: fake");
    int64_t size = detail::batch_of(real.size(), batch, "penalty_interpolate: real");
    check(gan_penalty_interpolate(random.get(), real.data(), fake.data(), batch, size, out.data()));
    return out;
}

/** Samples around real ones, for DRAGAN; see gan_penalty_perturb(). */
inline std::vector<float> penalty_perturb(random &random, const std::vector<float> &real, int64_t batch)
{
    std::vector<float> out(real.size());
    int64_t size = detail::batch_of(real.size(), batch, "penalty_perturb: real");
    check(gan_penalty_perturb(random.get(), real.data(), batch, size, out.data()));
    return out;
}

namespace detail
{
/* What gan_augment() and gan_augment_backward() have in common. */
template <typename Function>
std::vector<float> augmented(Function function, const context &context, unsigned kinds, const shape &image,
                             gan_random_state state, const std::vector<float> &values, const char *name)
{
    std::vector<float> out(values.size());
    const gan_shape &in_c = image;
    int64_t batch = batch_of(values.size(), image.count(), name);
    check(function(context.get(), kinds, in_c, state, batch, values.data(), out.data()));
    return out;
}
} // namespace detail

/** Augments images; see gan_augment(). */
inline std::vector<float> augment(const context &context, unsigned kinds, const shape &image, gan_random_state state,
                                  const std::vector<float> &samples)
{
    return detail::augmented(gan_augment, context, kinds, image, state, samples, "augment: samples");
}

/** The gradient with respect to the images that were augmented; see gan_augment_backward(). */
inline std::vector<float> augment_backward(const context &context, unsigned kinds, const shape &image,
                                           gan_random_state state, const std::vector<float> &gradient)
{
    return detail::augmented(gan_augment_backward, context, kinds, image, state, gradient,
                             "augment_backward: gradient");
}

/** Adds noise to samples; see gan_instance_noise(). */
inline std::vector<float> instance_noise(random &random, float deviation, const std::vector<float> &samples,
                                         int64_t batch)
{
    std::vector<float> out(samples.size());
    int64_t size = detail::batch_of(samples.size(), batch, "instance_noise: samples");
    check(gan_instance_noise(random.get(), deviation, samples.data(), batch, size, out.data()));
    return out;
}

/* ---- Optimizers -------------------------------------------------------------------------------------------- */

/** Options of an optimizer; see ::gan_optimizer_options. */
struct optimizer_options {
    gan_optimizer_algorithm algorithm = GAN_OPTIMIZER_ADAM; /**< how a step is taken */
    float learning_rate = 2e-4f;                            /**< >= 0 */
    float beta1 = 0.9f;                                     /**< Adam, decay of the first moment; [0, 1) */
    float beta2 = 0.999f;                                   /**< Adam, decay of the second moment; [0, 1) */
    float epsilon = 1e-8f;                                  /**< Adam and RMSprop; > 0 */
    float decay = 0.99f;                                    /**< RMSprop; [0, 1) */
    float momentum = 0.0f;                                  /**< SGD; [0, 1) */
    float clip_norm = 0.0f;                                 /**< largest norm of the gradients; 0: no clipping */
    gan_schedule schedule = GAN_SCHEDULE_CONSTANT;          /**< how the learning rate changes */
    int64_t schedule_steps = 0;                             /**< >= 1 unless the schedule is constant */
    float final_learning_rate = 0.0f;                       /**< linear and cosine; >= 0 */
    float schedule_factor = 0.1f;                           /**< step and exponential; (0, 1] */
};

namespace detail
{

inline gan_optimizer_options to_c(const optimizer_options &options) noexcept
{
    gan_optimizer_options c = gan_optimizer_options();
    c.struct_size = sizeof c;
    c.algorithm = options.algorithm;
    c.learning_rate = exact(options.learning_rate);
    c.beta1 = exact(options.beta1);
    c.beta2 = exact(options.beta2);
    c.epsilon = exact(options.epsilon);
    c.decay = exact(options.decay);
    c.momentum = options.momentum;
    c.clip_norm = options.clip_norm;
    c.schedule = options.schedule;
    c.schedule_steps = options.schedule_steps;
    c.final_learning_rate = options.final_learning_rate;
    c.schedule_factor = exact(options.schedule_factor);
    return c;
}

} // namespace detail

/** State for the parameters of one or more models; see ::gan_optimizer. It keeps them alive. */
class optimizer : public handle<gan_optimizer, gan_optimizer_destroy>
{
  public:
    /** The optimizer of one built model. */
    explicit optimizer(model &model, const optimizer_options &options = {}) : handle(created(model, options))
    {
    }
    /** Lets the optimizer also train another model, before the first step. */
    void add_model(model &model)
    {
        check(gan_optimizer_add_model(get(), model.get()));
    }
    /** One step on the models' gradients; returns their norm before clipping. */
    double step()
    {
        return detail::got<double>(gan_optimizer_step, get());
    }
    /** Steps taken so far. */
    int64_t steps() const noexcept
    {
        return gan_optimizer_steps(get());
    }
    /** The rate that the next step uses, of the schedule. */
    double learning_rate() const noexcept
    {
        return gan_optimizer_learning_rate(get());
    }
    /** Sets the base rate of the schedule; >= 0. */
    void set_learning_rate(float rate)
    {
        check(gan_optimizer_set_learning_rate(get(), rate));
    }

  private:
    static gan_optimizer *created(model &model, const optimizer_options &options)
    {
        gan_optimizer_options c = detail::to_c(options);
        return detail::made<gan_optimizer>(gan_optimizer_create, model.get(), &c);
    }
};

/* ---- Datasets ---------------------------------------------------------------------------------------------- */

/** Options of a dataset; see ::gan_dataset_options. */
struct dataset_options {
    bool in_order = false;        /**< false: shuffled */
    bool drop_last = false;       /**< leave out an epoch's last batch when it is not full */
    uint64_t seed = 0;            /**< of the permutations */
    int64_t limit = 0;            /**< use only the first so many samples; 0: all */
    std::size_t memory_limit = 0; /**< bytes of samples kept in memory; 0: 256 MiB */
};

/** Samples that a dataset gave, and their labels if it has any. */
struct samples {
    std::vector<float> values;   /**< count * elements of the dataset's shape */
    std::vector<int32_t> labels; /**< one a sample, or empty */
    int64_t count;               /**< number of samples */
};

namespace detail
{

/* What a dataset reads from memory: a base, so that it outlives the handle. */
struct sample_array {
    std::vector<float> values;
    std::vector<int32_t> labels;
};

inline gan_dataset_options to_c(const dataset_options &options) noexcept
{
    gan_dataset_options c = gan_dataset_options();
    c.struct_size = sizeof c;
    c.in_order = options.in_order;
    c.drop_last = options.drop_last;
    c.seed = options.seed;
    c.limit = options.limit;
    c.memory_limit = options.memory_limit;
    return c;
}

} // namespace detail

/** Samples, optionally with class labels; see ::gan_dataset. */
class dataset : detail::sample_array, public handle<gan_dataset, gan_dataset_destroy>
{
  public:
    /** Opens an IDX file of images, and one of labels unless its path is empty. */
    static dataset open_idx(const context &context, const std::string &images_path,
                            const std::string &labels_path = {}, const dataset_options &options = {})
    {
        gan_dataset_options c = detail::to_c(options);
        return dataset({}, [&](const detail::sample_array &) {
            return detail::made<gan_dataset>(gan_dataset_open_idx, context.get(), images_path.c_str(),
                                             labels_path.empty() ? nullptr : labels_path.c_str(), &c);
        });
    }
    /** Samples in memory, which the dataset takes over, with one class number a sample unless `labels` is empty. */
    static dataset from_array(const context &context, const gan::shape &sample, std::vector<float> values,
                              std::vector<int32_t> labels = {}, const dataset_options &options = {})
    {
        gan_dataset_options c = detail::to_c(options);
        int64_t count = detail::batch_of(values.size(), sample.count(), "from_array: values");
        if (!labels.empty()) detail::expect_size(labels.size(), count, "from_array: labels");
        return dataset({std::move(values), std::move(labels)}, [&](const detail::sample_array &array) {
            return detail::made<gan_dataset>(gan_dataset_from_array, context.get(), array.values.data(),
                                             array.labels.empty() ? nullptr : array.labels.data(), count,
                                             static_cast<const gan_shape &>(sample), &c);
        });
    }
    /** Takes over another dataset, with its samples and cursor. */
    dataset(dataset &&) noexcept = default;
    /** Releases this dataset and takes over another. */
    dataset &operator=(dataset &&other) noexcept
    {
        handle::operator=(std::move(other)); /* first, since it reads the array */
        sample_array::operator=(std::move(other));
        return *this;
    }

    /** Number of samples in an epoch. */
    int64_t count() const noexcept
    {
        return gan_dataset_count(get());
    }
    /** The shape of one sample. */
    gan::shape shape() const
    {
        return detail::got<gan_shape>(gan_dataset_get_shape, get());
    }
    /** Largest label + 1, or 0 without labels. */
    int32_t classes() const noexcept
    {
        return gan_dataset_classes(get());
    }
    /** The next batch: up to `batch` samples, fewer at an epoch's end. */
    samples next(int64_t batch)
    {
        samples out = room_for(batch);
        check(gan_dataset_next(get(), batch, out.values.data(), out.labels.empty() ? nullptr : out.labels.data(),
                               &out.count));
        out.values.resize(static_cast<std::size_t>(out.count * shape().count()));
        if (!out.labels.empty()) out.labels.resize(static_cast<std::size_t>(out.count));
        return out;
    }
    /** Reads samples by their number, without moving the cursor. */
    samples read(int64_t first, int64_t count)
    {
        samples out = room_for(count);
        check(gan_dataset_read(get(), first, count, out.values.data(),
                               out.labels.empty() ? nullptr : out.labels.data()));
        return out;
    }
    /** Where the dataset stands. */
    gan_dataset_cursor cursor() const
    {
        return detail::got<gan_dataset_cursor>(gan_dataset_get_cursor, get());
    }
    /** Goes on from a cursor, as one over the same samples. */
    void set_cursor(gan_dataset_cursor cursor)
    {
        check(gan_dataset_set_cursor(get(), cursor));
    }

  private:
    template <typename Create>
    dataset(detail::sample_array array, Create create) : sample_array(std::move(array)), handle(create(*this))
    {
    }
    samples room_for(int64_t count) const
    {
        return {detail::floats(count, shape().count()),
                std::vector<int32_t>(static_cast<std::size_t>(classes() > 0 ? count : 0)), count};
    }
};

/* ---- Trainers ---------------------------------------------------------------------------------------------- */

/** Options of a trainer; see ::gan_trainer_options. */
struct trainer_options {
    int64_t batch = 32;                                            /**< largest batch */
    float learning_rate = 2e-4f;                                   /**< of both players */
    float beta1 = 0.5f;                                            /**< of both players' Adam */
    float beta2 = 0.999f;                                          /**< of both players' Adam */
    std::optional<optimizer_options> generator_optimizer = {};     /**< instead of the three above */
    std::optional<optimizer_options> discriminator_optimizer = {}; /**< instead of the three above */
    gan_loss loss = GAN_LOSS_NON_SATURATING;                       /**< the game that the two play */
    int discriminator_steps = 1;                           /**< discriminator updates for each generator update */
    gan_order order = GAN_ORDER_DISCRIMINATOR_FIRST;       /**< which player moves first */
    float label_smoothing = 0.0f;                          /**< real samples are labelled 1 - this; [0, 1) */
    gan_noise noise = GAN_NOISE_NORMAL;                    /**< distribution of the noise */
    bool fresh_noise = false;                              /**< new noise for the generator's update */
    uint64_t seed = 0;                                     /**< of all that is drawn */
    float r1 = 0.0f;                                       /**< gamma of R1, on real samples */
    float r2 = 0.0f;                                       /**< gamma of R2, on generated samples */
    float gradient_penalty = 0.0f;                         /**< lambda of WGAN-GP */
    float dragan = 0.0f;                                   /**< lambda of DRAGAN */
    float weight_clip = 0.0f;                              /**< most magnitude of D's parameters; 0: no clipping */
    int penalty_interval = 1;                              /**< penalties in one of so many updates of D */
    gan_schedule penalty_schedule = GAN_SCHEDULE_CONSTANT; /**< of the penalties' coefficients */
    float final_penalty_factor = 0.0f;                     /**< what it leaves of them; [0, 1] */
    int64_t penalty_schedule_steps = 0;                    /**< of the trainer, until then */
    int packing = 1;                  /**< samples that D judges at once; its input has so many times the channels */
    float instance_noise = 0.0f;      /**< deviation of noise on all that D sees */
    int64_t instance_noise_steps = 0; /**< over which it falls to 0; 0: it stays */
    unsigned augment = 0;             /**< what is done to all that D sees, a sum of ::gan_augmentation values */
    float ema_decay = 0.0f;           /**< of the generator's average a step; 0: no average */
    float ema_half_life = 0.0f;       /**< the same in real samples; 0: no average */
    float ema_ramp = 0.0f;            /**< half-life over samples seen, at most; 0: no limit */
    int64_t diagnosis_interval = 100; /**< steps between diagnoses, or GAN_DIAGNOSIS_OFF */
    bool simultaneous = false;        /**< both players move at once */
};

/** What is called after each step, with its ::gan_step_report: true cancels the run. A function that returns nothing
 * will do too. What it throws ends the run and comes out of trainer::run(). */
class progress
{
  public:
    /** Nobody is called. */
    progress() = default;
    /** Calls a function, which is copied. */
    template <typename Function, typename Result = std::invoke_result_t<Function &, const gan_step_report &>>
    progress(Function function)
    {
        if constexpr (std::is_void_v<Result>) {
            cancels_ = [function](const gan_step_report &report) mutable { return function(report), false; };
        } else {
            cancels_ = std::move(function);
        }
    }
    /** Calls the function: true cancels the run. */
    bool operator()(const gan_step_report &report) const
    {
        return cancels_(report);
    }
    /** Whether there is a function to call. */
    explicit operator bool() const noexcept
    {
        return static_cast<bool>(cancels_);
    }

  private:
    std::function<bool(const gan_step_report &)> cancels_;
};

/** Options of a run; see ::gan_run_options. */
struct run_options {
    int64_t epochs = 0;          /**< passes over the data; 0: no limit, or 1 when no limit is given at all */
    int64_t steps = 0;           /**< steps to take; 0: no limit */
    double seconds = 0.0;        /**< time to take; 0: no limit */
    gan::progress progress = {}; /**< called after each step */
};

/** Two models trained against each other; see ::gan_trainer. It keeps both alive. */
class trainer : public handle<gan_trainer, gan_trainer_destroy>
{
  public:
    /** A trainer of two built models; see gan_trainer_create() for the shapes that they need. */
    trainer(const context &context, model &generator, model &discriminator, const trainer_options &options = {})
        : handle(created(context, generator, discriminator, options)),
          sample_elements_(generator.output_shape().count()), discriminator_steps_(options.discriminator_steps)
    {
    }
    /** One step on real samples; throws with GAN_ERROR_DIVERGED when it was not finite. */
    gan_step_report step(const std::vector<float> &samples)
    {
        gan_step_report report = GAN_STEP_REPORT_INIT;
        int64_t batch = detail::batch_of(samples.size(), sample_elements_ * discriminator_steps_, "step: samples");
        check(gan_trainer_step(get(), samples.data(), batch, &report));
        return report;
    }
    /** Trains until the first limit is reached: true; false when the callback or cancel() ended it. */
    bool run(dataset &dataset, const run_options &options = {})
    {
        running state = {options.progress, nullptr};
        gan_run_options c = gan_run_options();
        c.struct_size = sizeof c;
        c.epochs = options.epochs;
        c.steps = options.steps;
        c.seconds = options.seconds;
        c.progress = options.progress ? report : nullptr;
        c.user = &state;
        gan_status status = gan_trainer_run(get(), dataset.get(), &c);
        if (state.thrown) std::rethrow_exception(state.thrown);
        if (status != GAN_ERROR_CANCELLED) check(status);
        return status == GAN_OK;
    }
    /** Ends run() after the present step, or the next one at once. Any thread; async-signal-safe. */
    void cancel() noexcept
    {
        gan_trainer_cancel(get());
    }
    /** `count` samples from noise of the seed; training is not disturbed. */
    std::vector<float> sample(uint64_t seed, int64_t count)
    {
        std::vector<float> out = detail::floats(count, sample_elements_);
        check(gan_trainer_sample(get(), seed, count, out.data()));
        return out;
    }
    /** A copy of the generator's average; see gan_trainer_get_average(). */
    model average() const
    {
        gan_model *kept = detail::got<gan_model *>(gan_trainer_get_average, get());
        return model(detail::made<gan_model>(gan_model_clone, kept));
    }
    /** The present diagnoses, a sum of ::gan_diagnosis values; gan_diagnosis_name() and _advice() explain each. */
    uint64_t diagnoses() const noexcept
    {
        return gan_trainer_diagnoses(get());
    }
    /** How each layer of a player that has parameters took the last update; names live as long as the model. */
    std::vector<gan_layer_report> layer_reports(gan_role role) const
    {
        std::vector<gan_layer_report> reports(gan_trainer_layer_count(get(), role), GAN_LAYER_REPORT_INIT);
        for (std::size_t i = 0; i < reports.size(); i++)
            check(gan_trainer_get_layer_report(get(), role, i, &reports[i]));
        return reports;
    }
    /** Steps taken since the beginning, over all runs and checkpoints. */
    int64_t steps() const noexcept
    {
        return gan_trainer_steps(get());
    }
    /** Writes all that training goes on from, but no dataset's cursor. The file is replaced atomically. */
    void save(const std::string &path) const
    {
        check(gan_trainer_save(get(), nullptr, path.c_str()));
    }
    /** The same with the cursor of a dataset. */
    void save(const std::string &path, const dataset &dataset) const
    {
        check(gan_trainer_save(get(), dataset.get(), path.c_str()));
    }
    /** Restores what save() wrote into a trainer of the same models and options. On failure nothing has changed. */
    void load(const std::string &path)
    {
        check(gan_trainer_load(get(), nullptr, path.c_str()));
    }
    /** The same with the cursor of a dataset, which has to be in the file. */
    void load(const std::string &path, dataset &dataset)
    {
        check(gan_trainer_load(get(), dataset.get(), path.c_str()));
    }

  private:
    struct running {
        const gan::progress &progress;
        std::exception_ptr thrown;
    };
    /* No exception may pass through C: it waits in the state until the run has returned. */
    static int report(void *user, gan_trainer *, const gan_step_report *report) noexcept
    {
        running &state = *static_cast<running *>(user);
        try {
            return state.progress(*report);
        } catch (...) {
            state.thrown = std::current_exception();
            return 1;
        }
    }
    static gan_trainer *created(const context &context, model &generator, model &discriminator,
                                const trainer_options &options)
    {
        gan_optimizer_options for_generator, for_discriminator;
        gan_trainer_options c = gan_trainer_options();
        c.struct_size = sizeof c;
        c.batch = detail::at_least_one(options.batch, "trainer_options.batch", GAN_ERROR_BATCH);
        c.learning_rate = detail::exact(options.learning_rate);
        c.beta1 = detail::exact(options.beta1);
        c.beta2 = detail::exact(options.beta2);
        if (options.generator_optimizer) {
            for_generator = detail::to_c(*options.generator_optimizer);
            c.generator_optimizer = &for_generator;
        }
        if (options.discriminator_optimizer) {
            for_discriminator = detail::to_c(*options.discriminator_optimizer);
            c.discriminator_optimizer = &for_discriminator;
        }
        c.loss = options.loss;
        c.discriminator_steps = options.discriminator_steps;
        detail::at_least_one(options.discriminator_steps, "trainer_options.discriminator_steps");
        c.order = options.order;
        c.label_smoothing = options.label_smoothing;
        c.noise = options.noise;
        c.fresh_noise = options.fresh_noise;
        c.seed = options.seed;
        c.r1 = options.r1;
        c.r2 = options.r2;
        c.gradient_penalty = options.gradient_penalty;
        c.dragan = options.dragan;
        c.weight_clip = options.weight_clip;
        c.penalty_interval = options.penalty_interval;
        detail::at_least_one(options.penalty_interval, "trainer_options.penalty_interval");
        c.penalty_schedule = options.penalty_schedule;
        c.final_penalty_factor = options.final_penalty_factor;
        c.penalty_schedule_steps = options.penalty_schedule_steps;
        c.packing = options.packing;
        detail::at_least_one(options.packing, "trainer_options.packing");
        c.instance_noise = options.instance_noise;
        c.instance_noise_steps = options.instance_noise_steps;
        c.augment = options.augment;
        c.ema_decay = options.ema_decay;
        c.ema_half_life = options.ema_half_life;
        c.ema_ramp = options.ema_ramp;
        c.diagnosis_interval = detail::at_least_one(options.diagnosis_interval, "trainer_options.diagnosis_interval");
        c.simultaneous = options.simultaneous;
        return detail::made<gan_trainer>(gan_trainer_create, context.get(), generator.get(), discriminator.get(), &c);
    }
    int64_t sample_elements_, discriminator_steps_;
};

/* ---- Files for people and other programs ------------------------------------------------------------------- */

/** Writes images as a grid; see gan_png_write_grid(). */
inline void write_png_grid(const context &context, const std::string &path, const std::vector<float> &images,
                           const shape &image, int64_t columns = 0)
{
    int64_t count = detail::batch_of(images.size(), image.count(), "write_png_grid: images");
    check(gan_png_write_grid(context.get(), path.c_str(), images.data(), count, image, columns));
}

/** Writes values as a NumPy file of the shape (count, sample); see gan_npy_write(). */
inline void write_npy(const context &context, const std::string &path, const std::vector<float> &values,
                      const shape &sample)
{
    int64_t count = detail::batch_of(values.size(), sample.count(), "write_npy: values");
    check(gan_npy_write(context.get(), path.c_str(), values.data(), count, sample));
}

/** The course of a training, one row a step; see ::gan_history. */
class history : public handle<gan_history, gan_history_destroy>
{
  public:
    /** A history without rows. */
    explicit history(const context &context) : handle(detail::made<gan_history>(gan_history_create, context.get()))
    {
    }
    /** Appends a row; steps increase from row to row. */
    void add(const gan_step_report &report)
    {
        check(gan_history_add(get(), &report));
    }
    /** Number of rows. */
    int64_t count() const noexcept
    {
        return gan_history_count(get());
    }
    /** Forgets rows after a step. */
    void truncate(int64_t last_step)
    {
        check(gan_history_truncate(get(), last_step));
    }
    /** Writes a CSV file with a header line. */
    void write_csv(const std::string &path) const
    {
        check(gan_history_write_csv(get(), path.c_str()));
    }
    /** Reads what write_csv() wrote, instead of what the history holds. */
    void read_csv(const std::string &path)
    {
        check(gan_history_read_csv(get(), path.c_str()));
    }
    /** Draws the course as a picture. */
    void write_png(const std::string &path) const
    {
        check(gan_history_write_png(get(), path.c_str()));
    }
};

} // namespace gan

#endif
