/**
 * @file libgan.hpp
 * C++17 wrapper of libgan.h: RAII handles, exceptions instead of statuses, vectors instead of pointers. Header only;
 * needs libgan.h and the standard library. It follows libgan.h, which documents it, by these rules:
 *
 * - gan_noun_verb(noun, ...) is the method noun.verb(...) of class gan::noun, gan_layer_kind(...) is gan::kind(...),
 *   and any other gan_name(...) is gan::name(...); gan_random is gan::random_numbers. A result that C stores through
 * a pointer is returned; an array and its length become a std::vector. Enums, reports and options are those of C.
 * - A failing call throws gan::error, with the status and the sentence of the C API. A layer that cannot be made
 *   throws at once; layers that do not fit together make model::build() throw. In programs that are compiled without
 *   exceptions it calls std::abort() instead: call libgan.h where failures are to be handled.
 * - Handles are move-only and own their C handle; get() returns it without giving it up, so that both APIs mix
 *   freely.
 * - What libgan.h says about shapes, ranges, defaults, threads and files holds here too.
 *
 * A shape is written {1, 28, 28} or, where the type is to be told, GAN_SHAPE(1, 28, 28), a gan::shape.
 *
 * Options are the C structs, passed by value and written as in C: with their macro, and the fields in the struct's
 * order.
 *
 *     gan::conv2d(context, 64, GAN_CONV2D(.kernel = {5, 5}, .stride = {2, 2}, .padding = GAN_PADDING_SAME));
 *     trainer.run(digits, GAN_RUN(.epochs = 5), [](const gan_step_report &report) { show(report); });
 *
 * g++ and clang++ accept this without a warning from C++17 on, other compilers from C++20 on; it must be inside a
 * function. The same without the macro, for any C++17 compiler:
 *
 *     gan_conv2d_options half = {};
 *     half.stride[0] = half.stride[1] = 2;
 *     gan::conv2d(context, 64, half);
 *
 * Either way, a field that is omitted or 0 takes its documented default, and ::GAN_ZERO asks for exactly zero.
 * Functions set the struct_size of the options passed to them; where these point to others, such as a trainer's
 * generator_optimizer, the macro sets that of the others.
 */
#ifndef LIBGAN_HPP
#define LIBGAN_HPP

/* Microsoft's compiler says in __cplusplus what it is only if asked to. */
#if __cplusplus < 201703L && (!defined(_MSVC_LANG) || _MSVC_LANG < 201703L)
#error "libgan.hpp needs C++17: compile with -std=c++17 or newer, or include libgan.h"
#endif

#include "libgan.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

/** @cond */
/* The value that option macros make. Compilers warn about omitted fields, which are intended here, and about
 * designated initialisers before C++20, which they support as an extension. */
#if defined(__clang__)
#define GAN_OPTIONS_QUIET                                                                             \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wunknown-warning-option\"") \
        _Pragma("clang diagnostic ignored \"-Wc++20-designator\"")                                    \
            _Pragma("clang diagnostic ignored \"-Wmissing-field-initializers\"")
#define GAN_OPTIONS_LOUD _Pragma("clang diagnostic pop")
#elif defined(__GNUC__)
#define GAN_OPTIONS_QUIET                                                                                         \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wpragmas\"")                                \
        _Pragma("GCC diagnostic ignored \"-Wpedantic\"") _Pragma("GCC diagnostic ignored \"-Wc++20-extensions\"") \
            _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"")
#define GAN_OPTIONS_LOUD _Pragma("GCC diagnostic pop")
#else
#define GAN_OPTIONS_QUIET
#define GAN_OPTIONS_LOUD
#endif
#define GAN_OPTIONS(type, ...)                                                   \
    ([&] {                                                                       \
        GAN_OPTIONS_QUIET return type{.struct_size = sizeof(type), __VA_ARGS__}; \
        GAN_OPTIONS_LOUD                                                         \
    }())
#undef GAN_SHAPE /* a literal that C++ lacks */
#define GAN_SHAPE(...) (::gan::shape{__VA_ARGS__})
/** @endcond */

/** @cond */
#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
#define GAN_HPP_TRY      try
#define GAN_HPP_CATCH    catch (...)
#define GAN_HPP_THROW(e) throw e
#else
#define GAN_HPP_TRY      if (true)
#define GAN_HPP_CATCH    else
#define GAN_HPP_THROW(e) (static_cast<void>(e), std::abort())
#endif
/** @endcond */

/** The C++ API of libgan. */
namespace gan
{

/** Thrown by every failing call; what() is the sentence of gan_last_error(). */
class error : public std::runtime_error
{
  public:
    /** An exception with a status and the sentence that what() returns. */
    error(gan_status status, const std::string &sentence) : std::runtime_error(sentence), status_(status) {}
    /** The status of the failed call. */
    gan_status status() const noexcept { return status_; }

  private:
    gan_status status_;
};

/** Throws gan::error unless the status of a C call is GAN_OK. */
inline void check(gan_status status)
{
    if (status != GAN_OK) GAN_HPP_THROW(error(status, gan_last_error()));
}

/** Version of the library that is running, such as "0.2.0". */
inline std::string version()
{
    return gan_version_text();
}

/** The shape of one sample, without the batch: gan::shape{1, 28, 28}. */
struct shape : gan_shape {
    /** An empty shape, of rank 0 and not valid. */
    shape() noexcept : gan_shape() {}
    /** The same shape in C. */
    shape(const gan_shape &other) noexcept : gan_shape(other) {}
    /** A shape of these sizes, outermost first; more than ::GAN_MAX_RANK sizes throw ::GAN_ERROR_SHAPE. */
    shape(std::initializer_list<int64_t> sizes) : gan_shape()
    {
        if (sizes.size() > GAN_MAX_RANK) {
            GAN_HPP_THROW(error(GAN_ERROR_SHAPE, "a shape has at most " + std::to_string(GAN_MAX_RANK) +
                                                     " dimensions, not " + std::to_string(sizes.size())));
        }
        for (int64_t size : sizes) dims[rank++] = size;
    }
    /** Number of elements; 0 if the shape is not valid. */
    int64_t count() const noexcept { return gan_shape_count(*this); }
    /** Whether ranks and sizes are equal. */
    friend bool operator==(const shape &a, const shape &b) noexcept
    {
        return a.rank == b.rank && std::equal(a.dims, a.dims + a.rank, b.dims);
    }
    /** The opposite of ==. */
    friend bool operator!=(const shape &a, const shape &b) noexcept { return !(a == b); }
};

/** Internals of this header; not for callers. */
namespace detail
{

/* The result that a C call stores through its last pointer: result<gan_model *>(gan_model_create, context). */
template <typename Out, typename Function, typename... Arguments>
Out result(Function function, Arguments... arguments)
{
    Out out = Out();
    check(function(arguments..., &out));
    return out;
}

/* The same for a struct with struct_size. */
template <typename Out, typename Function, typename... Arguments>
Out report(Function function, Arguments... arguments)
{
    Out out = Out();
    out.struct_size = sizeof(out);
    check(function(arguments..., &out));
    return out;
}

/* The same of work in slices, which has a result once it is done. */
template <typename Out, typename Function, typename... Arguments>
std::optional<Out> report_when_done(Function function, Arguments... arguments)
{
    Out out = Out();
    out.struct_size = sizeof(out);
    bool done = false;
    check(function(arguments..., &done, &out));
    return done ? std::optional<Out>(out) : std::nullopt;
}

/* The size of options in the header that the application was compiled with. */
template <typename Options> const Options *sized(Options &options) noexcept
{
    options.struct_size = sizeof(options);
    return &options;
}

/* An object as the `user` of a callback of C. */
template <typename T> void *user(T &object) noexcept
{
    return const_cast<void *>(static_cast<const void *>(std::addressof(object)));
}

template <typename Container> int64_t length(const Container &container) noexcept
{
    return static_cast<int64_t>(container.size());
}

/* The values of a vector, or NULL for none. */
template <typename T> const T *data(const std::vector<T> &values) noexcept
{
    return values.empty() ? nullptr : values.data();
}

/* The number of samples of `elements` values in a vector. */
inline int64_t batch_of(const std::vector<float> &values, int64_t elements, const char *name)
{
    if (elements <= 0 || values.empty() || length(values) % elements != 0) {
        GAN_HPP_THROW(error(GAN_ERROR_SHAPE, std::string(name) + " has " + std::to_string(values.size()) +
                                                 " values, expected a multiple of " + std::to_string(elements)));
    }
    return length(values) / elements;
}

template <typename T> void expect_length(const std::vector<T> &values, int64_t expected, const char *name)
{
    if (length(values) != expected) {
        GAN_HPP_THROW(error(GAN_ERROR_SHAPE, std::string(name) + " has " + std::to_string(values.size()) +
                                                 " values, expected " + std::to_string(expected)));
    }
}

inline std::vector<float> floats(int64_t count, int64_t elements = 1)
{
    if (count < 0 || (elements > 0 && count > INT64_MAX / elements)) {
        GAN_HPP_THROW(error(GAN_ERROR_ARGUMENT, "count is " + std::to_string(count) + ", out of range"));
    }
    return std::vector<float>(static_cast<std::size_t>(count * elements));
}

} // namespace detail

/** Base of all handles, which own a handle of the C API and can be moved but not copied. */
template <typename T, void (*destroy)(T *)> class handle
{
  public:
    /** The C handle, still owned by this object; nullptr once moved from. */
    T *get() const noexcept { return owned_.get(); }
    /** Releases the C handle to the caller, who destroys it with the C API. */
    T *release() noexcept { return owned_.release(); }
    /** Whether there is a C handle: false once moved from. */
    explicit operator bool() const noexcept { return owned_ != nullptr; }

  protected:
    /** Takes ownership of a C handle. */
    explicit handle(T *owned) noexcept : owned_(owned) {}
    /** Calls a C function on this handle. */
    template <typename Function, typename... Arguments> void call(Function function, Arguments... arguments) const
    {
        check(function(get(), arguments...));
    }
    /** The same, returning the result that it stores through its last pointer. */
    template <typename Out, typename Function, typename... Arguments>
    Out ask(Function function, Arguments... arguments) const
    {
        return detail::result<Out>(function, get(), arguments...);
    }

  private:
    struct destroyer {
        void operator()(T *owned) const noexcept { destroy(owned); }
    };
    std::unique_ptr<T, destroyer> owned_;
};

/* ---- Context ----------------------------------------------------------------------------------------------- */

/** Allocator, log, threads and limits; see ::gan_context. Handles made from it keep it alive. */
class context : public handle<gan_context, gan_context_destroy>
{
  public:
    /** See gan_context_create(). */
    explicit context(gan_context_options options = {})
        : handle(detail::result<gan_context *>(gan_context_create, detail::sized(options)))
    {
    }
    /** See gan_context_get_info(). */
    gan_context_info get_info() const { return detail::report<gan_context_info>(gan_context_get_info, get()); }
};

/**
 * Sends a context's messages to `function(level, message)`; see ::gan_log_fn. Exceptions from it are dropped. The
 * function is not copied: it must outlive the context and all handles made from it.
 */
template <typename Function> void set_log(gan_context_options &options, Function &function) noexcept
{
    options.log_user = detail::user(function);
    options.log = [](void *user, gan_log_level level, const char *message) noexcept {
        GAN_HPP_TRY
        {
            (*static_cast<Function *>(user))(level, message);
        }
        GAN_HPP_CATCH
        {
            /* must not pass through C; a lost message does no harm */
        }
    };
}

/**
 * Takes memory from a std::pmr::memory_resource, or any object with the same allocate() and deallocate(); see
 * ::gan_allocator. Exceptions from allocate() become ::GAN_ERROR_MEMORY. It must outlive the context and all handles
 * made from it.
 */
template <typename Resource> void set_allocator(gan_context_options &options, Resource &resource) noexcept
{
    options.allocator.user = detail::user(resource);
    options.allocator.allocate = [](void *user, std::size_t size) noexcept -> void * {
        GAN_HPP_TRY
        {
            return static_cast<Resource *>(user)->allocate(size, alignof(std::max_align_t));
        }
        GAN_HPP_CATCH
        {
            return nullptr;
        }
    };
    options.allocator.release = [](void *user, void *memory, std::size_t size) noexcept {
        GAN_HPP_TRY
        {
            static_cast<Resource *>(user)->deallocate(memory, size, alignof(std::max_align_t));
        }
        GAN_HPP_CATCH
        {
            /* memory that was not released is lost */
        }
    };
}

/** One piece of a call's work, for functions given to set_parallel(): each invocation does the next one. */
class piece
{
  public:
    /** Does one pending piece, whatever the index; does nothing if none is left. */
    void operator()(int64_t = 0) const noexcept { work_->next(); }

