/* Files of a test, in a folder of its own, and files that are bad in a chosen way. */
#ifndef GAN_TESTS_SUPPORT_FILES_H
#define GAN_TESTS_SUPPORT_FILES_H

#include "libgan.h"

/* Group or test fixtures: make an empty folder below the current one, and remove it with all that is in it. */
int test_folder_create(void **state);
int test_folder_remove(void **state);

/* The path of a file in the folder; valid for the next seven calls. An empty name gives the folder itself. */
const char *test_path(const char *name);

/* Each fails the test when the system does not do it. */
void test_file_write(const char *path, const void *bytes, size_t size);
void test_file_write_gzip(const char *path, const void *bytes, size_t size);
/* Reads the whole file and returns its size, at most `capacity`. */
size_t test_file_read(const char *path, void *bytes, size_t capacity);
bool test_file_exists(const char *path);
/* How many files lie in the folder. */
int test_folder_count(void);

/* Fails the test unless the status is the expected one and the sentence of the failure has this part. */
void test_status(gan_status status, gan_status expected, const char *part);

/* A context of one thread. */
gan_context *test_context(void);

#endif
