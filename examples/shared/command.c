#include "command.h"

#include "outputs.h"
#include "program.h"

#include <stdio.h>
#include <string.h>

#define COMMAND_SIZE 4096 /* of a line: what is longer is cut off */

static char command[COMMAND_SIZE], recalled[COMMAND_SIZE];

/* Adds a text, as long as there is room. */
static void add(const char *text)
{
    const size_t length = strlen(command);
    snprintf(command + length, sizeof(command) - length, "%s", text);
}

/* A word as a shell reads it. */
static void add_word(const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=.,:/@%";
    if (*word && word[strspn(word, plain)] == '\0') {
        add(word);
        return;
    }
    add("'");
    for (; *word; word++) {
        const char letter[2] = {*word, '\0'};
        add(*word == '\'' ? "'\\''" : *word == '\n' ? " " : letter);
    }
    add("'");
}

void keep_command(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    command[0] = '\0';
    add_word(slash ? slash + 1 : argv[0]);
    for (int i = 1; i < argc; i++) {
        add(" ");
        add_word(argv[i]);
    }
}

/* Those that a file has. */
static void copy_lines(const char *path, FILE *to)
{
    FILE *from = fopen(path, "r");
    for (int byte; from && (byte = fgetc(from)) != EOF;) fputc(byte, to);
    if (from) fclose(from);
}

void write_command(const char *folder, bool resumed)
{
    char path[PATH_SIZE];
    FILE *file = open_output(path_in(folder, COMMAND_FILE, path));
    if (resumed) copy_lines(path, file);
    fprintf(file, "%s\n", command);
    close_output(file, path);
}

void recall_command(const char *folder)
{
    char path[PATH_SIZE];
    FILE *file = fopen(path_in(folder, COMMAND_FILE, path), "r");
    recalled[0] = '\0';
    if (!file) return;
    if (fgets(recalled, sizeof(recalled), file)) recalled[strcspn(recalled, "\n")] = '\0';
    fclose(file);
}

const char *recalled_command(void)
{
    return recalled[0] ? recalled : NULL;
}