  private:
    template <typename Function> friend void set_parallel(gan_context_options &, Function &) noexcept;
    struct work {
        gan_task_fn task;
        void *argument;
        int64_t count;
        std::atomic<int64_t> begun{0}, done{0};
        bool next() noexcept
        {
            const int64_t index = begun.fetch_add(1, std::memory_order_relaxed);
            if (index >= count) return false;
            task(argument, index);
            done.fetch_add(1, std::memory_order_release);
            return true;
        }
        void finish() noexcept
        {
            while (next()) {
            }
            while (done.load(std::memory_order_acquire) < count) std::this_thread::yield();
        }
    };
    explicit piece(work &of) noexcept : work_(&of) {}
    work *work_;
};

/**
 * Does the work of a context on the application's threads: `function(count, piece)` calls the gan::piece `count`
 * times, on any threads, and returns or throws when all these calls have returned; see ::gan_parallel_fn. If it
 * throws, the calling thread does the remaining pieces, with the same results. It must outlive the context and all
 * handles made from it.
 */
template <typename Function> void set_parallel(gan_context_options &options, Function &function) noexcept
{
    options.parallel_user = detail::user(function);
    options.parallel = [](void *user, gan_task_fn task, void *argument, int64_t count) noexcept {
        piece::work all = {task, argument, count};
        GAN_HPP_TRY
        {
            (*static_cast<Function *>(user))(count, piece(all));
        }
        GAN_HPP_CATCH
        {
            /* must not pass through C; the work continues here */
        }
        all.finish();
    };
}

/** Random numbers; see ::gan_random. Not called random, which is a function of POSIX. */
class random_numbers : public handle<gan_random, gan_random_destroy>
{
  public:
    /** See gan_random_create(). */
    random_numbers(const context &context, uint64_t seed, uint64_t stream = 0)
        : handle(detail::result<gan_random *>(gan_random_create, context.get(), seed, stream))
    {
    }
    /** `count` standard normal numbers. */
    std::vector<float> normal(int64_t count) { return filled(gan_random_normal, count); }
    /** `count` numbers in [0, 1). */
    std::vector<float> uniform(int64_t count) { return filled(gan_random_uniform, count); }
    /** See gan_random_get_state(). */
    gan_random_state get_state() const { return ask<gan_random_state>(gan_random_get_state); }
    /** See gan_random_set_state(). */
    void set_state(gan_random_state state) { call(gan_random_set_state, state); }

  private:
    template <typename Function> std::vector<float> filled(Function function, int64_t count)
    {
        std::vector<float> out = detail::floats(count);
        call(function, out.data(), count);
        return out;
    }
};

/* ---- Memory instead of files --------------------------------------------------------------------------------- */

/** Bytes in memory that grow as they are written; see ::gan_bytes. */
class bytes : public handle<gan_bytes, gan_bytes_destroy>
{
  public:
    /** None yet. */
    explicit bytes(const context &context) : handle(detail::result<gan_bytes *>(gan_bytes_create, context.get())) {}
    /** See gan_bytes_writer(). */
    gan_writer writer() noexcept { return gan_bytes_writer(get()); }
    /** See gan_bytes_data(). */
    const void *data() const noexcept { return gan_bytes_data(get()); }
    /** See gan_bytes_size(). */
    std::size_t size() const noexcept { return gan_bytes_size(get()); }
    /** See gan_bytes_clear(). */
    void clear() noexcept { gan_bytes_clear(get()); }
};

/** See gan_reader_from_memory(). */
inline gan_reader reader_from_memory(const void *bytes, std::size_t size) noexcept
{
    return gan_reader_from_memory(bytes, size);
}

/* ---- Layers ------------------------------------------------------------------------------------------------ */

/** A description of a layer, made by the functions below and added to a model. */
class layer : public handle<gan_layer, gan_layer_destroy>
{
  public:
    /** Takes ownership of a layer of the C API; if it is nullptr, throws the failure that made it so. */
    explicit layer(gan_layer *owned) : handle(owned)
    {
        if (owned == nullptr) GAN_HPP_THROW(error(gan_last_status(), gan_last_error()));
    }
    /** Names the layer; see gan_layer_named(). */
    layer named(const std::string &name) && { return layer(gan_layer_named(release(), name.c_str())); }
};

namespace detail
{

template <typename... T> struct list {
};

/* A function object for a layer of C: layer kind(context, required..., options = {}). It goes through the parameters
 * of C, which are required up to a pointer to options. */
template <auto make, typename Required, typename Rest> class layer_function;

template <auto make, typename... Required, typename Next, typename... Rest>
class layer_function<make, list<Required...>, list<Next, Rest...>>
    : public layer_function<make, list<Required..., Next>, list<Rest...>>
{
};

template <auto make, typename... Required, typename Options>
class layer_function<make, list<Required...>, list<const Options *>>
{
  public:
    layer operator()(const context &context, Required... required, Options options = {}) const
    {
        return layer(make(context.get(), required..., sized(options)));
    }
};

template <auto make, typename... Required> class layer_function<make, list<Required...>, list<>>
{
  public:
    layer operator()(const context &context, Required... required) const
    {
        return layer(make(context.get(), required...));
    }
};

/* Shapes are given as gan::shape. */
template <typename T> using parameter = std::conditional_t<std::is_same_v<T, gan_shape>, shape, T>;
template <typename... T> list<parameter<T>...> parameters(gan_layer *(*)(gan_context *, T...));
template <auto make> using layer_of = layer_function<make, list<>, decltype(parameters(make))>;

} // namespace detail

inline constexpr detail::layer_of<gan_layer_input> input{};                       /**< gan_layer_input() */
inline constexpr detail::layer_of<gan_layer_dense> dense{};                       /**< gan_layer_dense() */
inline constexpr detail::layer_of<gan_layer_conv2d> conv2d{};                     /**< gan_layer_conv2d() */
inline constexpr detail::layer_of<gan_layer_conv_transpose2d> conv_transpose2d{}; /**< gan_layer_conv_transpose2d() */
inline constexpr detail::layer_of<gan_layer_flatten> flatten{};                   /**< gan_layer_flatten() */
inline constexpr detail::layer_of<gan_layer_reshape> reshape{};                   /**< gan_layer_reshape() */
inline constexpr detail::layer_of<gan_layer_concat> concat{};                     /**< gan_layer_concat() */
inline constexpr detail::layer_of<gan_layer_slice> slice{};                       /**< gan_layer_slice() */
inline constexpr detail::layer_of<gan_layer_add> add{};                           /**< gan_layer_add() */
inline constexpr detail::layer_of<gan_layer_inner_product> inner_product{};       /**< gan_layer_inner_product() */
inline constexpr detail::layer_of<gan_layer_multiply> multiply{};                 /**< gan_layer_multiply() */
inline constexpr detail::layer_of<gan_layer_log_sum_exp> log_sum_exp{};           /**< gan_layer_log_sum_exp() */
inline constexpr detail::layer_of<gan_layer_softmax> softmax{};                   /**< gan_layer_softmax() */
inline constexpr detail::layer_of<gan_layer_gradient_reversal>
    gradient_reversal{};                                              /**< gan_layer_gradient_reversal() */
inline constexpr detail::layer_of<gan_layer_leaky_relu> leaky_relu{}; /**< gan_layer_leaky_relu() */
inline constexpr detail::layer_of<gan_layer_relu> relu{};             /**< gan_layer_relu() */
inline constexpr detail::layer_of<gan_layer_sigmoid> sigmoid{};       /**< gan_layer_sigmoid() */
inline constexpr detail::layer_of<gan_layer_softplus> softplus{};     /**< gan_layer_softplus() */
inline constexpr detail::layer_of<gan_layer_elu> elu{};               /**< gan_layer_elu() */
inline constexpr detail::layer_of<gan_layer_prelu> prelu{};           /**< gan_layer_prelu() */
inline constexpr detail::layer_of<gan_layer_silu> silu{};             /**< gan_layer_silu() */
inline constexpr detail::layer_of<gan_layer_gelu> gelu{};             /**< gan_layer_gelu() */
inline constexpr detail::layer_of<gan_layer_dropout> dropout{};       /**< gan_layer_dropout() */
inline constexpr detail::layer_of<gan_layer_batch_norm> batch_norm{}; /**< gan_layer_batch_norm() */
inline constexpr detail::layer_of<gan_layer_conditional_batch_norm>
    conditional_batch_norm{};                                               /**< gan_layer_conditional_batch_norm() */
inline constexpr detail::layer_of<gan_layer_layer_norm> layer_norm{};       /**< gan_layer_layer_norm() */
inline constexpr detail::layer_of<gan_layer_instance_norm> instance_norm{}; /**< gan_layer_instance_norm() */
inline constexpr detail::layer_of<gan_layer_group_norm> group_norm{};       /**< gan_layer_group_norm() */
inline constexpr detail::layer_of<gan_layer_upsample2d> upsample2d{};       /**< gan_layer_upsample2d() */
inline constexpr detail::layer_of<gan_layer_avg_pool2d> avg_pool2d{};       /**< gan_layer_avg_pool2d() */
inline constexpr detail::layer_of<gan_layer_max_pool2d> max_pool2d{};       /**< gan_layer_max_pool2d() */
inline constexpr detail::layer_of<gan_layer_pad2d> pad2d{};                 /**< gan_layer_pad2d() */
inline constexpr detail::layer_of<gan_layer_pixel_shuffle> pixel_shuffle{}; /**< gan_layer_pixel_shuffle() */
inline constexpr detail::layer_of<gan_layer_gaussian_noise> gaussian_noise{};     /**< gan_layer_gaussian_noise() */
inline constexpr detail::layer_of<gan_layer_gaussian_sample> gaussian_sample{};   /**< gan_layer_gaussian_sample() */
inline constexpr detail::layer_of<gan_layer_attention> attention{};               /**< gan_layer_attention() */
inline constexpr detail::layer_of<gan_layer_embedding> embedding{};               /**< gan_layer_embedding() */
inline constexpr detail::layer_of<gan_layer_one_hot> one_hot{};                   /**< gan_layer_one_hot() */
inline constexpr detail::layer_of<gan_layer_constant> constant{};                 /**< gan_layer_constant() */
inline constexpr detail::layer_of<gan_layer_pixel_norm> pixel_norm{};             /**< gan_layer_pixel_norm() */
inline constexpr detail::layer_of<gan_layer_minibatch_stddev> minibatch_stddev{}; /**< gan_layer_minibatch_stddev() */
/** gan_layer_tanh(); a function like that of the C library, so that both may be visible. */
inline layer tanh(const context &context)
{
    return detail::layer_of<gan_layer_tanh>{}(context);
}

/* ---- Models ------------------------------------------------------------------------------------------------ */

/** A layer's place in a model. */
using node = gan_node;

/** A graph of layers with its weights; see ::gan_model. */
class model : public handle<gan_model, gan_model_destroy>
{
  public:
    /** A model without layers. */
    explicit model(const context &context) : model(detail::result<gan_model *>(gan_model_create, context.get())) {}
    /** Takes ownership of a model of the C API. */
    explicit model(gan_model *owned) noexcept : handle(owned) {}
    /** See gan_model_load_from(). */
    static model load_from(const context &context, gan_reader reader)
    {
        return model(detail::result<gan_model *>(gan_model_load_from, context.get(), reader));
    }
    /** See gan_model_load(). */
    static model load(const context &context, const std::string &path)
    {
        return model(detail::result<gan_model *>(gan_model_load, context.get(), path.c_str()));
    }
    /** Shapes of inputs, if there are any, replace those in the options; see gan_model_load_onnx(). */
    static model load_onnx(const context &context, const std::string &path,
                           const std::vector<gan_named_shape> &inputs = {}, gan_load_onnx_options options = {})
    {
        const gan_load_onnx_options all = with_inputs(options, inputs);
        return model(detail::result<gan_model *>(gan_model_load_onnx, context.get(), path.c_str(), &all));
    }
    /** The same from a reader; see gan_model_load_onnx_from(). */
    static model load_onnx_from(const context &context, gan_reader reader,
                                const std::vector<gan_named_shape> &inputs = {}, gan_load_onnx_options options = {})
    {
        const gan_load_onnx_options all = with_inputs(options, inputs);
        return model(detail::result<gan_model *>(gan_model_load_onnx_from, context.get(), reader, &all));
    }

