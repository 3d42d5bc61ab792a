#!/bin/sh
# Checks that what the API computes does not depend on the host's floating-point environment: float_scopes.sh HEADER
# SOURCES. Each function of the header begins with GAN_FLOAT_SCOPE(), unless it is one of these.
set -eu
header=$1 sources=$2
. "$(dirname "$0")/../abi/functions.sh"

# They neither compute nor compare floats. Layers have their scope where they are created and checked, losses of terms
# compute when they are played.
exceptions='_destroy$ _count$ _name$ _path$ _named$ _text$ _advice$ _cancel$ _steps$ _rounds$ _diagnoses$ _classes$
^gan_last_ ^gan_version$ ^gan_context_ ^gan_random_create$ ^gan_random_[gs]et_state$ ^gan_session_batch$
^gan_layer_ ^gan_bytes_ ^gan_reader_from_memory$ ^gan_checkpoint_add_ ^gan_(model|checkpoint|game|history)_create$
^gan_model_add(_from)?$ ^gan_model_set_(input|outputs|trainable)$ ^gan_model_get_((in|out)put_shape|(input|tensor)_info)$
^gan_dataset_get_ ^gan_dataset_(find_field|set_cursor)$ ^gan_optimizer_add_model$
^gan_game_(input|noise|apply|output|between|around|want|feed)$
^gan_(generator|binary_cross_entropy|softmax_cross_entropy|(smooth_)?l[12]|gaussian_kl|feature_matching|entropy|mean)_loss$
^gan_player_(add_model|get_average|get_optimizer)$ ^gan_trainer_get_(average|optimizer)$'
# shellcheck disable=SC2086
pattern=$(echo $exceptions | tr ' ' '|')
needed=$(functions "$header" | grep -vE "$pattern")
# The names of functions whose first statement is a scope.
have=$(find "$sources" -name '*.c' -exec awk '
    /^[A-Za-z].*[ *]gan_[a-z0-9_]+\(/ { match($0, /gan_[a-z0-9_]+\(/); name = substr($0, RSTART, RLENGTH - 1) }
    begins && /^    GAN_FLOAT_SCOPE\(\);$/ { print name }
    { begins = $0 == "{" }' {} + | LC_ALL=C sort -u)
missing=$(printf '%s\n' "$needed" | while read -r name; do
    printf '%s\n' "$have" | grep -qx "$name" || echo "$name"
done)
[ -z "$missing" ] && exit 0
echo 'these functions compute in the environment of the host; they need GAN_FLOAT_SCOPE():'
echo "$missing"
exit 1
