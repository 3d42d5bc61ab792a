"""Runs examples/domain_adaptation on made-up images for seconds: domain_adaptation.py PROGRAM"""
import pathlib
import re
import sys
import tempfile

import example_program
from example_program import write_images

COUNT, TEST_COUNT = 192, 60


def command(work, output, *options):
    return [program, "--source", work / "source", "--target", work / "target", "--test", work / "target", "--seed",
            "3", "--schedule", "40", "--quiet", "--output", work / output, *options]


def run(work, output, *options):
    return example_program.run(command(work, output, *options))[-1]


program = sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    # In the target domain everything is darker.
    write_images(work / "source", "train", COUNT, 1)
    write_images(work / "target", "train", COUNT, 2, dark=True)
    write_images(work / "target", "t10k", TEST_COUNT, 3, dark=True)
    line = run(work, "whole", "--steps", "60")
    match = re.fullmatch(r"source_only=([\d.]+) adapted=([\d.]+) target=([\d.]+)", line)
    assert match, line
    source_only, adapted, target = map(float, match.groups())
    # a quarter would be right by chance
    assert 0 <= source_only <= 1 and adapted > 0.8 and target > 0.8, line

    run(work, "halves", "--steps", "30")
    assert run(work, "halves", "--steps", "60", "--resume") == line, "resumed, it learned something else"
    for name in "source_only", "adapted", "target":
        for file in "features.safetensors", "classifier.safetensors":
            assert (work / "whole" / name / file).read_bytes() == (work / "halves" / name / file).read_bytes(), name

    example_program.refuse([program, "--source", work / "source"], 2, "--target")

    write_images(work / "large", "train", COUNT, 4, 12)
    for option in "--target", "--test":
        example_program.refuse(command(work, "none", "--steps", "1", option, work / "large"), 1,
                               "images of another size")
