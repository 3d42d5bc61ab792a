/* Expectations of the tests of libgan.hpp: what fails is printed with its line, and counted. */
#ifndef GAN_TESTS_CPP_EXPECT_HPP
#define GAN_TESTS_CPP_EXPECT_HPP

#include <libgan.hpp>

#include <cstdio>
#include <cstring>

namespace
{

int failures = 0;

void expect(bool condition, const char *text, int line)
{
    if (condition) return;
    std::printf("line %d: expected %s\n", line, text);
    failures++;
}
#define EXPECT(condition) expect((condition), #condition, __LINE__)

/* The call throws gan::error with this status, and a sentence that has these words. */
template <typename Call> void expect_error(gan_status status, const char *words, int line, Call call)
{
    try {
        call();
    } catch (const gan::error &error) {
        if (error.status() == status && std::strstr(error.what(), words)) return;
        std::printf("line %d: %s: %s\n", line, gan_status_name(error.status()), error.what());
        failures++;
        return;
    }
    expect(false, gan_status_name(status), line);
}
#define EXPECT_ERROR(status, words, expression) \
    expect_error(status, words, __LINE__, [&] { static_cast<void>(expression); })

} // namespace

#endif
