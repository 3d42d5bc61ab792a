/* The door of terms: what a game computes with, as a list in which each term reads earlier ones; their values
 * forward, and gradients backward. Who plays, and for what, is not known here. */
#ifndef GAN_TERMS_H
#define GAN_TERMS_H

#include "train/train.h"

typedef enum gan_term_kind {
    GAN_TERM_INPUT,       /* given for each batch */
    GAN_TERM_NOISE,       /* drawn for each batch */
    GAN_TERM_CLASSES,     /* likewise */
    GAN_TERM_CONSTANT,    /* always the same */
    GAN_TERM_APPLICATION, /* the first output of a model */
    GAN_TERM_OUTPUT,      /* another output of the application that it reads */
    GAN_TERM_SHOWN,       /* drawn for each move, like the next two */
    GAN_TERM_BETWEEN,
    GAN_TERM_AROUND,
    GAN_TERM_POOLED, /* drawn for each value of what it reads */
    GAN_TERM_LOSS
} gan_term_kind;

/* Everything that is known about a kind. */
typedef struct gan_term_rule {
    const char *text; /* for messages */
    bool passes_gradients;
} gan_term_rule;
const gan_term_rule *gan_term_rule_of(gan_term_kind kind);

/* ---- Kinds with a state of their own --------------------------------------------------------------------------- */

/* A model in the game, and how often its weights have changed. */
typedef struct gan_term_model {
    gan_model *model;
    uint64_t version;
    bool moved;          /* by some player; if not, it runs in sample mode */
    bool unwritten;      /* its gradients hold nothing yet: the first pass back through it writes them */
    gan_real *gradients; /* of each shard here, if batches are divided and it is moved: see gan_session; else NULL */
} gan_term_model;

typedef struct gan_application {
    int32_t model;  /* in the list of models */
    int64_t number; /* of applications described earlier; its session's seed is that of the game plus this */
    bool penalised, backward; /* it needs tangents, or a backward pass */
    gan_session *session;
    int32_t shares; /* the application whose session it uses, or -1; */
    int32_t holder; /* and in that one: the application whose pass the session holds */
    /* Of what its pass was computed: */
    uint64_t model_version, *input_versions;
} gan_application;

/* How samples become the discriminator's input (shown.c). */
typedef struct gan_shown {
    uint64_t augment;       /* gan_augmentation bits */
    float noise;            /* deviation in the first round */
    int64_t noise_steps;    /* over which it falls to 0; 0: it stays constant */
    int64_t packing;        /* samples that become one */
    gan_random_state draws; /* of the last augmentation */
} gan_shown;

/* Samples mixed with earlier ones (pooled.c). */
typedef struct gan_pooled {
    gan_image_pool_options options;
    int64_t number; /* of pools described earlier */
    gan_image_pool *pool;
    uint64_t version; /* of the samples that were mixed last */
} gan_pooled;

struct gan_loss_rule;

typedef struct gan_term_loss {
    const struct gan_loss_rule *rule;
    gan_loss adversarial; /* of the adversarial ones */
    gan_penalty penalty;  /* of a penalty */
    float real_target;    /* of a discriminator's */
    float parameter;      /* of others */
    double value;         /* the last one; before the first, NaN */
} gan_term_loss;

/* ---- The list -------------------------------------------------------------------------------------------------- */

typedef struct gan_term_node {
    gan_term_kind kind;
    char *name;      /* NULL if it was not named */
    gan_shape shape; /* of one row */
    int64_t divisor; /* samples of the batch that make a row: several only if they are packed */
    int32_t input_count, *inputs;
    int32_t readers; /* terms that read it */
    /* Its value, in the layout of the border or as sessions store it; of applications, it is in the session. */
    const float *border;
    float *room; /* memory for it, or NULL */
    gan_real *stored;
    uint64_t version;   /* of the value; 0: none yet */
    uint64_t drawn;     /* the draw, or the move, in which it was drawn */
    gan_real *gradient; /* of GAN_TERM_SHOWN of an application's output, as stored */
    /* During a move: */
    bool needed, reached;   /* wanted at all; depends on weights of the moving player */
    bool active, delivered; /* gets a gradient; has got one */
    int32_t pending;        /* terms that have still to give it theirs */
    union {
        gan_noise noise;
        int64_t classes;
        float constant;
        int64_t output;
        gan_application application;
        gan_shown shown;
        gan_pooled pooled;
        gan_term_loss loss;
    } of;
} gan_term_node;

