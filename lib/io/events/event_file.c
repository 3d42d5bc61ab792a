/* Files of events, in TensorFlow's format of records (TFRecord):
 *
 *     uint64 length | uint32 checksum of these 8 bytes | `length` bytes | uint32 checksum of them
 *
 * all little-endian. Readers follow a file while it grows: a record that is not whole yet ends what they show, and
 * one that never becomes whole hides all that follows. So each goes out by one write, and what a failed one has left
 * of it is removed. */
#include "io/events/events.h"
#include "io/writing/writing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { most_names = 1000, host_capacity = 65, checksum_size = 4 };

/* ---- Checksums ------------------------------------------------------------------------------------------------- */

/* CRC-32C: the polynomial 0x1edc6f41, its bits and those of all bytes reflected. Four bits at a time. */
static uint32_t crc32c(const unsigned char *data, size_t size)
{
    static const uint32_t table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
                                       0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < size; i++) {
        crc = table[(crc ^ data[i]) & 15] ^ crc >> 4;
        crc = table[(crc ^ (uint32_t)data[i] >> 4) & 15] ^ crc >> 4;
    }
    return ~crc;
}

static void store(unsigned char *out, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) out[i] = (unsigned char)(value >> 8 * i);
}

/* Masked, as the format wants: the CRC of data that hold their own CRC would say little. */
static void store_checksum(unsigned char *out, const unsigned char *data, size_t size)
{
    const uint32_t crc = crc32c(data, size);
    store(out, (uint32_t)((crc >> 15 | crc << 17) + 0xa282ead8), checksum_size);
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

/* Makes a folder and those above it. */
static gan_status make_folders(gan_context *context, const char *folder)
{
    gan_file_facts facts;
    gan_status result = GAN_OK;
    char *path = gan_copy_text(context, folder);

    if (!path) return GAN_ERROR_MEMORY;
    for (char *at = path + 1; result == GAN_OK; at++) {
        const char end = *at;
        if (!gan_is_separator(end) && end) continue;
        *at = 0;
        const int error = gan_make_folder(path) == 0 ? 0 : errno;
        const int unknown = error && gan_examine(path, &facts) != 0 ? errno : 0;
        if (unknown) {
            result = gan_fail_errno(error == EEXIST ? unknown : error, "cannot make the folder '%s'", path);
        } else if (error && facts.kind != GAN_FILE_FOLDER) {
            result = gan_fail(GAN_ERROR_IO, "'%s' is not a folder", path);
        }
        *at = end;
        if (!end) break;
    }
    gan_release_text(context, path);
    return result;
}

/* The machine's name, as a part of a file's. */
static void get_host(char name[host_capacity])
{
    gan_host_name(name, host_capacity);
    if (!name[0]) strcpy(name, "localhost");
    for (char *c = name; *c; c++) {
        const bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
                           *c == '-' || *c == '.';
        if (!plain) *c = '_';
    }
}

/* TensorBoard reads what has "tfevents" in its name, in the order of the names. */
static gan_status create(gan_context *context, const char *folder, gan_event_file *file)
{
    char host[host_capacity];

    get_host(host);
    file->path_capacity = strlen(folder) + host_capacity + 80;
    file->path = gan_allocate(context, file->path_capacity);
    if (!file->path) return GAN_ERROR_MEMORY;
    for (int number = 0; number < most_names; number++) {
        snprintf(file->path, file->path_capacity, "%s/events.out.tfevents.%010lld.%s.%lld.%03d", folder,
                 (long long)time(NULL), host, (long long)gan_process_id(), number);
        file->descriptor = gan_open_to_append(file->path);
        if (file->descriptor >= 0) return GAN_OK;
        if (errno != EEXIST) break;
    }
    return gan_fail_errno(errno, "cannot create '%s'", file->path);
}

gan_status gan_event_file_create(gan_context *context, const char *folder, gan_event_file *file)
{
    if (!folder[0]) return gan_fail(GAN_ERROR_ARGUMENT, "the path of a folder for event files is empty");
    GAN_TRY(make_folders(context, folder));
    return create(context, folder, file);
}

void gan_event_file_close(gan_context *context, gan_event_file *file)
{
    GAN_UNCANCELLED_SCOPE();
    if (file->descriptor >= 0) close(file->descriptor);
    gan_release(context, file->path, file->path_capacity);
    *file = (gan_event_file){.descriptor = -1};
}

void gan_event_file_remove(gan_context *context, gan_event_file *file)
{
    if (file->descriptor >= 0) gan_remove_file(file->path);
    gan_event_file_close(context, file);
}

gan_status gan_event_file_append(gan_event_file *file, gan_wire *record)
{
    const unsigned char room[checksum_size] = {0};
    size_t written = 0;

    GAN_TRY(record->status);
    const size_t size = (size_t)record->size - GAN_EVENT_HEADER;
    if (size > INT32_MAX) {
        return gan_fail(GAN_ERROR_OVERFLOW, "an event of %zu bytes is larger than the 2 GB that readers take", size);
    }
    if (file->torn) return gan_fail(GAN_ERROR_IO, "an earlier write to '%s' failed, and left a part", file->path);
    gan_wire_put(record, room, sizeof(room));
    GAN_TRY(record->status);
    unsigned char *data = record->data;
    store(data, size, 8);
    store_checksum(data + 8, data, 8);
    store_checksum(data + GAN_EVENT_HEADER + size, data + GAN_EVENT_HEADER, size);
    const int error = gan_write_all(file->descriptor, data, (size_t)record->size, &written);
    if (!error) return GAN_OK;
    file->torn = written > 0 && gan_shorten(file->descriptor, written) != 0;
    return gan_fail_errno(error, "cannot write '%s'", file->path);
}