    /** Adds a layer that reads from the one before it. build() reports layers that do not fit. */
    node add(layer added) { return gan_model_add(get(), added.release()); }
    /** Adds a layer that reads from the given nodes. */
    node add(layer added, std::initializer_list<node> from)
    {
        return gan_model_add_from(get(), added.release(), detail::length(from), from.begin());
    }
    /** Adds several layers, each reading from the one before it, and returns the node of the last. */
    template <typename... Layers> node add(layer first, layer second, Layers &&...rest)
    {
        add(std::move(first));
        return add(std::move(second), std::forward<Layers>(rest)...);
    }
    /** See gan_model_set_outputs(). */
    void set_outputs(std::initializer_list<node> nodes)
    {
        call(gan_model_set_outputs, detail::length(nodes), nodes.begin());
    }
    /** Infers the shapes and initialises the weights; throws the first failure since the model was created. */
    model &build(uint64_t seed = 0) { return call(gan_model_build, seed), *this; }

    /** See gan_model_input_count(). */
    int64_t input_count() const noexcept { return gan_model_input_count(get()); }
    /** See gan_model_output_count(). */
    int64_t output_count() const noexcept { return gan_model_output_count(get()); }
    /** See gan_model_get_input_shape(). */
    shape get_input_shape(int64_t index = 0) const { return ask<gan_shape>(gan_model_get_input_shape, index); }
    /** See gan_model_get_output_shape(). */
    shape get_output_shape(int64_t index = 0) const { return ask<gan_shape>(gan_model_get_output_shape, index); }
    /** See gan_model_set_input(). */
    void set_input(int64_t index, gan_input_options options)
    {
        call(gan_model_set_input, index, detail::sized(options));
    }
    /** See gan_model_get_input_info(). */
    gan_input_info get_input_info(int64_t index = 0) const
    {
        return detail::report<gan_input_info>(gan_model_get_input_info, get(), index);
    }
    /** See gan_model_tensor_count(). */
    int64_t tensor_count() const noexcept { return gan_model_tensor_count(get()); }
    /** See gan_model_get_tensor_info(). */
    gan_tensor_info get_tensor_info(int64_t index) const
    {
        return detail::report<gan_tensor_info>(gan_model_get_tensor_info, get(), index);
    }
    /** See gan_model_parameter_count(). */
    int64_t parameter_count() const noexcept { return gan_model_parameter_count(get()); }
    /** See gan_model_get_tensor(). */
    std::vector<float> get_tensor(const std::string &name) const { return copied(gan_model_get_tensor, name); }
    /** See gan_model_set_tensor(). */
    void set_tensor(const std::string &name, const std::vector<float> &values)
    {
        call(gan_model_set_tensor, name.c_str(), values.data(), detail::length(values));
    }
    /** See gan_model_get_gradient(). */
    std::vector<float> get_gradient(const std::string &name) const { return copied(gan_model_get_gradient, name); }
    /** See gan_model_zero_gradients(). */
    void zero_gradients() { call(gan_model_zero_gradients); }
    /** See gan_model_get_gradient_norm(). */
    double get_gradient_norm() const { return ask<double>(gan_model_get_gradient_norm); }
    /** See gan_model_set_trainable(); without a name, of all parameters. */
    void set_trainable(bool trainable) { call(gan_model_set_trainable, nullptr, trainable); }
    /** See gan_model_set_trainable(). */
    void set_trainable(const std::string &name, bool trainable)
    {
        call(gan_model_set_trainable, name.c_str(), trainable);
    }
    /** See gan_model_clone(). */
    model clone() const { return model(ask<gan_model *>(gan_model_clone)); }
    /** Updates this average of another model; see gan_model_average(). */
    void average(const model &other, double decay) { call(gan_model_average, other.get(), decay); }
    /** See gan_model_clip_weights(). */
    void clip_weights(float limit) { call(gan_model_clip_weights, limit); }

    /** See gan_model_describe(). */
    std::string describe() const
    {
        std::size_t length = 0;
        call(gan_model_describe, nullptr, std::size_t{0}, &length);
        std::string text(length + 1, '\0');
        call(gan_model_describe, &text[0], text.size(), nullptr);
        text.resize(length);
        return text;
    }
    /** See gan_model_save(). */
    void save(const std::string &path) const { call(gan_model_save, path.c_str()); }
    /** See gan_model_save_as(). */
    void save_as(const std::string &path, gan_save_options options) const
    {
        call(gan_model_save_as, path.c_str(), detail::sized(options));
    }
    /** See gan_model_save_to(). */
    void save_to(gan_writer writer, gan_save_options options = {}) const
    {
        call(gan_model_save_to, writer, detail::sized(options));
    }
    /** See gan_model_save_onnx(). */
    void save_onnx(const std::string &path, gan_save_onnx_options options = {}) const
    {
        call(gan_model_save_onnx, path.c_str(), detail::sized(options));
    }
    /** See gan_model_save_onnx_to(). */
    void save_onnx_to(gan_writer writer, gan_save_onnx_options options = {}) const
    {
        call(gan_model_save_onnx_to, writer, detail::sized(options));
    }
    /** See gan_model_load_weights(). */
    void load_weights(const std::string &path, const std::vector<gan_rename> &renames = {}, bool partial = false)
    {
        const gan_weights_options options = {
            sizeof(options), detail::data(renames), detail::length(renames), partial, {}};
        call(gan_model_load_weights, path.c_str(), &options);
    }
    /** See gan_model_load_weights_from(). */
    void load_weights_from(gan_reader reader, const std::vector<gan_rename> &renames = {}, bool partial = false)
    {
        const gan_weights_options options = {
            sizeof(options), detail::data(renames), detail::length(renames), partial, {}};
        call(gan_model_load_weights_from, reader, &options);
    }
    /** See gan_model_sample(). */
    std::vector<float> sample(gan_sample_options options, int64_t count) const
    {
        std::vector<float> out = detail::floats(count, get_output_shape(options.output).count());
        call(gan_model_sample, detail::sized(options), count, out.data());
        return out;
    }
    /** See gan_model_recalibrate(). */
    void recalibrate(gan_sample_options options, int64_t count)
    {
        call(gan_model_recalibrate, detail::sized(options), count);
    }

  private:
    static gan_load_onnx_options with_inputs(gan_load_onnx_options options,
                                             const std::vector<gan_named_shape> &inputs) noexcept
    {
        options.struct_size = sizeof(options);
        if (inputs.empty()) return options;
        options.inputs = inputs.data();
        options.input_count = detail::length(inputs);
        return options;
    }
    template <typename Function> std::vector<float> copied(Function function, const std::string &name) const
    {
        int64_t count = 0;
        for (int64_t i = 0; i < tensor_count() && count == 0; i++) {
            const gan_tensor_info info = get_tensor_info(i);
            if (name == info.name) count = info.count;
        }
        std::vector<float> out = detail::floats(count > 0 ? count : 1);
        call(function, name.c_str(), out.data(), count);
        return out;
    }
};

/* ---- Sessions ---------------------------------------------------------------------------------------------- */

/** One pass through a model; see ::gan_session. It keeps the model alive. */
class session : public handle<gan_session, gan_session_destroy>
{
  public:
    /** See gan_session_create(). */
    explicit session(const model &model, gan_session_options options = {})
        : handle(detail::result<gan_session *>(gan_session_create, model.get(), detail::sized(options)))
    {
        for (int64_t i = 0; i < model.input_count(); i++) inputs_.push_back(model.get_input_shape(i).count());
        for (int64_t i = 0; i < model.output_count(); i++) outputs_.push_back(model.get_output_shape(i).count());
    }
    /** See gan_session_batch(). */
    int64_t batch() const noexcept { return gan_session_batch(get()); }
    /** Copies in samples; their number sets the batch. See gan_session_set_input(). */
    void set_input(int64_t index, const std::vector<float> &samples)
    {
        const int64_t batch = detail::batch_of(samples, at(inputs_, index), "set_input: samples");
        call(gan_session_set_input, index, samples.data(), batch);
    }
    /** See gan_session_set_input_from(). */
    void set_input_from(int64_t index, const session &from, int64_t output = 0)
    {
        call(gan_session_set_input_from, index, from.get(), output);
    }
    /** See gan_session_forward(). */
    void forward(gan_mode mode) { call(gan_session_forward, mode); }
    /** See gan_session_get_output(). */
    std::vector<float> get_output(int64_t index = 0) const { return copied(gan_session_get_output, outputs_, index); }
    /** Runs input 0 through the model and returns output 0. */
    std::vector<float> run(const std::vector<float> &samples, gan_mode mode = GAN_MODE_SAMPLE)
    {
        set_input(0, samples);
        forward(mode);
        return get_output(0);
    }
    /** See gan_session_set_output_gradient(). */
    void set_output_gradient(int64_t index, const std::vector<float> &gradient)
    {
        copy(gan_session_set_output_gradient, outputs_, index, gradient, "set_output_gradient: gradient");
    }
    /** See gan_session_set_output_gradient_from(). */
    void set_output_gradient_from(int64_t index, const session &from, int64_t from_input = 0)
    {
        call(gan_session_set_output_gradient_from, index, from.get(), from_input);
    }
    /** See gan_session_backward(). */
    void backward(uint64_t what) { call(gan_session_backward, what); }
    /** See gan_session_get_input_gradient(). */
    std::vector<float> get_input_gradient(int64_t index = 0) const
    {
        return copied(gan_session_get_input_gradient, inputs_, index);
    }
    /** See gan_session_set_input_tangent(). */
    void set_input_tangent(int64_t index, const std::vector<float> &tangent)
    {
        copy(gan_session_set_input_tangent, inputs_, index, tangent, "set_input_tangent: tangent");
    }
    /** See gan_session_tangent_forward(). */
    void tangent_forward() { call(gan_session_tangent_forward); }
    /** See gan_session_get_output_tangent(). */
    std::vector<float> get_output_tangent(int64_t index = 0) const
    {
        return copied(gan_session_get_output_tangent, outputs_, index);
    }
    /** See gan_session_set_output_gradient_tangent(). */
    void set_output_gradient_tangent(int64_t index, const std::vector<float> &tangent)
    {
        copy(gan_session_set_output_gradient_tangent, outputs_, index, tangent,
             "set_output_gradient_tangent: tangent");
    }
    /** See gan_session_tangent_backward(). */
    void tangent_backward(uint64_t what) { call(gan_session_tangent_backward, what); }
    /** See gan_session_get_input_gradient_tangent(). */
    std::vector<float> get_input_gradient_tangent(int64_t index = 0) const
    {
        return copied(gan_session_get_input_gradient_tangent, inputs_, index);
    }

