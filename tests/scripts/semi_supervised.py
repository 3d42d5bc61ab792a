"""Runs examples/semi_supervised on made-up images for seconds: semi_supervised.py PROGRAM"""
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile

CLASSES, COUNT, TEST_COUNT, LABELS = 4, 160, 40, 8


def write_images(folder, side=8):
    """A class is a bright quadrant, in the midst of noise."""
    draw = random.Random(1)
    labels = [i % CLASSES for i in range(COUNT)]
    pixels = bytearray()
    for label in labels:
        for y in range(side):
            for x in range(side):
                inside = (y >= side // 2) * 2 + (x >= side // 2) == label
                pixels.append(draw.randrange(150, 256) if inside else draw.randrange(0, 60))
    (folder / "train-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, COUNT, side, side) + pixels)
    (folder / "train-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, COUNT) + bytes(labels))
    return labels


def start(work, output, *options):
    command = [program, "--data", work, "--labels", str(LABELS), "--seed", "3", "--output", work / output, *options]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=250)


def run(work, output, *options):
    done = start(work, output, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def refuse(work, status, sentence, *options):
    done = start(work, "refused", *options)
    assert done.returncode == status and sentence in done.stderr, done.stderr


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
    labels = write_images(work)
    whole = run(work, "whole", "--steps", "80")
    check_labelled(whole[0], labels)
    check_results(whole[-1])

    run(work, "halves", "--steps", "40")
    assert run(work, "halves", "--steps", "40", "--resume") == whole, "resumed, it learned something else"
    for name in "semi-supervised-1", "labelled-only-1", "all-labels":
        file = f"{name}/classifier.safetensors"
        assert (work / "whole" / file).read_bytes() == (work / "halves" / file).read_bytes(), f"{file} differs"

    check_draws(run(work, "draws", "--steps", "2", "--draws", "2"))
    tested = run(work, "tested", "--steps", "2", "--test", work)
    assert re.fullmatch(r"errors=\d+ of=160 labelled_only=\d+ all_labels=\d+", tested[-1]), tested

    (work / "large").mkdir()
    write_images(work / "large", 12)
    refuse(work, 1, "images of another size", "--test", work / "large")
    refuse(work, 2, "not a multiple of the 4 classes", "--labels", "7")
