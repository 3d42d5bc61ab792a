/* How test programs run: all cases, or those that GAN_TEST_CASE names, with * and ? as in file names:
 *   GAN_TEST_CASE='test_adam*' meson test -C build --suite train
 * A program without such a case is skipped, as is one whose cases were all skipped. Every program that uses cmocka is
 * linked so that this replaces cmocka's own runner. */
#ifndef GAN_TESTS_SUPPORT_RUN_H
#define GAN_TESTS_SUPPORT_RUN_H

/* Ends a case that cannot be tested here, and says why; tests/check.sh lists both. */
void test_skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The same if what is missing is what the whole program is run for: it counts as skipped, even if cases that do not
 * need it pass. */
void test_skip_program(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Skips a case in which a child of fork() starts threads where these are not possible: under ThreadSanitizer, and
 * under an emulator that GAN_TEST_EMULATOR names, such as QEMU. */
void test_needs_threads_after_fork(void);

#endif