  private:
    static int64_t at(const std::vector<int64_t> &elements, int64_t index)
    {
        if (index < 0 || index >= detail::length(elements)) {
            GAN_HPP_THROW(error(GAN_ERROR_ARGUMENT, "index is " + std::to_string(index) + ", but the model has " +
                                                        std::to_string(elements.size())));
        }
        return elements[static_cast<std::size_t>(index)];
    }
    template <typename Function>
    std::vector<float> copied(Function function, const std::vector<int64_t> &elements, int64_t index) const
    {
        std::vector<float> out = detail::floats(batch(), at(elements, index));
        call(function, index, out.data());
        return out;
    }
    template <typename Function>
    void copy(Function function, const std::vector<int64_t> &elements, int64_t index,
              const std::vector<float> &values, const char *name)
    {
        detail::expect_length(values, batch() * at(elements, index), name);
        call(function, index, values.data());
    }
    std::vector<int64_t> inputs_, outputs_; /* elements per sample */
};

/* ---- Losses ------------------------------------------------------------------------------------------------ */

/** A loss and its gradient with respect to its inputs. */
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
inline discriminator_loss_value loss_discriminator(gan_loss loss, float real_target,
                                                   const std::vector<float> &real_logits,
                                                   const std::vector<float> &fake_logits)
{
    discriminator_loss_value out = {0.0, std::vector<float>(real_logits.size()),
                                    std::vector<float>(fake_logits.size())};
    check(gan_loss_discriminator(loss, real_target, real_logits.data(), detail::length(real_logits),
                                 fake_logits.data(), detail::length(fake_logits), &out.value,
                                 out.real_gradient.data(), out.fake_gradient.data()));
    return out;
}

/** See gan_loss_generator(); `real_logits` may be empty, {}, where C takes NULL. */
inline loss_value loss_generator(gan_loss loss, const std::vector<float> &real_logits,
                                 const std::vector<float> &fake_logits)
{
    loss_value out = {0.0, std::vector<float>(fake_logits.size())};
    check(gan_loss_generator(loss, detail::data(real_logits), detail::length(real_logits), fake_logits.data(),
                             detail::length(fake_logits), &out.value, out.gradient.data()));
    return out;
}

namespace detail
{

/* A loss between values and as many others: `function(values, others, sizes..., &value, gradient)`. */
template <typename Other, typename Function, typename... Sizes>
loss_value loss_of(Function function, const std::vector<float> &values, const std::vector<Other> &others,
                   Sizes... sizes)
{
    loss_value out = {0.0, std::vector<float>(values.size())};
    check(function(values.data(), others.data(), sizes..., &out.value, out.gradient.data()));
    return out;
}

} // namespace detail

/** See gan_loss_binary_cross_entropy(). */
inline loss_value loss_binary_cross_entropy(const std::vector<float> &logits, const std::vector<float> &labels)
{
    detail::expect_length(labels, detail::length(logits), "loss_binary_cross_entropy: labels");
    return detail::loss_of(gan_loss_binary_cross_entropy, logits, labels, detail::length(logits));
}

/** See gan_loss_softmax_cross_entropy(); one class number for each row of `classes` logits. */
inline loss_value loss_softmax_cross_entropy(const std::vector<float> &logits, const std::vector<int32_t> &labels,
                                             int64_t classes)
{
    const int64_t rows = detail::batch_of(logits, classes, "loss_softmax_cross_entropy: logits");
    detail::expect_length(labels, rows, "loss_softmax_cross_entropy: labels");
    return detail::loss_of(gan_loss_softmax_cross_entropy, logits, labels, rows, classes);
}

/** See gan_loss_l1(). */
inline loss_value loss_l1(const std::vector<float> &a, const std::vector<float> &b)
{
    detail::expect_length(b, detail::length(a), "loss_l1: b");
    return detail::loss_of(gan_loss_l1, a, b, detail::length(a));
}

/** See gan_loss_l2(). */
inline loss_value loss_l2(const std::vector<float> &a, const std::vector<float> &b)
{
    detail::expect_length(b, detail::length(a), "loss_l2: b");
    return detail::loss_of(gan_loss_l2, a, b, detail::length(a));
}

/** See gan_loss_smooth_l1(). */
inline loss_value loss_smooth_l1(const std::vector<float> &a, const std::vector<float> &b,
                                 gan_smooth_l1_options options = {})
{
    detail::expect_length(b, detail::length(a), "loss_smooth_l1: b");
    return detail::loss_of(gan_loss_smooth_l1, a, b, detail::length(a), detail::sized(options));
}

/** A divergence of normal distributions and its gradients with respect to their parameters. */
struct gaussian_kl_value {
    double value;                             /**< mean over the rows */
    std::vector<float> mean_gradient;         /**< one for each mean */
    std::vector<float> log_variance_gradient; /**< one for each logarithm of a variance */
};

/** See gan_loss_gaussian_kl(); `size` values in each row. */
inline gaussian_kl_value loss_gaussian_kl(const std::vector<float> &mean, const std::vector<float> &log_variance,
                                          int64_t size)
{
    const int64_t rows = detail::batch_of(mean, size, "loss_gaussian_kl: mean");
    detail::expect_length(log_variance, detail::length(mean), "loss_gaussian_kl: log_variance");
    gaussian_kl_value out = {0.0, std::vector<float>(mean.size()), std::vector<float>(mean.size())};
    check(gan_loss_gaussian_kl(mean.data(), log_variance.data(), rows, size, &out.value, out.mean_gradient.data(),
                               out.log_variance_gradient.data()));
    return out;
}

/** A distance of features and its gradients with respect to both sets. */
struct feature_matching_value {
    double value;                     /**< of the means over the rows */
    std::vector<float> real_gradient; /**< one for each feature of a real sample */
    std::vector<float> fake_gradient; /**< one for each feature of a generated sample */
};

/** See gan_loss_feature_matching(); `size` features in each row. */
inline feature_matching_value loss_feature_matching(const std::vector<float> &real, const std::vector<float> &fake,
                                                    int64_t size)
{
    const int64_t real_rows = detail::batch_of(real, size, "loss_feature_matching: real"),
                  fake_rows = detail::batch_of(fake, size, "loss_feature_matching: fake");
    feature_matching_value out = {0.0, std::vector<float>(real.size()), std::vector<float>(fake.size())};
    check(gan_loss_feature_matching(real.data(), fake.data(), real_rows, fake_rows, size, &out.value,
                                    out.real_gradient.data(), out.fake_gradient.data()));
    return out;
}

/** See gan_loss_entropy(); `classes` logits in each row. */
inline loss_value loss_entropy(const std::vector<float> &logits, int64_t classes)
{
    const int64_t rows = detail::batch_of(logits, classes, "loss_entropy: logits");
    loss_value out = {0.0, std::vector<float>(logits.size())};
    check(gan_loss_entropy(logits.data(), rows, classes, &out.value, out.gradient.data()));
    return out;
}

/* ---- Regularisers ------------------------------------------------------------------------------------------ */

/** Adds the gradient of a penalty to the model's gradients; returns the penalty. See gan_gradient_penalty(). */
inline double gradient_penalty(session &discriminator, gan_penalty penalty, float coefficient)
{
    return detail::result<double>(gan_gradient_penalty, discriminator.get(), penalty, coefficient);
}

/** See gan_penalty_interpolate(). */
inline std::vector<float> penalty_interpolate(random_numbers &random, const std::vector<float> &real,
                                              const std::vector<float> &fake, int64_t batch)
{
    std::vector<float> out(real.size());
    detail::expect_length(fake, detail::length(real), "penalty_interpolate: fake");
    const int64_t size = detail::batch_of(real, batch, "penalty_interpolate: real");
    check(gan_penalty_interpolate(random.get(), real.data(), fake.data(), batch, size, out.data()));
    return out;
}

/** See gan_penalty_perturb(). */
inline std::vector<float> penalty_perturb(random_numbers &random, const std::vector<float> &real, int64_t batch)
{
    std::vector<float> out(real.size());
    const int64_t size = detail::batch_of(real, batch, "penalty_perturb: real");
    check(gan_penalty_perturb(random.get(), real.data(), batch, size, out.data()));
    return out;
}

/** See gan_augment(). */
inline std::vector<float> augment(const context &context, uint64_t kinds, const shape &image, gan_random_state state,
                                  const std::vector<float> &samples)
{
    std::vector<float> out(samples.size());
    const int64_t batch = detail::batch_of(samples, image.count(), "augment: samples");
    check(gan_augment(context.get(), kinds, image, state, batch, samples.data(), out.data()));
    return out;
}

/** See gan_augment_backward(). */
inline std::vector<float> augment_backward(const context &context, uint64_t kinds, const shape &image,
                                           gan_random_state state, const std::vector<float> &gradient)
{
    std::vector<float> out(gradient.size());
    const int64_t batch = detail::batch_of(gradient, image.count(), "augment_backward: gradient");
    check(gan_augment_backward(context.get(), kinds, image, state, batch, gradient.data(), out.data()));
    return out;
}

/** Earlier samples of a generator; see ::gan_image_pool. */
class image_pool : public handle<gan_image_pool, gan_image_pool_destroy>
{
  public:
    /** See gan_image_pool_create(). */
    image_pool(const context &context, const shape &sample, gan_image_pool_options options = {})
        : handle(detail::result<gan_image_pool *>(gan_image_pool_create, context.get(),
                                                  static_cast<const gan_shape &>(sample), detail::sized(options))),
          elements_(sample.count())
    {
    }
    /** See gan_image_pool_query(). */
    std::vector<float> query(const std::vector<float> &samples)
    {
        std::vector<float> out(samples.size());
        const int64_t batch = detail::batch_of(samples, elements_, "image_pool::query: samples");
        call(gan_image_pool_query, samples.data(), batch, out.data());
        return out;
    }

