/* Games through libgan.hpp: their datasets move, arrays are counted, and what a callback throws comes out. */
#include "expect.hpp"

#include <memory>
#include <stdexcept>
#include <vector>

namespace
{

gan::model dense_model(const gan::context &context, int64_t inputs, int64_t outputs, uint64_t seed)
{
    gan::model model(context);
    model.add(gan::input(context, {inputs}), gan::dense(context, outputs));
    model.build(seed);
    return model;
}

/* D judges pairs of numbers and G makes them. */
struct pairs_game {
    explicit pairs_game(const gan::context &context)
        : generator(dense_model(context, 3, 2, 1)), discriminator(dense_model(context, 2, 1, 2)),
          game(context, gan_game_options{})
    {
        x = game.input("pair", {2});
        const gan::term real = game.apply(discriminator, {x});
        const gan::term fake = game.apply(discriminator, {game.apply(generator, {game.noise("noise", {3})})});
        const gan::player d = game.add_player("discriminator", discriminator);
        const gan::player g = game.add_player("generator", generator);
        game.want(d, 1, gan_discriminator_loss(GAN_LOSS_NON_SATURATING, real, fake, nullptr));
        game.want(g, 1, gan_generator_loss(GAN_LOSS_NON_SATURATING, real, fake));
        game.build();
    }
    gan::model generator, discriminator;
    gan::game game;
    gan::term x{};
};

gan::dataset pairs(const gan::context &context)
{
    return gan::dataset::from_array(context, {2}, std::vector<float>(128, 0.5f));
}

gan_game_run_options rounds(int64_t count)
{
    gan_game_run_options options = {};
    options.rounds = count;
    return options;
}

void test_arrays_are_counted()
{
    const gan::context context;
    pairs_game pairs(context);
    const std::vector<float> values(64, 0.5f);
    EXPECT(pairs.game.round({values.data()}, 32).round == 1);
    EXPECT_ERROR(GAN_ERROR_SHAPE, "expected 1", pairs.game.round({}, 32));
    const std::optional<gan_round_report> second = pairs.game.round_some({values.data()}, 32, 1000000000);
    EXPECT(second && second->round == 2);
    EXPECT_ERROR(GAN_ERROR_SHAPE, "expected 1", pairs.game.round_some({}, 32, 1));
    EXPECT_ERROR(GAN_ERROR_SHAPE, "expected 1", pairs.game.round({values.data(), values.data()}, 32));
}

void test_a_fed_dataset_moves()
{
    const gan::context context;
    pairs_game pairs_played(context);
    auto first = std::make_unique<gan::dataset>(pairs(context));
    pairs_played.game.feed(pairs_played.x, *first, "sample");
    const gan::dataset moved = std::move(*first);
    first.reset();
    EXPECT(pairs_played.game.run(rounds(2)));
    EXPECT(!pairs_played.game.run(rounds(2), [](const gan_round_report &) { return true; }));
}

void test_a_replaced_dataset_may_go()
{
    const gan::context context;
    pairs_game pairs_played(context);
    auto first = std::make_unique<gan::dataset>(pairs(context));
    gan::dataset second = pairs(context);
    pairs_played.game.feed(pairs_played.x, *first, "sample");
    pairs_played.game.feed(pairs_played.x, second, "sample");
    first.reset();
    EXPECT(!pairs_played.game.run(rounds(2), [](const gan_round_report &) { return true; }));
}

void test_exceptions_come_out()
{
    const gan::context context;
    pairs_game pairs_played(context);
    gan::dataset data = pairs(context);
    pairs_played.game.feed(pairs_played.x, data, "sample");
    bool thrown = false;
    try {
        pairs_played.game.run(rounds(2), [](const gan_round_report &) { throw std::range_error("enough"); });
    } catch (const std::range_error &error) {
        thrown = std::strcmp(error.what(), "enough") == 0;
    }
    EXPECT(thrown);
}

} // namespace

int main()
{
    try {
        test_arrays_are_counted();
        test_a_fed_dataset_moves();
        test_a_replaced_dataset_may_go();
        test_exceptions_come_out();
    } catch (const gan::error &error) {
        std::printf("%s: %s\n", gan_status_name(error.status()), error.what());
        return 1;
    }
    return failures > 0;
}
