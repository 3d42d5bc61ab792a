#!/usr/bin/env python3
"""Trains, saves, loads and samples by the binding: LIBGAN=libgan.so test_libgan.py"""
import os
import tempfile

import libgan

SQUARE = [[-1, -1], [-1, 1], [1, -1], [1, 1]]


def main():
    context = libgan.Context(threads=2)
    generator = context.model([2, 16, 2], seed=1)
    discriminator = context.model([2, 16, 1], seed=2)
    trainer = context.trainer(generator, discriminator, batch=4, learning_rate=1e-3)
    before = generator.sample(3, seed=7)
    for _ in range(5):
        losses = trainer.step(SQUARE)
    assert all(0 < loss < 10 for loss in losses), losses
    after = generator.sample(3, seed=7)
    assert [list(row) for row in after] != [list(row) for row in before], "training changed nothing"
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "generator.safetensors")
        generator.save(path)
        loaded = context.load(path)
        try:
            context.load(path + "\0.old")
        except ValueError as error:
            assert "null character" in str(error), error
        else:
            raise AssertionError("another file than the one that was named was loaded")
    assert [list(row) for row in loaded.sample(3, seed=7)] == [list(row) for row in after], "loading changed it"

    try:
        context.load("no such file")
    except libgan.Error as error:
        assert "GAN_ERROR_NOT_FOUND" in str(error) and "no such file" in str(error), error
    else:
        raise AssertionError("a file that is not there was loaded")
    try:
        context.trainer(generator, discriminator, batch=-1)
    except libgan.Error as error:
        assert "GAN_ERROR_BATCH" in str(error), error
    else:
        raise AssertionError("a batch of -1 was taken")
    del context, generator  # what is left keeps what it needs
    trainer.step(SQUARE)
    print(f"losses {losses[0]:.3f} {losses[1]:.3f}, {len(after)} samples")


if __name__ == "__main__":
    main()