  private:
    int64_t elements_; /* of a sample */
};

/** See gan_instance_noise(). */
inline std::vector<float> instance_noise(random_numbers &random, float deviation, const std::vector<float> &samples,
                                         int64_t batch)
{
    std::vector<float> out(samples.size());
    const int64_t size = detail::batch_of(samples, batch, "instance_noise: samples");
    check(gan_instance_noise(random.get(), deviation, samples.data(), batch, size, out.data()));
    return out;
}

/* ---- Optimizers -------------------------------------------------------------------------------------------- */

/** State for the parameters of one or more models; see ::gan_optimizer. It keeps them alive. */
class optimizer : public handle<gan_optimizer, gan_optimizer_destroy>
{
  public:
    /** See gan_optimizer_create(). */
    explicit optimizer(model &model, gan_optimizer_options options = {})
        : handle(detail::result<gan_optimizer *>(gan_optimizer_create, model.get(), detail::sized(options)))
    {
    }
    /** See gan_optimizer_add_model(). */
    void add_model(model &model) { call(gan_optimizer_add_model, model.get()); }
    /** One step on the models' gradients; returns their norm before clipping. */
    double step() { return ask<double>(gan_optimizer_step); }
    /** See gan_optimizer_steps(). */
    int64_t steps() const noexcept { return gan_optimizer_steps(get()); }
    /** See gan_optimizer_learning_rate(). */
    double learning_rate() const noexcept { return gan_optimizer_learning_rate(get()); }
    /** See gan_optimizer_set_learning_rate(). */
    void set_learning_rate(float rate) { call(gan_optimizer_set_learning_rate, rate); }
};

/* ---- Datasets ---------------------------------------------------------------------------------------------- */

/** Samples from a dataset, and their labels if it has any. */
struct samples {
    std::vector<float> values;   /**< count * elements of the dataset's shape */
    std::vector<int32_t> labels; /**< one per sample, or empty */
    int64_t count;               /**< number of samples */
};

/** A field of dataset::from_arrays(); see ::gan_array_field. */
struct array_field {
    std::string name;          /**< not empty; another one for each field */
    std::vector<float> values; /**< of all samples */
    gan::shape shape = {1};    /**< of one sample */
    int64_t classes = 0;       /**< of a class label; else 0 */
};

/** A field of dataset::from_callback(); see ::gan_callback_field. */
struct callback_field {
    std::string name;       /**< not empty; another one for each field */
    gan::shape shape = {1}; /**< of one sample */
    int64_t classes = 0;    /**< of a class label; else 0 */
};

/** Samples from a dataset, an array for each of its fields in order. */
struct batch {
    std::vector<std::vector<float>> fields; /**< count * elements of each field's shape; empty if skipped */
    int64_t count;                          /**< number of samples */
};

namespace detail
{

/* What a dataset and all made from it read. */
class origin
{
  public:
    virtual ~origin() = default;
    /* By a callback, perhaps on a thread that reads ahead. */
    void keep_exception() noexcept
    {
        const std::lock_guard<std::mutex> guard(mutex);
        thrown = std::current_exception();
    }
    /* Once the call has returned from C. */
    void rethrow()
    {
        std::unique_lock<std::mutex> guard(mutex);
        const std::exception_ptr kept = std::exchange(thrown, nullptr);
        guard.unlock();
        if (kept) std::rethrow_exception(kept);
    }

  private:
    std::mutex mutex;
    std::exception_ptr thrown;
};

struct arrays_origin : origin {
    std::vector<float> values;
    std::vector<int32_t> labels;
    std::vector<array_field> fields;
};

template <typename Fill> struct callback_origin : origin {
    explicit callback_origin(Fill given) : fill(std::move(given)) {}
    Fill fill;
};

/* A base, so that it outlives the handle. */
struct keeper {
    std::shared_ptr<origin> kept;
};

} // namespace detail

/** Samples with named fields; see ::gan_dataset. */
class dataset : detail::keeper, public handle<gan_dataset, gan_dataset_destroy>
{
  public:
    /** Opens a file of images, and one of labels unless its path is empty; see gan_dataset_open_idx(). */
    static dataset open_idx(const context &context, const std::string &images_path,
                            const std::string &labels_path = {}, gan_dataset_options options = {})
    {
        return dataset(detail::result<gan_dataset *>(gan_dataset_open_idx, context.get(), images_path.c_str(),
                                                     labels_path.empty() ? nullptr : labels_path.c_str(),
                                                     detail::sized(options)));
    }
    /** The same from readers; without labels, `labels` is NULL; see gan_dataset_open_idx_from(). */
    static dataset open_idx_from(const context &context, gan_reader images, const gan_reader *labels = nullptr,
                                 gan_dataset_options options = {})
    {
        return dataset(detail::result<gan_dataset *>(gan_dataset_open_idx_from, context.get(), images, labels,
                                                     detail::sized(options)));
    }
    /** Opens a folder of PNG and JPEG files; see gan_dataset_open_folder(). */
    static dataset open_folder(const context &context, const std::string &path, gan_folder_options folder,
                               gan_dataset_options options = {})
    {
        return dataset(detail::result<gan_dataset *>(gan_dataset_open_folder, context.get(), path.c_str(),
                                                     detail::sized(folder), detail::sized(options)));
    }
    /** Opens NumPy files, one for each field; see gan_dataset_open_npy(). */
    static dataset open_npy(const context &context, const std::vector<gan_npy_field> &fields,
                            gan_dataset_options options = {})
    {
        return dataset(detail::result<gan_dataset *>(gan_dataset_open_npy, context.get(), detail::length(fields),
                                                     detail::data(fields), detail::sized(options)));
    }
    /** The same from readers, one for each field, whose path is nullptr; see gan_dataset_open_npy_from(). */
    static dataset open_npy_from(const context &context, const std::vector<gan_npy_field> &fields,
                                 const std::vector<gan_reader> &readers, gan_dataset_options options = {})
    {
        detail::expect_length(readers, detail::length(fields), "open_npy_from: readers");
        return dataset(detail::result<gan_dataset *>(gan_dataset_open_npy_from, context.get(), detail::length(fields),
                                                     detail::data(fields), detail::data(readers),
                                                     detail::sized(options)));
    }
    /** Opens a table, a field for each column; see gan_dataset_open_csv(). */
    static dataset open_csv(const context &context, const std::string &path, gan_dataset_options options = {})
    {
        return dataset(
            detail::result<gan_dataset *>(gan_dataset_open_csv, context.get(), path.c_str(), detail::sized(options)));
    }
    /** The same from a reader; see gan_dataset_open_csv_from(). */
    static dataset open_csv_from(const context &context, gan_reader reader, gan_dataset_options options = {})
    {
        return dataset(
            detail::result<gan_dataset *>(gan_dataset_open_csv_from, context.get(), reader, detail::sized(options)));
    }
    /** Takes ownership of samples in memory, with one class number per sample unless `labels` is empty. */
    static dataset from_array(const context &context, const shape &sample, std::vector<float> values,
                              std::vector<int32_t> labels = {}, gan_dataset_options options = {})
    {
        const int64_t count = detail::batch_of(values, sample.count(), "from_array: values");
        if (!labels.empty()) detail::expect_length(labels, count, "from_array: labels");
        auto kept = std::make_shared<detail::arrays_origin>();
        kept->values = std::move(values);
        kept->labels = std::move(labels);
        gan_dataset *made = detail::result<gan_dataset *>(gan_dataset_from_array, context.get(), kept->values.data(),
                                                          detail::data(kept->labels), count, gan_shape(sample),
                                                          detail::sized(options));
        return dataset(made, std::move(kept));
    }
    /** Takes ownership of fields in memory, all with the same number of samples; see gan_dataset_from_arrays(). */
    static dataset from_arrays(const context &context, std::vector<array_field> fields,
                               gan_dataset_options options = {})
    {
        auto kept = std::make_shared<detail::arrays_origin>();
        kept->fields = std::move(fields);
        std::vector<gan_array_field> described;
        described.reserve(kept->fields.size());
        int64_t count = 0;
        for (const array_field &field : kept->fields) {
            const int64_t in_field = detail::batch_of(field.values, field.shape.count(), "from_arrays: a field");
            if (described.empty()) count = in_field;
            if (in_field != count) {
                GAN_HPP_THROW(error(GAN_ERROR_SHAPE, "from_arrays: field '" + field.name + "' has " +
                                                         std::to_string(in_field) + " samples, expected " +
                                                         std::to_string(count)));
            }
            described.push_back({field.name.c_str(), field.values.data(), field.shape, field.classes});
        }
        gan_dataset *made =
            detail::result<gan_dataset *>(gan_dataset_from_arrays, context.get(), count, detail::length(described),
                                          described.data(), detail::sized(options));
        return dataset(made, std::move(kept));
    }
    /**
     * `count` samples that `fill(numbers, count, fields)` provides, with the arguments of ::gan_fill_fn. It is moved
     * into the dataset. An exception from it ends the call that reads with ::GAN_ERROR_CANCELLED, and is rethrown by
     * this class and by trainer::run(). See gan_dataset_from_callback().
     */
    template <typename Fill>
    static dataset from_callback(const context &context, int64_t count, const std::vector<callback_field> &fields,
                                 Fill fill, gan_dataset_options options = {})
    {
        auto kept = std::make_shared<detail::callback_origin<Fill>>(std::move(fill));
        std::vector<gan_callback_field> described;
        described.reserve(fields.size());
        for (const callback_field &field : fields)
            described.push_back({field.name.c_str(), field.shape, field.classes});
        const gan_fill_fn call_fill = [](void *user, const int64_t *numbers, int64_t samples,
                                         float *const *to) noexcept -> gan_status {
            auto &callback = *static_cast<detail::callback_origin<Fill> *>(user);
            GAN_HPP_TRY
            {
                callback.fill(numbers, samples, to);
                return GAN_OK;
            }
            GAN_HPP_CATCH
            {
                callback.keep_exception(); /* must not pass through C */
                return GAN_ERROR_CANCELLED;
            }
        };
        gan_dataset *made = detail::result<gan_dataset *>(
            gan_dataset_from_callback, context.get(), count, detail::length(described), detail::data(described),
            call_fill, static_cast<void *>(kept.get()), detail::sized(options));
        return dataset(made, std::move(kept));
    }
    /** Takes ownership of another dataset, with its samples and cursor. */
    dataset(dataset &&) noexcept = default;
    /** Releases this dataset and takes ownership of another. */
    dataset &operator=(dataset &&other) noexcept
    {
        handle::operator=(static_cast<handle &&>(other)); /* first, since it reads what is kept */
        keeper::operator=(static_cast<keeper &&>(other));
        return *this;
    }

    /** The samples with these numbers, with a cursor of their own; see gan_dataset_subset(). */
    dataset subset(const std::vector<int64_t> &numbers, gan_dataset_options options = {}) const
    {
        return dataset(detail::result<gan_dataset *>(gan_dataset_subset, get(), detail::length(numbers),
                                                     detail::data(numbers), detail::sized(options)),
                       kept);
    }
    /** Samples chosen at random, and the others; see gan_dataset_split(). */
    std::pair<dataset, dataset> split(gan_split_options options) const
    {
        gan_dataset *chosen = nullptr, *rest = nullptr;
        completed(gan_dataset_split(get(), detail::sized(options), &chosen, &rest));
        return {dataset(chosen, kept), dataset(rest, kept)};
    }

