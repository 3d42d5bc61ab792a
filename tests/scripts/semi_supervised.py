"""Runs examples/semi_supervised on made-up images for seconds: semi_supervised.py PROGRAM"""
import pathlib
import re
import sys
import tempfile

import example_program
from example_program import CLASSES, write_images

COUNT, TEST_COUNT, LABELS = 160, 40, 8


def command(work, output, *options):
    return [program, "--data", work, "--labels", str(LABELS), "--seed", "3", "--output", work / output, *options]


def run(work, output, *options):
    return example_program.run(command(work, output, *options), seconds=250)


def refuse(work, status, sentence, *options):
    example_program.refuse(command(work, "refused", *options), status, sentence, seconds=250)


def check_labelled(line, labels):
    """As many of each class, none of them held out for the test."""
    prefix = "draw 1, labelled: "
    assert line.startswith(prefix), line
    numbers = [int(word) for word in line[len(prefix):].split()]
    assert len(set(numbers)) == LABELS and max(numbers) < COUNT - TEST_COUNT, line
    for label in range(CLASSES):
        assert sum(labels[number] == label for number in numbers) == LABELS // CLASSES, line


def check_results(line):
    match = re.fullmatch(r"errors=(\d+) of=(\d+) labelled_only=(\d+) all_labels=(\d+)", line)
    assert match, line
    wrong, total, labelled_only, all_labels = map(int, match.groups())
    assert total == TEST_COUNT, line
    # three quarters would be wrong by chance
    assert wrong <= 4 and labelled_only <= 10 and all_labels == 0, line


def check_draws(lines):
    assert lines[0] != lines[1].replace("draw 2", "draw 1"), "both draws chose the same labels"
    assert re.fullmatch(r"draw 2: errors=\d+ labelled_only=\d+", lines[3]), lines
    assert lines[4].startswith("deviations over the draws: errors="), lines
    assert re.fullmatch(r"errors=[\d.]+ of=40 labelled_only=[\d.]+ all_labels=\d+", lines[5]), lines


program = sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    labels = write_images(work, "train", COUNT, 1)
    whole = run(work, "whole", "--steps", "80")
    check_labelled(whole[0], labels)
    check_results(whole[-1])

    run(work, "halves", "--steps", "40")
    assert run(work, "halves", "--steps", "80", "--resume") == whole, "resumed, it learned something else"
    for name in "semi-supervised-1", "labelled-only-1", "all-labels":
        file = f"{name}/classifier.safetensors"
        assert (work / "whole" / file).read_bytes() == (work / "halves" / file).read_bytes(), f"{file} differs"

    check_draws(run(work, "draws", "--steps", "2", "--draws", "2"))
    tested = run(work, "tested", "--steps", "2", "--test", work)
    assert re.fullmatch(r"errors=\d+ of=160 labelled_only=\d+ all_labels=\d+", tested[-1]), tested

    write_images(work / "large", "train", COUNT, 1, 12)
    refuse(work, 1, "images of another size", "--test", work / "large")
    refuse(work, 2, "not a multiple of the 4 classes", "--labels", "7")
