/* A test's files, in its own folder, and files that are bad in a chosen way. */
#ifndef GAN_TESTS_SUPPORT_FILES_H
#define GAN_TESTS_SUPPORT_FILES_H

#include "libgan.h"

/* Group or test fixtures: create an empty folder in the build folder, and remove it with all its content. */
int test_folder_create(void **state);
int test_folder_remove(void **state);

/* The path of a file in the folder; valid for the next seven calls. An empty name gives the folder itself. */
const char *test_path(const char *name);

/* Each fails the test if the system fails. */
void test_file_write(const char *path, const void *bytes, size_t size);
void test_file_write_gzip(const char *path, const void *bytes, size_t size);
/* Reads the whole file and returns its size, at most `capacity`. */
size_t test_file_read(const char *path, void *bytes, size_t capacity);
/* Writes a copy of a file with the first occurrence of some bytes replaced by others; it fails the test if there is
 * none. */
void test_file_change(const char *from, const char *to, const void *bytes, const void *others, size_t size);
/* The same for a number, little-endian as files have it. */
void test_file_change_number(const char *from, const char *to, float number, float other);
/* The bytes of a number in that order. */
void test_little_endian(float number, unsigned char bytes[4]);
/* Fails the test unless both files have the same bytes. */
void test_assert_same_files(const char *a, const char *b);
/* Unless it is there. */
void test_folder_make(const char *path);
bool test_file_exists(const char *path);
/* The number of files in the folder, or in any. */
int test_folder_count(void);
int test_entry_count(const char *path);

/* Fails the test unless the status is the expected one and the failure's sentence contains `part`. */
void test_status(gan_status status, gan_status expected, const char *part);

/* A context of one thread. */
gan_context *test_context(void);

#endif
