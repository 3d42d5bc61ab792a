#include "losses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [GAN_LOSS_NON_SATURATING] = "non-saturating",
    [GAN_LOSS_SATURATING] = "saturating",
    [GAN_LOSS_LEAST_SQUARES] = "least-squares",
    [GAN_LOSS_WASSERSTEIN] = "wasserstein",
    [GAN_LOSS_HINGE] = "hinge",
    [GAN_LOSS_RELATIVISTIC] = "relativistic",
    [GAN_LOSS_RELATIVISTIC_AVERAGE] = "relativistic-average",
};

const char *loss_name(int loss)
{
    return loss >= 0 && loss < (int)(sizeof(names) / sizeof(names[0])) ? names[loss] : NULL;
}

gan_loss find_loss(const char *name)
{
    for (int i = 0; loss_name(i); i++)
        if (strcmp(loss_name(i), name) == 0) return (gan_loss)i;
    fprintf(stderr, "--loss %s: expected one of", name);
    for (int i = 0; loss_name(i); i++) fprintf(stderr, " %s", loss_name(i));
    fprintf(stderr, "\n");
    exit(2);
}
