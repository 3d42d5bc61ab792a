"""Runs examples/domain_adaptation on made-up images for seconds: domain_adaptation.py PROGRAM"""
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile

CLASSES, SIDE, COUNT, TEST_COUNT = 4, 8, 192, 60


def write_images(folder, prefix, count, seed, dark):
    """A class is a bright quadrant; in the target domain everything is darker."""
    draw = random.Random(seed)
    labels = [i % CLASSES for i in range(count)]
    pixels = bytearray()
    for label in labels:
        for y in range(SIDE):
            for x in range(SIDE):
                inside = (y >= SIDE // 2) * 2 + (x >= SIDE // 2) == label
                value = draw.randrange(150, 256) if inside else draw.randrange(0, 60)
                pixels.append(value // 2 if dark else value)
    folder.mkdir(exist_ok=True)
    (folder / f"{prefix}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, count, SIDE, SIDE) + pixels)
    (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, count) + bytes(labels))


def run(work, output, *options):
    command = [program, "--source", work / "source", "--target", work / "target", "--test", work / "target", "--seed",
               "3", "--schedule", "40", "--quiet", "--output", work / output, *options]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


program = sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    write_images(work / "source", "train", COUNT, 1, False)
    write_images(work / "target", "train", COUNT, 2, True)
    write_images(work / "target", "t10k", TEST_COUNT, 3, True)
    line = run(work, "whole", "--steps", "60")
    match = re.fullmatch(r"source_only=([\d.]+) adapted=([\d.]+) target=([\d.]+)", line)
    assert match, line
    source_only, adapted, target = map(float, match.groups())
    # a quarter would be right by chance
    assert 0 <= source_only <= 1 and adapted > 0.8 and target > 0.8, line

    run(work, "halves", "--steps", "30")
    assert run(work, "halves", "--steps", "30", "--resume") == line, "resumed, it learned something else"
    for name in "source_only", "adapted", "target":
        for file in "features.safetensors", "classifier.safetensors":
            assert (work / "whole" / name / file).read_bytes() == (work / "halves" / name / file).read_bytes(), name

    refused = subprocess.run([program, "--source", work / "source"], capture_output=True, text=True, timeout=60)
    assert refused.returncode == 2 and "--target" in refused.stderr, refused.stderr

    (work / "large").mkdir()
    SIDE = 12
    write_images(work / "large", "train", COUNT, 4, True)
    for options in (["--target", work / "large"], ["--test", work / "large"]):
        command = [program, "--source", work / "source", "--target", work / "target", "--test", work / "target",
                   "--steps", "1", "--output", work / "none", *options]
        refused = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60)
        assert refused.returncode == 1 and "images of another size" in refused.stderr, refused.stderr