typedef struct gan_terms {
    gan_context *context;
    const gan_shards *shards; /* how batches are divided; `batch` and `present` are samples of this process */
    int64_t batch;            /* the largest */
    uint64_t seed;
    gan_term_node *nodes;
    int32_t count;
    gan_term_model *models;
    int32_t model_count, application_count, pool_count;
    int64_t capacity, model_capacity; /* of the two lists */
    /* Random numbers, shared by all terms of a kind; NULL if there is none. */
    gan_random *noise, *classes, *augmentation, *instance_noise, *penalty;
    /* Memory for losses: values and gradients in the layout of the border, and a gradient as stored. */
    float *values, *gradients;
    gan_real *addend;
    int64_t loss_size, addend_size;
    /* The present batch and move. */
    int64_t present;            /* samples in the batch */
    int64_t round;              /* before this one */
    uint64_t clock, draw, move; /* of versions; of noise and classes; of what is drawn for a move */
} gan_terms;

/* Adds a term that reads others, or returns -1; `what` names the call that describes it. */
int32_t gan_terms_add(gan_terms *terms, gan_term_kind kind, gan_shape shape, int32_t count, const int32_t *inputs,
                      const char *what);
/* The model's place in the list of models, where it is added if need be, or -1. */
int32_t gan_terms_add_model(gan_terms *terms, gan_model *model);
/* "input 'photo'" or "term 3 (application)", for messages. */
#define GAN_TERM_TEXT 128
const char *gan_term_text(const gan_terms *terms, int32_t term, char text[GAN_TERM_TEXT]);
int64_t gan_term_elements(const gan_terms *terms, int32_t term); /* of a row */
int64_t gan_term_rows(const gan_terms *terms, int32_t term);     /* in the present batch */
/* The application that a term is an output of, or -1. */
int32_t gan_term_application(const gan_terms *terms, int32_t term);
int64_t gan_term_output(const gan_term_node *node); /* and which output */
/* The samples that a discriminator's application judges, before they were shown or mixed with earlier ones. */
int32_t gan_term_judged(const gan_terms *terms, int32_t logits);
/* Whether two terms are what one model says of the same, whatever way it was shown. */
bool gan_terms_judge_alike(const gan_terms *terms, int32_t a, int32_t b);

/* Memory, sessions and random numbers for all terms, by what their fields say. */
gan_status gan_terms_plan(gan_terms *terms);
void gan_terms_release(gan_terms *terms);

/* ---- Applications (applications.c) ----------------------------------------------------------------------------- */

/* Adds it with all its outputs, and gives the first; `shares`: an application whose session it also uses, or -1. */
int32_t gan_terms_apply(gan_terms *terms, gan_model *model, int64_t count, const int32_t *inputs, int32_t shares);
gan_session *gan_application_session(const gan_terms *terms, int32_t application);
gan_status gan_application_plan(gan_terms *terms, int32_t term);
/* Runs it, unless its pass is as good as new. */
gan_status gan_application_forward(gan_terms *terms, int32_t term);
/* Where to write a gradient of a term, as stored; then, to add it to those that were delivered before. */
gan_status gan_term_open_gradient(gan_terms *terms, int32_t term, gan_real **place);
void gan_term_close_gradient(gan_terms *terms, int32_t term, const gan_real *place);
/* Adds a gradient in the layout of the border, or that of input `index` of an application, to that of a term. */
gan_status gan_term_deliver(gan_terms *terms, int32_t term, const float *gradient);
gan_status gan_term_deliver_from(gan_terms *terms, int32_t term, int32_t application, int64_t index);

/* ---- Samples shown (shown.c), those of penalties (penalised.c), and pools (pooled.c) --------------------------- */

gan_status gan_shown_check(const gan_shown *shown, gan_shape sample, const char *what);
gan_status gan_shown_plan(gan_terms *terms, int32_t term);
gan_status gan_shown_forward(gan_terms *terms, int32_t term);
gan_status gan_shown_backward(gan_terms *terms, int32_t term);
gan_status gan_penalised_plan(gan_terms *terms, int32_t term);
gan_status gan_penalised_forward(gan_terms *terms, int32_t term);
gan_status gan_pooled_plan(gan_terms *terms, int32_t term);
gan_status gan_pooled_forward(gan_terms *terms, int32_t term);

/* ---- Random numbers (draws.c) ---------------------------------------------------------------------------------- */

/* Draws `rows` rows, of each shard here by itself, from random numbers of its own: `draw` gets the first row. */
typedef gan_status (*gan_draw_fn)(void *argument, gan_random *random, int64_t first, int64_t rows);
gan_status gan_terms_draw(const gan_terms *terms, gan_random *random, int64_t rows, gan_draw_fn draw, void *argument);

