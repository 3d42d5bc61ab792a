"""Runs examples/augmentation on made-up images for seconds: augmentation.py PROGRAM"""
import pathlib
import random
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time

CLASSES, COUNT, SIDE = 4, 160, 8
NAMES = "plain", "classical", "gan", "both"


def write_images(folder, part, seed, side=SIDE):
    """A class is a bright quadrant, in the midst of noise."""
    draw = random.Random(seed)
    labels = [i % CLASSES for i in range(COUNT)]
    pixels = bytearray()
    for label in labels:
        for y in range(side):
            for x in range(side):
                inside = (y >= side // 2) * 2 + (x >= side // 2) == label
                pixels.append(draw.randrange(150, 256) if inside else draw.randrange(0, 60))
    (folder / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, COUNT, side, side) + pixels)
    (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, COUNT) + bytes(labels))


def command(work, output, *options):
    # mirrored, a quadrant is another class
    words = [program, "--data", work, "--per-class", "4", "--no-mirror", "--seed", "3", "--threads", "1",
             "--output", work / output, *options]
    return [str(word) for word in words]


def start(work, output, *options):
    return subprocess.run(command(work, output, *options), capture_output=True, text=True, timeout=110)


def run(work, output, *options):
    done = start(work, output, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def refuse(work, status, sentence, *options):
    done = start(work, "refused", *options)
    assert done.returncode == status and sentence in done.stderr, done.stderr


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
    done = subprocess.run(words, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    plain, classical, _, _ = read_figures(done.stdout.splitlines()[-1])
    assert plain > 0.9 and classical < 0.75, done.stdout


def check_interruption(work):
    process = subprocess.Popen(command(work, "interrupted", "--minutes", "10"), stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "Ctrl-C saves" in line:
            break
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 130, process.returncode
    assert (work / "interrupted" / "generator-1" / "checkpoint.safetensors").stat().st_size > 0
    assert not (work / "interrupted" / "plain-1").exists(), "interrupted, it went on"


program = sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    write_images(work, "train", 1)
    write_images(work, "t10k", 2)
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
        (work / name).mkdir()
        write_images(work / name, "train", 1, 12)
    refuse(work, 1, "images of another size", "--test", work / "large")
    refuse(work, 1, "no MNIST-format test images", "--data", work / "untested")
    refuse(work, 1, "per_class", "--per-class", "1000")
    refuse(work, 2, "expected a number", "--share", "1")
