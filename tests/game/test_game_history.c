/* Histories of games: columns by name, files and back, what is refused, and plots. */
#include "games.h"

#include "support/allocator.h"
#include "support/files.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A conditional game, with a penalty of that name unless it is NULL. */
static conditional_game create(gan_context *context, const char *want)
{
    conditional_game c;
    assert_int_equal(conditional_describe(context, GAN_GAME(.batch = 6, .seed = 1), NULL, &c), GAN_OK);
    if (want) {
        gan_game_want_by(c.game, c.d, 1, gan_gradient_penalty_loss(c.real_logits, GAN_PENALTY_ZERO_CENTERED),
                         GAN_WANT(.name = want));
    }
    test_status(gan_game_build(c.game), GAN_OK, "");
    return c;
}

static void add_rounds(conditional_game *c, gan_history *history, int count)
{
    for (int i = 0; i < count; i++) {
        gan_round_report report = GAN_ROUND_REPORT_INIT;
        conditional_round(c, (uint64_t)gan_game_rounds(c->game), 6, &report);
        test_status(gan_history_add_round(history, c->game, &report), GAN_OK, "");
    }
}

static void read_text(const char *path, char *text, size_t capacity)
{
    text[test_file_read(path, text, capacity - 1)] = 0;
}

static gan_history *new_history(gan_context *context)
{
    gan_history *history;
    assert_int_equal(gan_history_create(context, &history), GAN_OK);
    return history;
}

/* The header names all columns; a name with a comma and quotes is quoted. */
static void test_columns(void **state)
{
    static char text[4096], line[2048], expected[2048];
    conditional_game c = create(test_context(), "R, \"one\"");
    gan_history *history = new_history(c.context);
    const char *const wants[3] = {gan_game_want_name(c.game, 0), gan_game_want_name(c.game, 1), "R"};
    gan_round_report report = GAN_ROUND_REPORT_INIT;
    (void)state;
    conditional_round(&c, 0, 6, &report);
    test_status(gan_history_add_round(history, c.game, &report), GAN_OK, "");
    test_status(gan_history_write_csv(history, test_path("columns")), GAN_OK, "");
    read_text(test_path("columns"), text, sizeof(text));
    snprintf(expected, sizeof(expected),
             "round,epoch,batch,samples_per_second,seconds,diagnoses,loss:%s,loss:%s,\"loss:R, \"\"one\"\"\","
             "gradient_norm:%s,gradient_norm:%s,real_probability:%s,",
             wants[0], wants[1], gan_game_player_name(c.game, 0), gan_game_player_name(c.game, 1), wants[0]);
    assert_memory_equal(text, expected, strlen(expected));
    const char *row = strchr(text, '\n') + 1;
    snprintf(line, sizeof(line), "1,0,6,0,0,0,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,", report.wants[0], report.wants[1],
             report.wants[2], report.gradient_norms[0], report.gradient_norms[1], report.pairs[0].real_probability,
             report.pairs[0].fake_probability);
    assert_memory_equal(row, line, strlen(line));
    gan_history_destroy(history);
    conditional_destroy(&c);
}

/* Read back and cut, it goes on as if it had never stopped. */
static void test_resumed(void **state)
{
    static char whole[16384], resumed[16384];
    conditional_game c = create(test_context(), "R, \"one\"");
    gan_history *history = new_history(c.context), *read = new_history(c.context);
    (void)state;
    add_rounds(&c, history, 2);
    test_status(gan_game_save(c.game, test_path("checkpoint")), GAN_OK, "");
    add_rounds(&c, history, 3);
    assert_int_equal(gan_history_write_csv(history, test_path("whole")), GAN_OK);
    test_status(gan_game_load(c.game, test_path("checkpoint")), GAN_OK, "");
    test_status(gan_history_read_csv(read, test_path("whole")), GAN_OK, "");
    assert_int_equal(gan_history_count(read), 5);
    assert_int_equal(gan_history_truncate(read, gan_game_rounds(c.game)), GAN_OK);
    assert_int_equal(gan_history_count(read), 2);
    add_rounds(&c, read, 3);
    assert_int_equal(gan_history_write_csv(read, test_path("resumed")), GAN_OK);
    read_text(test_path("whole"), whole, sizeof(whole));
    read_text(test_path("resumed"), resumed, sizeof(resumed));
    assert_string_equal(whole, resumed);
    gan_history_destroy(history);
    gan_history_destroy(read);
    conditional_destroy(&c);
}

