#include "command.h"

#include "options.h"
#include "outputs.h"
#include "program.h"

#include <stdio.h>
#include <string.h>

#define COMMAND_SIZE 4096 /* of a line: what is longer is cut off */

static char recalled[COMMAND_SIZE];

char *shell_word(const char *word, char *quoted, size_t size)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=.,:/@%";
    const bool quotes = !*word || word[strspn(word, plain)];
    size_t length = 0;

    for (const char *from = quotes ? "'" : ""; *from; from++) quoted[length++] = *from;
    for (; *word && length + 6 < size; word++) {
        if (*word == '\'') {
            length += (size_t)snprintf(quoted + length, size - length, "'\\''");
        } else {
            quoted[length++] = *word;
        }
    }
    if (quotes) quoted[length++] = '\'';
    quoted[length] = '\0';
    return quoted;
}

/* The program's own, in one line, which is cut off where it would be too long. */
static const char *own_command(void)
{
    static char command[COMMAND_SIZE];
    char word[COMMAND_SIZE];
    size_t length = (size_t)snprintf(command, sizeof(command), "%s", program_name());

    for (int i = 1; command_argument(i) && length < sizeof(command); i++) {
        shell_word(command_argument(i), word, sizeof(word));
        length += (size_t)snprintf(command + length, sizeof(command) - length, " %s", word);
    }
    for (char *c = command; *c; c++) {
        if (*c == '\n') *c = ' ';
    }
    return command;
}

/* Those that a file has. */
static void copy_lines(const char *path, FILE *to)
{
    FILE *from = open_earlier(path);
    for (int byte; from && (byte = fgetc(from)) != EOF;) fputc(byte, to);
    if (from) fclose(from);
}

void write_command(const char *folder, bool resumed)
{
    char path[PATH_SIZE];
    FILE *file = open_output(path_in(folder, COMMAND_FILE, path));
    if (resumed) copy_lines(path, file);
    fprintf(file, "%s\n", own_command());
    close_output(file, path);
}

void recall_command(const char *folder)
{
    char path[PATH_SIZE];
    FILE *file = open_earlier(path_in(folder, COMMAND_FILE, path));
    recalled[0] = '\0';
    if (!file) return;
    if (fgets(recalled, sizeof(recalled), file)) recalled[strcspn(recalled, "\n")] = '\0';
    fclose(file);
}

const char *recalled_command(void)
{
    return recalled[0] ? recalled : NULL;
}
