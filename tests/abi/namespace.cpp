/* The names of libgan.hpp, unqualified beside those of POSIX and the C library: without an ambiguity. */
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <libgan.hpp>

using namespace gan;

void use_names(const char *path);

void use_names(const char *path)
{
    const long drawn = random();
    const double squashed = tanh(0.5);
    context c(GAN_CONTEXT(.threads = 1));
    random_numbers numbers(c, static_cast<uint64_t>(drawn));
    model generator(c), discriminator(c);
    generator.add(input(c, shape{2}));
    generator.add(dense(c, 3));
    generator.add(tanh(c));
    generator.add(relu(c));
    generator.add(reshape(c, {1, 3, 1}));
    generator.add(flatten(c));
    generator.build(1);
    session pass(generator);
    optimizer adam(generator);
    trainer both(c, generator, discriminator);
    history losses(c);
    checkpoint all(c);
    game play(c);
    std::vector<float> z = numbers.normal(static_cast<int64_t>(squashed) + 2);
    check(GAN_OK);
    losses.write_csv(path);
    printf("%s %s\n", version().c_str(), strerror(0));
}
