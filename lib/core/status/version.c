/* The version of the library that is running. */
#include "libgan.h"

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

int gan_version(void)
{
    return GAN_VERSION_MAJOR * 10000 + GAN_VERSION_MINOR * 100 + GAN_VERSION_PATCH;
}

const char *gan_version_text(void)
{
    return TEXT(GAN_VERSION_MAJOR) "." TEXT(GAN_VERSION_MINOR) "." TEXT(GAN_VERSION_PATCH);
}