static void test_refused(void **state)
{
    conditional_game c = create(test_context(), NULL), other = create(test_context(), "R");
    gan_history *history = new_history(c.context);
    gan_round_report report = GAN_ROUND_REPORT_INIT, of_other = GAN_ROUND_REPORT_INIT;
    gan_step_report step = GAN_STEP_REPORT_INIT;
    (void)state;
    conditional_round(&c, 0, 6, &report);
    conditional_round(&other, 0, 6, &of_other);
    assert_int_equal(gan_history_add_round(NULL, c.game, &report), GAN_ERROR_NULL);
    assert_int_equal(gan_history_add_round(history, NULL, &report), GAN_ERROR_NULL);
    assert_int_equal(gan_history_add_round(history, c.game, NULL), GAN_ERROR_NULL);
    test_status(gan_history_add_round(history, c.game, &of_other), GAN_ERROR_ARGUMENT, "the report has 3 wants");
    gan_round_report bad = report;
    bad.pairs = NULL;
    test_status(gan_history_add_round(history, c.game, &bad), GAN_ERROR_NULL, "pairs is NULL");
    bad = report;
    bad.round = -1;
    test_status(gan_history_add_round(history, c.game, &bad), GAN_ERROR_ARGUMENT, "round is -1");
    assert_int_equal(gan_history_count(history), 0);
    assert_int_equal(gan_history_add_round(history, c.game, &report), GAN_OK);
    test_status(gan_history_add_round(history, c.game, &report), GAN_ERROR_ARGUMENT, "round 1 cannot follow");
    of_other.round = 2;
    test_status(gan_history_add_round(history, other.game, &of_other), GAN_ERROR_ARGUMENT,
                "but the report has 'loss:R'");
    step.step = 2;
    test_status(gan_history_add(history, &step), GAN_ERROR_ARGUMENT,
                "column 1 is 'round', but the report has 'step'");
    assert_int_equal(gan_history_count(history), 1);
    gan_history_destroy(history);
    conditional_destroy(&c);
    conditional_destroy(&other);
}

/* Files of rounds that others changed. */
static void test_read(void **state)
{
    static const struct {
        const char *text;
        gan_status status;
        const char *part;
    } files[] = {
        {"round,loss:D\n1,2\n", GAN_OK, ""},
        {"\xef\xbb\xbf\"round\",\"loss:D\"\r\n\"1\",\"NaN\"\r\n2,", GAN_OK, ""},
        {"round,loss:D,loss:D\n", GAN_ERROR_MAGIC, "its column 3 is called 'loss:D'"},
        {"round,loss\n", GAN_ERROR_MAGIC, "column 2 is called 'loss'"},
        {"round,loss:\n", GAN_ERROR_MAGIC, "column 2"},
        {"round,\"loss:a\nb\"\n", GAN_ERROR_MAGIC, "'loss:a\\x0ab'"},
        {"round,step\n", GAN_ERROR_MAGIC, "column 2 is called 'step'"},
        {"round,batch:D\n", GAN_ERROR_MAGIC, "column 2"},
        {"round,loss:D\n1,x\x1b\n", GAN_ERROR_FORMAT, "line 2, column 2: loss:D is 'x\\x1b', which is not a number"},
        {"round,loss:D\n1.5,1\n", GAN_ERROR_FORMAT, "round is '1.5', which is not a whole number"},
        {"round,loss:D\n,1\n", GAN_ERROR_FORMAT, "round is ''"},
        {"round,loss:D\n2,1\n2,1\n", GAN_ERROR_FORMAT, "line 3: rounds do not increase"},
        {"round,loss:D\n2,1,\n", GAN_ERROR_FORMAT, "line 2: it has too many columns"},
        {"round,loss:D\n2", GAN_ERROR_TRUNCATED, "line 2: the file ends within it"},
    };
    gan_context *context = test_context();
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        gan_history *history = new_history(context);
        test_file_write(test_path("file"), files[i].text, strlen(files[i].text));
        test_status(gan_history_read_csv(history, test_path("file")), files[i].status, files[i].part);
        assert_int_equal(gan_history_count(history) > 0, files[i].status == GAN_OK);
        gan_history_destroy(history);
    }
    gan_context_destroy(context);
}