    /** See gan_dataset_count(). */
    int64_t count() const noexcept { return gan_dataset_count(get()); }
    /** See gan_dataset_get_shape(). */
    shape get_shape() const { return ask<gan_shape>(gan_dataset_get_shape); }
    /** See gan_dataset_classes(). */
    int64_t classes() const noexcept { return gan_dataset_classes(get()); }
    /** See gan_dataset_field_count(). */
    int64_t field_count() const noexcept { return gan_dataset_field_count(get()); }
    /** See gan_dataset_get_field(). */
    gan_field_info get_field(int64_t index) const
    {
        return detail::report<gan_field_info>(gan_dataset_get_field, get(), index);
    }
    /** See gan_dataset_find_field(). */
    int64_t find_field(const std::string &name) const noexcept { return gan_dataset_find_field(get(), name.c_str()); }
    /** See gan_dataset_get_class_name(). */
    std::string get_class_name(int64_t field, int64_t class_number) const
    {
        return ask<const char *>(gan_dataset_get_class_name, field, class_number);
    }
    /** The numbers of all samples in their source; see gan_dataset_get_numbers(). */
    std::vector<int64_t> get_numbers() const
    {
        std::vector<int64_t> out(static_cast<std::size_t>(count()));
        call(gan_dataset_get_numbers, int64_t(0), count(), out.data());
        return out;
    }
    /** The next batch: up to `batch` samples, fewer at an epoch's end; see gan_dataset_next(). */
    samples next(int64_t batch)
    {
        samples out = room_for(batch);
        completed(gan_dataset_next(get(), batch, out.values.data(), out.labels.empty() ? nullptr : out.labels.data(),
                                   &out.count));
        out.values.resize(static_cast<std::size_t>(out.count * get_shape().count()));
        if (!out.labels.empty()) out.labels.resize(static_cast<std::size_t>(out.count));
        return out;
    }
    /** See gan_dataset_read(). */
    samples read(int64_t first, int64_t count)
    {
        samples out = room_for(count);
        completed(gan_dataset_read(get(), first, count, out.values.data(),
                                   out.labels.empty() ? nullptr : out.labels.data()));
        return out;
    }
    /** The next batch, all fields but those whose index is in `skip`; see gan_dataset_next_fields(). */
    gan::batch next_fields(int64_t batch, const std::vector<int64_t> &skip = {})
    {
        gan::batch out = {room_for_fields(batch, skip), 0};
        completed(gan_dataset_next_fields(get(), batch, places(out).data(), &out.count));
        for (std::size_t f = 0; f < out.fields.size(); f++) {
            if (!out.fields[f].empty()) out.fields[f].resize(static_cast<std::size_t>(out.count * elements(f)));
        }
        return out;
    }
    /** See gan_dataset_read_fields(). */
    gan::batch read_fields(int64_t first, int64_t count, const std::vector<int64_t> &skip = {})
    {
        gan::batch out = {room_for_fields(count, skip), count};
        completed(gan_dataset_read_fields(get(), first, count, places(out).data()));
        return out;
    }
    /** See gan_dataset_get_cursor(). */
    gan_dataset_cursor get_cursor() const { return ask<gan_dataset_cursor>(gan_dataset_get_cursor); }
    /** See gan_dataset_set_cursor(). */
    void set_cursor(gan_dataset_cursor cursor) { call(gan_dataset_set_cursor, cursor); }
    /** Rethrows, once, what a callback has thrown; for calls of the C API that have read this dataset. */
    void rethrow() const
    {
        if (kept) kept->rethrow();
    }

  private:
    friend class game;
    explicit dataset(gan_dataset *owned, std::shared_ptr<detail::origin> origin = {}) noexcept
        : keeper{std::move(origin)}, handle(owned)
    {
    }
    /* After a call that has read samples. */
    void completed(gan_status status) const
    {
        if (status == GAN_ERROR_CANCELLED) rethrow();
        check(status);
    }
    samples room_for(int64_t count) const
    {
        std::vector<float> room = detail::floats(count, get_shape().count());
        return {std::move(room), std::vector<int32_t>(static_cast<std::size_t>(classes() > 0 ? count : 0)), count};
    }
    int64_t elements(std::size_t field) const
    {
        return gan_shape_count(get_field(static_cast<int64_t>(field)).shape);
    }
    std::vector<std::vector<float>> room_for_fields(int64_t count, const std::vector<int64_t> &skip) const
    {
        std::vector<std::vector<float>> out(static_cast<std::size_t>(field_count()));
        for (std::size_t f = 0; f < out.size(); f++) {
            if (std::find(skip.begin(), skip.end(), static_cast<int64_t>(f)) == skip.end()) {
                out[f] = detail::floats(count, elements(f));
            }
        }
        return out;
    }
    static std::vector<float *> places(gan::batch &batch)
    {
        std::vector<float *> out;
        out.reserve(batch.fields.size());
        for (std::vector<float> &field : batch.fields) out.push_back(field.empty() ? nullptr : field.data());
        return out;
    }
};

/* ---- Checkpoints ------------------------------------------------------------------------------------------- */

/* ---- Trainers ---------------------------------------------------------------------------------------------- */

namespace detail
{

/* The user of a run whose progress is a function of C++. What that throws must not pass through C: it cancels the
 * run, and is rethrown afterwards. */
template <typename Progress> struct progress_call {
    std::remove_reference_t<Progress> &progress;
    std::exception_ptr thrown;

    template <typename Handle, typename Report> static int run(void *user, Handle *, const Report *report) noexcept
    {
        auto &call = *static_cast<progress_call *>(user);
        GAN_HPP_TRY
        {
            if constexpr (std::is_void_v<decltype(call.progress(*report))>) {
                call.progress(*report);
                return 0;
            } else {
                return call.progress(*report) ? 1 : 0;
            }
        }
        GAN_HPP_CATCH
        {
            call.thrown = std::current_exception();
            return 1;
        }
    }
    void rethrow() const
    {
        if (thrown) std::rethrow_exception(thrown);
    }
};

} // namespace detail

/** Two models trained against each other; see ::gan_trainer. It keeps both alive. */
class trainer : public handle<gan_trainer, gan_trainer_destroy>
{
  public:
    /** See gan_trainer_create(). */
    trainer(const context &context, model &generator, model &discriminator, gan_trainer_options options = {})
        : handle(detail::result<gan_trainer *>(gan_trainer_create, context.get(), generator.get(),
                                               discriminator.get(), detail::sized(options))),
          sample_elements_(generator.get_output_shape().count()),
          batches_(std::max<int64_t>(options.discriminator_steps, 1))
    {
    }
    /** Takes one step on real samples, one batch per discriminator update; see gan_trainer_step(). */
    gan_step_report step(const std::vector<float> &samples)
    {
        const int64_t batch = detail::batch_of(samples, sample_elements_ * batches_, "step: samples");
        return detail::report<gan_step_report>(gan_trainer_step, get(), samples.data(), batch);
    }
    /**
     * Goes on with a step for so many microseconds; the report, once it is done. Until then, each call needs the same
     * vector. See gan_trainer_step_some().
     */
    std::optional<gan_step_report> step_some(const std::vector<float> &samples, int64_t microseconds)
    {
        const int64_t batch = detail::batch_of(samples, sample_elements_ * batches_, "step_some: samples");
        return detail::report_when_done<gan_step_report>(gan_trainer_step_some, get(), samples.data(), batch,
                                                         microseconds);
    }
    /**
     * Trains until the first limit is reached, and returns true; false if the C callback or cancel() ended it. See
     * gan_trainer_run().
     */
    bool run(dataset &dataset, gan_run_options options = {})
    {
        const gan_status status = gan_trainer_run(get(), dataset.get(), detail::sized(options));
        if (status != GAN_OK) dataset.rethrow();
        return completed(status);
    }
    /**
     * The same, calling `progress(report)` after each step, with a const ::gan_step_report &, in place of the C
     * callback. If it returns a value, true cancels. An exception from it also cancels, and is rethrown once the run
     * has ended; all handles stay valid, as after any cancelled run.
     */
    template <typename Progress> bool run(dataset &dataset, gan_run_options options, Progress &&progress)
    {
        detail::progress_call<Progress> told = {progress, nullptr};
        options.user = &told;
        options.progress = &detail::progress_call<Progress>::template run<gan_trainer, gan_step_report>;
        const gan_status status = gan_trainer_run(get(), dataset.get(), detail::sized(options));
        told.rethrow();
        if (status != GAN_OK) dataset.rethrow();
        return completed(status);
    }
    /** See gan_trainer_cancel(). */
    void cancel() noexcept { gan_trainer_cancel(get()); }
    /** See gan_trainer_sample(). */
    std::vector<float> sample(gan_sample_options options, int64_t count)
    {
        std::vector<float> out = detail::floats(count, sample_elements_);
        call(gan_trainer_sample, detail::sized(options), count, out.data());
        return out;
    }
    /** A copy of the generator's average; see gan_trainer_get_average(). */
    model get_average() const
    {
        return model(detail::result<gan_model *>(gan_model_clone, ask<gan_model *>(gan_trainer_get_average)));
    }
    /** The optimizer of a player, which the trainer owns; see gan_trainer_get_optimizer(). */
    gan_optimizer *get_optimizer(gan_role role) const
    {
        return ask<gan_optimizer *>(gan_trainer_get_optimizer, role);
    }
    /** A copy of the generator or its average, from any thread; see gan_trainer_snapshot(). */
    model snapshot() const { return model(ask<gan_model *>(gan_trainer_snapshot)); }
    /** See gan_trainer_diagnoses(). */
    uint64_t diagnoses() const noexcept { return gan_trainer_diagnoses(get()); }
    /** See gan_trainer_layer_count(). */
    int64_t layer_count(gan_role role) const noexcept { return gan_trainer_layer_count(get(), role); }
    /** See gan_trainer_get_layer_report(). */
    gan_layer_report get_layer_report(gan_role role, int64_t index) const
    {
        return detail::report<gan_layer_report>(gan_trainer_get_layer_report, get(), role, index);
    }
    /** See gan_trainer_steps(). */
    int64_t steps() const noexcept { return gan_trainer_steps(get()); }
    /** Writes everything needed to resume training except a dataset's cursor; see gan_trainer_save(). */
    void save(const std::string &path) const { call(gan_trainer_save, nullptr, path.c_str()); }
    /** The same with the cursor of a dataset. */
    void save(const std::string &path, const dataset &dataset) const
    {
        call(gan_trainer_save, dataset.get(), path.c_str());
    }
    /** See gan_trainer_save_to(). */
    void save_to(gan_writer writer) const { call(gan_trainer_save_to, nullptr, writer); }
    /** The same with the cursor of a dataset. */
    void save_to(gan_writer writer, const dataset &dataset) const
    {
        call(gan_trainer_save_to, dataset.get(), writer);
    }
    /** See gan_trainer_load(). */
    void load(const std::string &path) { call(gan_trainer_load, nullptr, path.c_str()); }
    /** The same with the cursor of a dataset, which must be in the file. */
    void load(const std::string &path, dataset &dataset) { call(gan_trainer_load, dataset.get(), path.c_str()); }
    /** See gan_trainer_load_from(). */
    void load_from(gan_reader reader) { call(gan_trainer_load_from, nullptr, reader); }
    /** The same with the cursor of a dataset. */
    void load_from(gan_reader reader, dataset &dataset) { call(gan_trainer_load_from, dataset.get(), reader); }

