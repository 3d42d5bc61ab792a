/* Values that later passes read, kept in bfloat16. A forward pass computes with its values as they are; each later
 * pass reads what was kept of them back into memory of its own, which lives from its first reader to its last. */
#include "model/graph/graph.h"
#include "model/session/plan.h"
#include "model/session/session.h"

static int64_t count_of(const gan_session *session, int32_t i)
{
    return session->batch * gan_shape_count(session->model->nodes[i].output);
}

void gan_session_begin_pass(const gan_session *session, gan_pass_kind pass)
{
    session->plan->pass = pass;
    session->plan->passes++;
}

void gan_session_store(const gan_session *session, int32_t i, const gan_session_node *nodes)
{
    if (nodes[i].half == GAN_NO_ARRAY) return;
    gan_bfloat16_store(session->model->context, count_of(session, i), gan_session_at(session, nodes[i].value),
                       gan_session_at(session, nodes[i].half));
}

gan_real *gan_session_kept_value(const gan_session *session, int32_t i, gan_session_node *nodes)
{
    const gan_session_plan *plan = session->plan;
    gan_session_node *source = &nodes[nodes[i].source];

    if (source->half == GAN_NO_ARRAY) return gan_session_at(session, nodes[i].value);
    gan_real *back = gan_session_at(session, source->read_back[plan->pass]);
    if (source->back_in == plan->passes) return back;
    gan_bfloat16_load(session->model->context, count_of(session, i), gan_session_at(session, source->half), back);
    source->back_in = plan->passes;
    return back;
}