/* What a spreadsheet makes of a file means what it meant. */
static void test_spreadsheet(void **state)
{
    static const char from[] =
        "\xef\xbb\xbf\"round\",\"loss:a, b\",seconds\r\n\"1\",\"NaN\",2.5\r\n2,, 1e3\r\n\r\n3,-INF,.5";
    static const char to[] = "round,\"loss:a, b\",seconds\n1,nan,2.5\n2,nan,1000\n3,-inf,0.5\n";
    char text[256];
    gan_context *context = test_context();
    gan_history *history = new_history(context);
    (void)state;
    test_file_write(test_path("from"), from, strlen(from));
    test_status(gan_history_read_csv(history, test_path("from")), GAN_OK, "");
    test_status(gan_history_write_csv(history, test_path("to")), GAN_OK, "");
    read_text(test_path("to"), text, sizeof(text));
    assert_string_equal(text, to);
    gan_history_destroy(history);
    gan_context_destroy(context);
}

static gan_status keep_round(gan_context *context, void *user)
{
    gan_round_report report = GAN_ROUND_REPORT_INIT;
    conditional_game *c = user;
    gan_history *history = NULL;
    char path[512];
    gan_status status = gan_history_create(context, &history);
    conditional_round(c, 0, 6, &report);
    strcpy(path, test_path("memory"));
    if (status == GAN_OK) status = gan_history_add_round(history, c->game, &report);
    if (status == GAN_OK) status = gan_history_write_csv(history, path);
    if (status == GAN_OK) status = gan_history_read_csv(history, path);
    if (status == GAN_OK) status = gan_history_write_png(history, path);
    gan_history_destroy(history);
    return status == GAN_ERROR_UNSUPPORTED ? GAN_OK : status;
}

static void test_failing_memory(void **state)
{
    conditional_game c = create(test_context(), "R");
    (void)state;
    assert_true(test_every_allocation_fails(keep_round, &c) >= 20);
    conditional_destroy(&c);
}

#ifdef GAN_HAVE_PNG
#include <png.h>

/* The colours of the first `count` curves of a game with many wants and no pair; returns the picture's height. */
static unsigned plot_wants(gan_context *context, int count)
{
    static char text[1 << 14];
    static unsigned char pixels[1200 * 1000 * 3];
    static const uint32_t colors[] = {0x1a6fc4, 0xe07b1f, 0x2a8c5a};
    png_image image = {.version = PNG_IMAGE_VERSION};
    gan_history *history = new_history(context);
    size_t used = (size_t)snprintf(text, sizeof(text), "round");
    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, ",loss:want of number %d", i);
    for (int row = 1; row <= 50; row++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "\n%d", row);
        for (int i = 0; i < count; i++) used += (size_t)snprintf(text + used, sizeof(text) - used, ",%d", i);
    }
    test_file_write(test_path("wants"), text, used);
    test_status(gan_history_read_csv(history, test_path("wants")), GAN_OK, "");
    test_status(gan_history_write_png(history, test_path("wants.png")), GAN_OK, "");
    gan_history_destroy(history);
    assert_true(png_image_begin_read_from_file(&image, test_path("wants.png")));
    assert_int_equal(image.width, 1200);
    assert_in_range(image.height, 1, 1000);
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
    for (int i = 0; i < 3; i++) {
        int found = 0;
        for (const unsigned char *at = pixels; at < pixels + (size_t)3 * image.width * image.height; at += 3)
            found += ((uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2]) == colors[i];
        if (i < count) assert_in_range(found, 500, 20000);
        if (i >= count) assert_int_equal(found, 0);
    }
    return image.height;
}

/* One panel, with a curve a want; a legend of several lines makes room for itself. */
static void test_plot(void **state)
{
    gan_context *context = test_context();
    (void)state;
    assert_int_equal(plot_wants(context, 1), 64 + 324 + 44);
    assert_int_equal(plot_wants(context, 3), 64 + 324 + 44);
    const unsigned tall = plot_wants(context, 12);
    assert_in_range(tall, 64 + 324 + 44 + 2 * 22, 64 + 324 + 44 + 3 * 22);
    gan_context_destroy(context);
}
#define PLOT_TESTS , cmocka_unit_test(test_plot)
#else
#define PLOT_TESTS
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),     cmocka_unit_test(test_resumed),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_read),
        cmocka_unit_test(test_spreadsheet), cmocka_unit_test(test_failing_memory) PLOT_TESTS};
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