  private:
    static bool completed(gan_status status)
    {
        if (status != GAN_ERROR_CANCELLED) check(status);
        return status == GAN_OK;
    }
    int64_t sample_elements_, batches_; /* values per sample, batches per step */
};

/* ---- Games ------------------------------------------------------------------------------------------------- */

/** See ::gan_term: copy it freely. */
using term = gan_term;
/** See ::gan_player: copy it freely. */
using player = gan_player;

/** See gan_game_output(). */
inline term output(term application, int64_t index)
{
    return gan_game_output(application, index);
}
/** See gan_game_show(). */
inline term show(term samples, gan_show_options options)
{
    return gan_game_show(samples, detail::sized(options));
}
/** See gan_game_between(). */
inline term between(term real, term fake)
{
    return gan_game_between(real, fake);
}
/** See gan_game_around(). */
inline term around(term real)
{
    return gan_game_around(real);
}
/** See gan_game_pool(). */
inline term pool(term samples, int64_t size = 0)
{
    return gan_game_pool(samples, size);
}
/** See gan_term_named(). */
inline term named(term what, const std::string &name)
{
    return gan_term_named(what, name.c_str());
}
/** `count` values of a term; see gan_term_get_value(). */
inline std::vector<float> get_value(term what, int64_t count)
{
    std::vector<float> out = detail::floats(count);
    check(gan_term_get_value(what, out.data(), count));
    return out;
}

/** See gan_discriminator_loss(). */
inline term discriminator_loss(gan_loss loss, term real_logits, term fake_logits,
                               gan_discriminator_loss_options options = {})
{
    return gan_discriminator_loss(loss, real_logits, fake_logits, detail::sized(options));
}
/** See gan_generator_loss(). */
inline term generator_loss(gan_loss loss, term real_logits, term fake_logits)
{
    return gan_generator_loss(loss, real_logits, fake_logits);
}
/** See gan_binary_cross_entropy_loss(). */
inline term binary_cross_entropy_loss(term logits, term targets)
{
    return gan_binary_cross_entropy_loss(logits, targets);
}
/** See gan_softmax_cross_entropy_loss(). */
inline term softmax_cross_entropy_loss(term logits, term classes)
{
    return gan_softmax_cross_entropy_loss(logits, classes);
}
/** See gan_l1_loss(). */
inline term l1_loss(term a, term b)
{
    return gan_l1_loss(a, b);
}
/** See gan_l2_loss(). */
inline term l2_loss(term a, term b)
{
    return gan_l2_loss(a, b);
}
/** See gan_smooth_l1_loss(). */
inline term smooth_l1_loss(term a, term b)
{
    return gan_smooth_l1_loss(a, b);
}
/** See gan_gaussian_kl_loss(). */
inline term gaussian_kl_loss(term mean, term log_variance)
{
    return gan_gaussian_kl_loss(mean, log_variance);
}
/** See gan_feature_matching_loss(). */
inline term feature_matching_loss(term real, term fake)
{
    return gan_feature_matching_loss(real, fake);
}
/** See gan_entropy_loss(). */
inline term entropy_loss(term logits)
{
    return gan_entropy_loss(logits);
}
/** See gan_mean_loss(). */
inline term mean_loss(term what)
{
    return gan_mean_loss(what);
}
/** See gan_gradient_penalty_loss(). */
inline term gradient_penalty_loss(term application, gan_penalty penalty)
{
    return gan_gradient_penalty_loss(application, penalty);
}

/** Models trained with and against each other. Failures while it is described are thrown by build(). */
class game : public handle<gan_game, gan_game_destroy>
{
  public:
    /** See gan_game_create(). */
    explicit game(const context &context, gan_game_options options = {})
        : handle(detail::result<gan_game *>(gan_game_create, context.get(), detail::sized(options)))
    {
    }
    /** See gan_game_input(). */
    term input(const std::string &name, const shape &shape)
    {
        inputs_++;
        return gan_game_input(get(), name.c_str(), shape);
    }
    /** See gan_game_noise(). */
    term noise(const std::string &name, const shape &shape, gan_noise noise = GAN_NOISE_NORMAL)
    {
        return gan_game_noise(get(), name.c_str(), shape, noise);
    }
    /** See gan_game_classes(). */
    term classes(const std::string &name, int64_t classes) { return gan_game_classes(get(), name.c_str(), classes); }
    /** See gan_game_constant(). */
    term constant(const shape &shape, float value) { return gan_game_constant(get(), shape, value); }
    /** apply(model, {map, fake}); see gan_game_apply(). */
    term apply(model &model, std::initializer_list<term> terms)
    {
        return gan_game_apply(get(), model.get(), detail::length(terms), terms.begin());
    }
    /** See gan_game_player(). */
    player add_player(const std::string &name, model &model, gan_player_options options = {})
    {
        return gan_game_player(get(), name.c_str(), model.get(), detail::sized(options));
    }
    /** See gan_player_add_model(). */
    void add_model(player who, const std::string &name, model &model)
    {
        (void)gan_player_add_model(who, name.c_str(), model.get());
    }
    /** See gan_game_want(). */
    void want(player who, float weight, term loss) { (void)gan_game_want(get(), who, weight, loss); }
    /** See gan_game_want_by(). */
    void want(player who, float weight, term loss, gan_want_options options)
    {
        (void)gan_game_want_by(get(), who, weight, loss, detail::sized(options));
    }
    /** See gan_game_build(). */
    void build() { call(gan_game_build); }

    /** Plays a round on an array for each input, in order, of `batch` samples; see gan_game_round(). */
    gan_round_report round(const std::vector<const float *> &inputs, int64_t batch)
    {
        detail::expect_length(inputs, inputs_, "inputs");
        return detail::report<gan_round_report>(gan_game_round, get(), inputs.data(), batch);
    }
    /** Goes on with a round for so many microseconds; the report, once it is done. See gan_game_round_some(). */
    std::optional<gan_round_report> round_some(const std::vector<const float *> &inputs, int64_t batch,
                                               int64_t microseconds)
    {
        detail::expect_length(inputs, inputs_, "inputs");
        return detail::report_when_done<gan_round_report>(gan_game_round_some, get(), inputs.data(), batch,
                                                          microseconds);
    }
    /** Feeds an input from a field of a dataset, which must outlive the game's use of it; see gan_game_feed(). */
    void feed(term input, dataset &dataset, const std::string &field)
    {
        call(gan_game_feed, input, dataset.get(), field.c_str());
        for (feeding &earlier : fed_) {
            if (earlier.input == input.index) {
                earlier.from = dataset.kept;
                return;
            }
        }
        fed_.push_back({input.index, dataset.kept});
    }
    /** Plays until the first limit is reached, and returns true; false if cancelled. See gan_game_run(). */
    bool run(gan_game_run_options options = {}) { return completed(gan_game_run(get(), detail::sized(options))); }
    /** The same, calling `progress(report)` after each round, as trainer::run() does. */
    template <typename Progress> bool run(gan_game_run_options options, Progress &&progress)
    {
        detail::progress_call<Progress> told = {progress, nullptr};
        options.user = &told;
        options.progress = &detail::progress_call<Progress>::template run<gan_game, gan_round_report>;
        const gan_status status = gan_game_run(get(), detail::sized(options));
        told.rethrow();
        return completed(status);
    }
    /** See gan_game_cancel(). */
    void cancel() noexcept { gan_game_cancel(get()); }
    /** See gan_game_rounds(). */
    int64_t rounds() const noexcept { return gan_game_rounds(get()); }
    /** See gan_game_want_count(). */
    int64_t want_count() const noexcept { return gan_game_want_count(get()); }
    /** See gan_game_want_name(). */
    std::string want_name(int64_t index) const { return gan_game_want_name(get(), index); }
    /** See gan_game_player_count(). */
    int64_t player_count() const noexcept { return gan_game_player_count(get()); }
    /** See gan_game_player_name(). */
    std::string player_name(int64_t index) const { return gan_game_player_name(get(), index); }
    /** A copy of the average of a player's model; see gan_player_get_average(). */
    static model get_average(player who, int64_t index = 0)
    {
        gan_model *average = nullptr;
        check(gan_player_get_average(who, index, &average));
        return model(detail::result<gan_model *>(gan_model_clone, average));
    }
    /** A copy of a player's model or its average, from any thread; see gan_player_snapshot(). */
    static model snapshot(player who, int64_t index = 0)
    {
        return model(detail::result<gan_model *>(gan_player_snapshot, who, index));
    }
    /** The optimizer of a player, which the game owns; see gan_player_get_optimizer(). */
    static gan_optimizer *get_optimizer(player who)
    {
        return detail::result<gan_optimizer *>(gan_player_get_optimizer, who);
    }
    /** See gan_game_save(). */
    void save(const std::string &path) const { call(gan_game_save, path.c_str()); }
    /** See gan_game_save_to(). */
    void save_to(gan_writer writer) const { call(gan_game_save_to, writer); }
    /** See gan_game_load(). */
    void load(const std::string &path) { call(gan_game_load, path.c_str()); }
    /** See gan_game_load_from(). */
    void load_from(gan_reader reader) { call(gan_game_load_from, reader); }

