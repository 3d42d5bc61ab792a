"""Runs examples/augmentation on made-up images for seconds: augmentation.py PROGRAM"""
import pathlib
import re
import sys
import tempfile

import example_program
from example_program import write_images

COUNT = 160
NAMES = "plain", "classical", "gan", "both"


def command(work, output, *options):
    # mirrored, a quadrant is another class
    return [program, "--data", work, "--per-class", "4", "--no-mirror", "--seed", "3", "--threads", "1",
            "--output", work / output, *options]


def run(work, output, *options):
    return example_program.run(command(work, output, *options))


def refuse(work, status, sentence, *options):
    example_program.refuse(command(work, "refused", *options), status, sentence)


def read_figures(line, prefix=""):
    share = r"(\d\.\d{4})"
    match = re.fullmatch(prefix + " ".join(f"{name}={share}" for name in NAMES), line)
    assert match, line
    return [float(text) for text in match.groups()]


def check_same_files(work, one, other):
    for name in "generator-1/generator", *(f"{training}-1/classifier" for training in NAMES):
        file = f"{name}.safetensors"
        assert (work / one / file).read_bytes() == (work / other / file).read_bytes(), f"{file} differs"


def check_mirroring(work):
    """Without --no-mirror, the classes of mirrored quadrants are wrong, and classifiers learn both."""
    words = [word for word in command(work, "mirrored", "--steps", "1", "--updates", "120") if word != "--no-mirror"]
    lines = example_program.run(words)
    plain, classical, _, _ = read_figures(lines[-1])
    assert plain > 0.9 and classical < 0.75, lines


def check_interruption(work):
    example_program.interrupt(command(work, "interrupted", "--minutes", "10"))
    assert (work / "interrupted" / "generator-1" / "checkpoint.safetensors").stat().st_size > 0
    assert not (work / "interrupted" / "plain-1").exists(), "interrupted, it went on"


program = sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    write_images(work, "train", COUNT, 1)
    write_images(work, "t10k", COUNT, 2)
    whole = run(work, "whole", "--steps", "40", "--updates", "120")
    assert len(whole) == 1, whole
    plain, classical, gan, both = read_figures(whole[0])
    # a quarter would be right by chance
    assert plain > 0.9 and classical > 0.9 and gan > 0.6 and both > 0.6, whole

    # Steps and updates are totals: what had taken some goes on, what had taken all is only tested again.
    run(work, "halves", "--steps", "20", "--updates", "50")
    assert run(work, "halves", "--steps", "40", "--updates", "120", "--resume") == whole, "resumed, it differs"
    check_same_files(work, "whole", "halves")
    assert run(work, "halves", "--steps", "40", "--updates", "120", "--resume") == whole, "tested again, it differs"

    lines = run(work, "draws", "--steps", "2", "--updates", "2", "--draws", "2")
    first, second = read_figures(lines[0], "draw 1: "), read_figures(lines[1], "draw 2: ")
    deviations, means = read_figures(lines[2], "deviations over the draws: "), read_figures(lines[3])
    assert first != second, "both draws chose the same images"
    for i in range(len(NAMES)):
        assert abs(means[i] - (first[i] + second[i]) / 2) < 2e-4, lines
        assert abs(deviations[i] - abs(first[i] - second[i]) / 2 ** 0.5) < 2e-4, lines

    check_mirroring(work)
    check_interruption(work)
    for name in "large", "untested":
        write_images(work / name, "train", COUNT, 1, 12)
    refuse(work, 1, "images of another size", "--test", work / "large")
    refuse(work, 1, "no MNIST-format test images", "--data", work / "untested")
    refuse(work, 1, "per_class", "--per-class", "1000")
    refuse(work, 2, "expected a number", "--share", "1")
