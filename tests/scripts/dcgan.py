"""Trains examples/dcgan on folders of made-up pictures for a few steps: dcgan.py PROGRAM"""
import base64
import os
import pathlib
import re
import sys
import tempfile

import example_program
from pictures import GREY, RGB, read_png, write_png

SIDE = 40  # of the files, which are scaled
program = pathlib.Path(sys.argv[1]).resolve()


def command(data, output, *options):
    return [program, "--data", data, "--output", output, "--batch", "2", "--filters", "16", "--seed", "3", "--threads", "1",
            "--quiet", *options]


def run(*words):
    return example_program.run(command(*words))[-1]


def make_pictures(folder, colour, count=6):
    for i in range(count):
        where = pathlib.Path(folder, f"kind{i % 2}")
        where.mkdir(parents=True, exist_ok=True)
        bright = (lambda x, y, i=i: (x * 6, y * 6, 40 * i)) if colour else (lambda x, y, i=i: x * 6 * (i + 1) // 6)
        write_png(where / f"{i}.png", SIDE, SIDE, bright, RGB if colour else GREY)


def same(a, b):
    return pathlib.Path(a).read_bytes() == pathlib.Path(b).read_bytes()


def check_colour():
    """Grid of 8 x 8 samples; saved and resumed equals never stopped."""
    line = run("colour", "whole", "--steps", "3")
    assert re.fullmatch(r"frechet=\S+ frechet_of_data=\S+ steps=3 discriminator_loss=\S+ generator_loss=\S+", line), line
    width, height, channels, _ = read_png(pathlib.Path("whole/samples.png"))
    assert (width, height, channels) == (8 * 66 - 2, 8 * 66 - 2, 3), (width, height, channels)
    run("colour", "parts", "--steps", "1")
    assert run("colour", "parts", "--steps", "2", "--resume") == line
    for name in "generator.safetensors", "samples.png":
        assert same(f"whole/{name}", f"parts/{name}"), name


def check_sizes():
    """A stage more for each doubling, and grey pictures make grey samples."""
    sizes = {}
    for size in "32", "64":
        run("grey", f"grey{size}", "--steps", "1", "--size", size)
        assert read_png(pathlib.Path(f"grey{size}/samples.png"))[2] == 1
        sizes[size] = os.path.getsize(f"grey{size}/discriminator.safetensors")
    assert sizes["64"] > 4 * sizes["32"], sizes
    run("grey", "narrow", "--steps", "1", "--filters", "4")
    assert os.path.getsize("narrow/discriminator.safetensors") < sizes["64"] / 8
    example_program.refuse(command("grey", "none", "--size", "60"), 1, "multiples of 8")
    example_program.refuse(command("grey", "none", "--size", "8"), 2, "expected a whole number from 16 to 1024")


def check_report():
    """Its pictures are smaller than large ones are."""
    run("few", "large", "--steps", "1", "--size", "160", "--filters", "1", "--half-life", "0")
    assert read_png(pathlib.Path("large/samples.png"))[:2] == (8 * 162 - 2, 8 * 162 - 2)
    png = re.search('"png":"([^"]*)"', pathlib.Path("large/report.html").read_text()).group(1)
    pathlib.Path("reported.png").write_bytes(base64.b64decode(png))
    assert read_png(pathlib.Path("reported.png"))[:3] == (8 * 82 - 2, 8 * 82 - 2, 3)


def check_refusals():
    example_program.write_images(pathlib.Path("digits"), "train", 8, 1)
    example_program.refuse(command("digits", "none", "--size", "64"), 2, "--size: it has no effect without a folder")
    example_program.refuse(command("empty", "none"), 1, "empty: no MNIST-format training images")
    example_program.refuse(command("empty", "none", "--size", "32"), 1, "empty: no PNG or JPEG files there")
    example_program.refuse(command("colour", "colour"), 2, "this is the folder colour, whose pictures are read")
    make_pictures("broken", True)
    pathlib.Path("broken/kind0/0.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    example_program.refuse(command("broken", "none", "--steps", "1"), 1, "broken/kind0/0.png")
    assert not os.path.exists("none"), "an empty folder was left"


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    os.mkdir("empty")
    make_pictures("colour", True)
    make_pictures("grey", False)
    check_colour()
    check_sizes()
    make_pictures("few", True, 3)
    check_report()
    check_refusals()