  private:
    bool completed(gan_status status) const
    {
        if (status != GAN_OK) {
            for (const feeding &each : fed_) {
                if (each.from) each.from->rethrow();
            }
        }
        if (status == GAN_ERROR_CANCELLED) return false;
        check(status);
        return true;
    }
    /* What a fed dataset reads, wherever the dataset itself has been moved since. */
    struct feeding {
        int64_t input;
        std::shared_ptr<detail::origin> from;
    };
    std::vector<feeding> fed_;
    int64_t inputs_ = 0;
};

/* ---- Metrics ----------------------------------------------------------------------------------------------- */

/** A repeated measurement. */
struct metric_value {
    double mean;      /**< over all repetitions */
    double deviation; /**< standard deviation of a single one */
};

/** How much of the generated samples looks real, and how much of the real ones is generated. */
struct precision_recall {
    double precision; /**< share of generated samples in the manifold of the real ones */
    double recall;    /**< share of real samples in the manifold of the generated ones */
};

/** See gan_metric_frechet_distance(). */
inline double metric_frechet_distance(const context &context, const std::vector<float> &real,
                                      const std::vector<float> &fake, int64_t dimensions)
{
    const int64_t real_count = detail::batch_of(real, dimensions, "metric_frechet_distance: real");
    const int64_t fake_count = detail::batch_of(fake, dimensions, "metric_frechet_distance: fake");
    return detail::result<double>(gan_metric_frechet_distance, context.get(), real.data(), real_count, fake.data(),
                                  fake_count, dimensions);
}

/** See gan_metric_kernel_distance(). */
inline metric_value metric_kernel_distance(const context &context, const std::vector<float> &real,
                                           const std::vector<float> &fake, int64_t dimensions,
                                           gan_kernel_distance_options options = {})
{
    const int64_t real_count = detail::batch_of(real, dimensions, "metric_kernel_distance: real");
    const int64_t fake_count = detail::batch_of(fake, dimensions, "metric_kernel_distance: fake");
    metric_value out = {0, 0};
    check(gan_metric_kernel_distance(context.get(), real.data(), real_count, fake.data(), fake_count, dimensions,
                                     detail::sized(options), &out.mean, &out.deviation));
    return out;
}

/** See gan_metric_precision_recall(). */
inline precision_recall metric_precision_recall(const context &context, const std::vector<float> &real,
                                                const std::vector<float> &fake, int64_t dimensions,
                                                gan_precision_recall_options options = {})
{
    const int64_t real_count = detail::batch_of(real, dimensions, "metric_precision_recall: real");
    const int64_t fake_count = detail::batch_of(fake, dimensions, "metric_precision_recall: fake");
    precision_recall out = {0, 0};
    check(gan_metric_precision_recall(context.get(), real.data(), real_count, fake.data(), fake_count, dimensions,
                                      detail::sized(options), &out.precision, &out.recall));
    return out;
}

/** See gan_metric_inception_score(); `classes` probabilities per sample. */
inline metric_value metric_inception_score(const context &context, const std::vector<float> &probabilities,
                                           int64_t classes, gan_inception_score_options options = {})
{
    const int64_t count = detail::batch_of(probabilities, classes, "metric_inception_score: probabilities");
    metric_value out = {0, 0};
    check(gan_metric_inception_score(context.get(), probabilities.data(), count, classes, detail::sized(options),
                                     &out.mean, &out.deviation));
    return out;
}

/** See gan_metric_mode_coverage(); modes are equally frequent in the data unless `proportions` are given. */
inline gan_mode_coverage metric_mode_coverage(const context &context, const std::vector<int32_t> &labels,
                                              int64_t modes, const std::vector<float> &proportions = {})
{
    if (!proportions.empty()) detail::expect_length(proportions, modes, "metric_mode_coverage: proportions");
    return detail::report<gan_mode_coverage>(gan_metric_mode_coverage, context.get(), labels.data(),
                                             detail::length(labels), modes, detail::data(proportions));
}

/** See gan_metric_mixture_quality(). */
inline gan_mixture_quality metric_mixture_quality(const context &context, const std::vector<float> &samples,
                                                  const std::vector<float> &centres, int64_t dimensions,
                                                  float deviation)
{
    const int64_t count = detail::batch_of(samples, dimensions, "metric_mixture_quality: samples");
    const int64_t modes = detail::batch_of(centres, dimensions, "metric_mixture_quality: centres");
    return detail::report<gan_mixture_quality>(gan_metric_mixture_quality, context.get(), samples.data(), count,
                                               centres.data(), modes, dimensions, deviation);
}

/* ---- Files for people and other programs ------------------------------------------------------------------- */

/** See gan_png_write_grid(). */
inline void png_write_grid(const context &context, const std::string &path, const std::vector<float> &images,
                           const shape &image, int64_t columns = 0)
{
    const int64_t count = detail::batch_of(images, image.count(), "png_write_grid: images");
    check(gan_png_write_grid(context.get(), path.c_str(), images.data(), count, image, columns));
}

/** See gan_png_write_grid_to(). */
inline void png_write_grid_to(const context &context, gan_writer writer, const std::vector<float> &images,
                              const shape &image, int64_t columns = 0)
{
    const int64_t count = detail::batch_of(images, image.count(), "png_write_grid_to: images");
    check(gan_png_write_grid_to(context.get(), writer, images.data(), count, image, columns));
}

/** See gan_npy_write(). */
inline void npy_write(const context &context, const std::string &path, const std::vector<float> &values,
                      const shape &sample)
{
    const int64_t count = detail::batch_of(values, sample.count(), "npy_write: values");
    check(gan_npy_write(context.get(), path.c_str(), values.data(), count, sample));
}

/** See gan_npy_write_to(). */
inline void npy_write_to(const context &context, gan_writer writer, const std::vector<float> &values,
                         const shape &sample)
{
    const int64_t count = detail::batch_of(values, sample.count(), "npy_write_to: values");
    check(gan_npy_write_to(context.get(), writer, values.data(), count, sample));
}

/** The history of a training run, one row per step or round; see ::gan_history. */
class history : public handle<gan_history, gan_history_destroy>
{
  public:
    /** A history without rows. */
    explicit history(const context &context)
        : handle(detail::result<gan_history *>(gan_history_create, context.get()))
    {
    }
    /** See gan_history_add(). */
    void add(const gan_step_report &report) { call(gan_history_add, &report); }
    /** See gan_history_add_round(). */
    void add_round(const game &game, const gan_round_report &report)
    {
        call(gan_history_add_round, game.get(), &report);
    }
    /** See gan_history_count(). */
    int64_t count() const noexcept { return gan_history_count(get()); }
    /** See gan_history_truncate(). */
    void truncate(int64_t last_step) { call(gan_history_truncate, last_step); }
    /** See gan_history_write_csv(). */
    void write_csv(const std::string &path) const { call(gan_history_write_csv, path.c_str()); }
    /** See gan_history_write_csv_to(). */
    void write_csv_to(gan_writer writer) const { call(gan_history_write_csv_to, writer); }
    /** See gan_history_read_csv(). */
    void read_csv(const std::string &path) { call(gan_history_read_csv, path.c_str()); }
    /** See gan_history_read_csv_from(). */
    void read_csv_from(gan_reader reader) { call(gan_history_read_csv_from, reader); }
    /** See gan_history_write_png(). */
    void write_png(const std::string &path) const { call(gan_history_write_png, path.c_str()); }
    /** See gan_history_write_png_to(). */
    void write_png_to(gan_writer writer) const { call(gan_history_write_png_to, writer); }
};

/**
 * Named parts of a loop written by hand, saved and loaded together; see ::gan_checkpoint. It keeps handles alive;
 * vectors, integers and what its handles read from (datasets that feed a game, functions, arrays) must outlive it,
 * and vectors must keep their size.
 */
class checkpoint : public handle<gan_checkpoint, gan_checkpoint_destroy>
{
  public:
    /** See gan_checkpoint_create(). */
    explicit checkpoint(const context &context)
        : handle(detail::result<gan_checkpoint *>(gan_checkpoint_create, context.get()))
    {
    }
    /** See gan_checkpoint_add_model(). */
    void add_model(const std::string &name, model &model)
    {
        call(gan_checkpoint_add_model, name.c_str(), model.get());
    }
    /** See gan_checkpoint_add_optimizer(). */
    void add_optimizer(const std::string &name, optimizer &optimizer)
    {
        call(gan_checkpoint_add_optimizer, name.c_str(), optimizer.get());
    }
    /** See gan_checkpoint_add_random(). */
    void add_random(const std::string &name, random_numbers &random)
    {
        call(gan_checkpoint_add_random, name.c_str(), random.get());
    }
    /** See gan_checkpoint_add_session(). */
    void add_session(const std::string &name, session &session)
    {
        call(gan_checkpoint_add_session, name.c_str(), session.get());
    }
    /** See gan_checkpoint_add_dataset(). */
    void add_dataset(const std::string &name, dataset &dataset)
    {
        call(gan_checkpoint_add_dataset, name.c_str(), dataset.get());
    }
    /** See gan_checkpoint_add_image_pool(). */
    void add_image_pool(const std::string &name, image_pool &pool)
    {
        call(gan_checkpoint_add_image_pool, name.c_str(), pool.get());
    }
    /** See gan_checkpoint_add_values(). */
    void add_values(const std::string &name, std::vector<float> &values)
    {
        call(gan_checkpoint_add_values, name.c_str(), values.data(), detail::length(values));
    }
    /** See gan_checkpoint_add_doubles(). */
    void add_doubles(const std::string &name, std::vector<double> &values)
    {
        call(gan_checkpoint_add_doubles, name.c_str(), values.data(), detail::length(values));
    }
    /** See gan_checkpoint_add_integer(). */
    void add_integer(const std::string &name, int64_t &value)
    {
        call(gan_checkpoint_add_integer, name.c_str(), &value);
    }
    /** See gan_checkpoint_add_trainer(). */
    void add_trainer(const std::string &name, trainer &trainer)
    {
        call(gan_checkpoint_add_trainer, name.c_str(), trainer.get());
    }
    /** The datasets that feed the game must outlive the use of both; see gan_checkpoint_add_game(). */
    void add_game(const std::string &name, game &game) { call(gan_checkpoint_add_game, name.c_str(), game.get()); }
    /** See gan_checkpoint_add_history(). */
    void add_history(const std::string &name, history &history)
    {
        call(gan_checkpoint_add_history, name.c_str(), history.get());
    }
    /** See gan_checkpoint_save(). */
    void save(const std::string &path) const { call(gan_checkpoint_save, path.c_str()); }
    /** See gan_checkpoint_save_to(). */
    void save_to(gan_writer writer) const { call(gan_checkpoint_save_to, writer); }
    /** See gan_checkpoint_load(). */
    void load(const std::string &path) { call(gan_checkpoint_load, path.c_str()); }
    /** See gan_checkpoint_load_from(). */
    void load_from(gan_reader reader) { call(gan_checkpoint_load_from, reader); }
};

/** Writes what TensorBoard shows; see ::gan_summary_writer. */
class summary_writer : public handle<gan_summary_writer, gan_summary_writer_destroy>
{
  public:
    /** A new event file in a folder. */
    summary_writer(const context &context, const std::string &folder, gan_summary_writer_options options = {})
        : handle(detail::result<gan_summary_writer *>(gan_summary_writer_create, context.get(), folder.c_str(),
                                                      detail::sized(options)))
    {
    }
    /** See gan_summary_writer_path(). */
    std::string path() const { return gan_summary_writer_path(get()); }
    /** See gan_summary_writer_add_scalar(). */
    void add_scalar(const std::string &tag, double value, int64_t step)
    {
        call(gan_summary_writer_add_scalar, tag.c_str(), value, step);
    }
    /** See gan_summary_writer_add_history(). */
    void add_history(const history &history, int64_t index)
    {
        call(gan_summary_writer_add_history, history.get(), index);
    }
    /** See gan_summary_writer_add_histogram(). */
    void add_histogram(const std::string &tag, const std::vector<float> &values, int64_t step)
    {
        call(gan_summary_writer_add_histogram, tag.c_str(), values.data(), detail::length(values), step);
    }
    /** See gan_summary_writer_add_model(). */
    void add_model(const std::string &name, const model &model, int64_t step)
    {
        call(gan_summary_writer_add_model, name.c_str(), model.get(), step);
    }
    /** See gan_summary_writer_add_game(). */
    void add_game(const game &game, int64_t step) { call(gan_summary_writer_add_game, game.get(), step); }
    /** See gan_summary_writer_add_images(). */
    void add_images(const std::string &tag, const std::vector<float> &images, const shape &image, int64_t columns,
                    int64_t step)
    {
        const int64_t count = detail::batch_of(images, image.count(), "summary_writer::add_images: images");
        call(gan_summary_writer_add_images, tag.c_str(), images.data(), count, image, columns, step);
    }
};

} // namespace gan

#undef GAN_HPP_TRY
#undef GAN_HPP_CATCH
#undef GAN_HPP_THROW

#endif