/* ---- Losses (term_losses.c) ------------------------------------------------------------------------------------ */

enum { GAN_LOSS_TERMS = 2 };

/* What a loss is computed from. */
typedef struct gan_loss_call {
    const gan_term_loss *loss;
    const float *values[GAN_LOSS_TERMS];
    float *gradients[GAN_LOSS_TERMS]; /* NULL where none is wanted */
    float *rooms[GAN_LOSS_TERMS];     /* where it would be: free to use if not */
    int64_t rows[GAN_LOSS_TERMS], elements[GAN_LOSS_TERMS];
    gan_context *context;
} gan_loss_call;

/* Everything that is known about a loss. */
typedef struct gan_loss_rule {
    const char *name; /* in reports */
    int32_t terms;
    const char *arguments[GAN_LOSS_TERMS]; /* their names, for messages */
    int32_t logits;                        /* how many of them are logits, from the first on */
    bool same_shape;                       /* of both, in one sample */
    bool of_rows;                          /* one dimension in a sample */
    bool of_classes;                       /* the second is class numbers, the first one logit for each */
    bool fixed_first, fixed_second;        /* no gradient passes to the first, or the second */
    gan_status (*compute)(const gan_loss_call *call, double *value); /* NULL: a penalty */
} gan_loss_rule;

extern const gan_loss_rule gan_rule_discriminator, gan_rule_generator, gan_rule_relativistic_generator,
    gan_rule_binary_cross_entropy, gan_rule_softmax_cross_entropy, gan_rule_l1, gan_rule_l2, gan_rule_smooth_l1,
    gan_rule_gaussian_kl, gan_rule_feature_matching, gan_rule_entropy, gan_rule_mean, gan_rule_penalty;

bool gan_loss_has_gradient(const gan_loss_rule *rule, int32_t index);
/* The part of a call that is one shard of those here. */
gan_loss_call gan_loss_call_of_shard(const gan_loss_call *call, const gan_shards *shards, int64_t index);
/* Computes a loss from the current values and, for terms that are reached, its gradients, which it leaves in `call`
 * until the next loss: of each shard here by itself. */
gan_status gan_loss_compute(gan_terms *terms, int32_t term, gan_loss_call *call, double *found);
/* What a want's loss was over the whole batch. */
void gan_loss_remember(gan_terms *terms, int32_t term, double value);

/* ---- Passes (passes.c) ----------------------------------------------------------------------------------------- */

/* A new batch, whose inputs are set next, and of noise and classes; what is drawn for a move. */
void gan_terms_begin_batch(gan_terms *terms, int64_t samples);
/* Forgets inputs, which are the caller's. */
void gan_terms_end_batch(gan_terms *terms);
void gan_terms_begin_move(gan_terms *terms);
void gan_terms_set_input(gan_terms *terms, int32_t term, const float *samples);
/* Nothing is needed; this term is; also what it reads; and all of these are brought up to date. */
void gan_terms_need_nothing(gan_terms *terms);
void gan_terms_need(gan_terms *terms, int32_t term);
void gan_terms_spread_needs(gan_terms *terms);
gan_status gan_terms_forward(gan_terms *terms);
/* The value of a term in the layout of the border: itself, or a copy in `room`. */
gan_status gan_term_export(const gan_terms *terms, int32_t term, float *room, const float **value);

/* Marks the terms that depend on the weights of models, by a flag for each. */
void gan_terms_reach(gan_terms *terms, const bool *models);
/* Before the gradients of all needed losses are delivered, each by gan_term_deliver(): forgets those of earlier
 * passes. */
void gan_terms_begin_backward(gan_terms *terms);

/* A pass that carries what was delivered to weights; for simultaneous players, two passes may share a part. */
typedef struct gan_backward_pass {
    const bool *models;  /* whose weights */
    int32_t with_inputs; /* an application whose input gradients are also computed, or -1 */
    int32_t done;        /* one whose input gradients are there from an earlier pass, or -1 */
    int32_t scaled;      /* one whose output gradient is first scaled, or -1: each of its parts by a number */
    int64_t parts;
    const float *scales;
    /* NULL, or called while the last application of `followed`, one of the models, adds its gradients: those from an
     * offset on are complete. */
    gan_status (*passed)(void *argument, int64_t offset);
    void *argument;
    int32_t followed;
} gan_backward_pass;
gan_status gan_terms_backward(gan_terms *terms, const gan_backward_pass *pass);

#endif
