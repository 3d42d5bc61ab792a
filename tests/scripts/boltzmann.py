"""Runs examples/boltzmann on made-up images for seconds: boltzmann.py PROGRAM"""
import csv
import pathlib
import random
import re
import sys
import tempfile

import example_program
from example_program import SIDE, write_images

FIGURES = ("reconstruction", "frechet", "precision", "recall", "free_energy_gap")


def command(output, *options):
    return [program, "--data", work, "--seed", "3", "--batch", "20", "--hidden", "32", "--samples", "100", "--burn-in",
            "50", "--quiet", "--output", work / output, *options]


def run(output, *options):
    return example_program.run(command(output, *options))[-1]


def read_figures(line, steps):
    match = re.fullmatch(" ".join(f"{name}=(-?[\\d.]+)" for name in FIGURES) + f" steps={steps}", line)
    assert match, line
    return dict(zip(FIGURES, map(float, match.groups())))


def read_rows(output):
    with open(work / output / "losses.csv", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def write_random_images(folder, part, count, seed):
    """Each pixel black or white, and nothing to be learned from one image about another."""
    write_images(folder, part, count, seed)
    draw = random.Random(seed)
    path = folder / f"{part}-images-idx3-ubyte"
    head = path.read_bytes()[:16]
    path.write_bytes(head + bytes(draw.choice((0, 255)) for _ in range(count * SIDE * SIDE)))


program = sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    write_images(work, "train", 200, 1)
    write_images(work, "t10k", 60, 2)

    line = run("whole", "--steps", "450")
    reached, start = read_figures(line, 450), read_figures(run("start", "--steps", "1"), 1)
    # Bright quadrants are made again, and dreamt of, better than by a machine that knows nothing.
    assert reached["reconstruction"] < 0.8 * start["reconstruction"], (line, start)
    assert reached["frechet"] < 0.5 * start["frechet"], (line, start)
    rows = read_rows("whole")
    assert [row["step"] for row in rows] == [100, 200, 300, 400], rows
    assert rows[-1]["reconstruction"] < rows[0]["reconstruction"], rows

    run("halves", "--steps", "150")
    assert run("halves", "--steps", "300", "--resume") == line, "resumed, it learned something else"
    for file in "checkpoint.safetensors", "losses.csv", "samples.png", "filters.png":
        if (work / "whole" / file).exists():
            assert (work / "whole" / file).read_bytes() == (work / "halves" / file).read_bytes(), file

    # A large machine learns each of a few random images by heart: the free energy of others stays behind.
    write_random_images(work / "few", "train", 16, 4)
    write_random_images(work / "few", "t10k", 60, 5)
    options = "--data", work / "few", "--hidden", "200", "--batch", "16"
    early, late = (read_figures(run(f"few-{steps}", *options, "--steps", str(steps)), steps) for steps in (1, 500))
    assert abs(early["free_energy_gap"]) < 5 and late["free_energy_gap"] > 30, (early, late)

    assert run("further", "--steps", "450", "--k", "3") != line
    assert read_figures(run("cd", "--steps", "450", "--method", "cd"), 450) != reached
    example_program.refuse(command("none", "--method", "none"), 2, "expected pcd or cd")
    example_program.refuse(command("none", "--k", "0"), 2, "--k")
    example_program.refuse(command("whole", "--hidden", "33", "--steps", "1", "--resume"), 1, "ARCHITECTURE")
    example_program.refuse(command("whole", "--seed", "4", "--steps", "1", "--resume"), 2, "has seed 3")
    write_images(work / "large", "t10k", 20, 5, 12)
    example_program.refuse(command("none", "--steps", "1", "--test", work / "large"), 1, "large: images of ")
    example_program.interrupt([word for word in command("stopped", "--steps", "1000000") if word != "--quiet"])
    assert (work / "stopped" / "checkpoint.safetensors").exists()
