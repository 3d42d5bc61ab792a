"""Runs examples/autoencoder on made-up images for seconds: autoencoder.py PROGRAM SAMPLE"""
import math
import pathlib
import re
import sys
import tempfile

import example_program
from example_program import SIDE, write_images

FIGURES = ("elbo", "reconstruction", "kl", "frechet", "precision", "recall")


def command(output, *options):
    return [program, "--data", work, "--seed", "3", "--batch", "32", "--samples", "100", "--quiet", "--output",
            work / output, *options]


def run(output, *options):
    return example_program.run(command(output, *options))[-1]


def read_figures(line, steps):
    match = re.fullmatch(" ".join(f"{name}=(-?[\\d.]+)" for name in FIGURES) + f" steps={steps}", line)
    assert match, line
    figures = dict(zip(FIGURES, map(float, match.groups())))
    assert abs(figures["elbo"] + figures["reconstruction"] + figures["kl"]) < 0.02, line
    assert figures["frechet"] > 0 and 0 <= figures["precision"] <= 1 and 0 <= figures["recall"] <= 1, line
    return figures


def bound_without_codes(path):
    """The best reconstruction of images by one image, their mean: the sum of each pixel's entropy."""
    pixels = path.read_bytes()[16:]
    size, total = SIDE * SIDE, 0
    for place in range(size):
        values = pixels[place::size]
        mean = sum(values) / len(values) / 255
        total -= mean * math.log(mean) + (1 - mean) * math.log(1 - mean)
    return total


def check_resumed(name, options, whole, half):
    line = run(f"{name}-whole", *options, "--steps", str(whole))
    run(f"{name}-halves", *options, "--steps", str(half))
    assert run(f"{name}-halves", *options, "--steps", str(whole - half), "--resume") == line, name
    for file in "generator.safetensors", "encoder.safetensors":
        assert (work / f"{name}-whole" / file).read_bytes() == (work / f"{name}-halves" / file).read_bytes(), file
    assert len((work / f"{name}-halves" / "losses.csv").read_text().splitlines()) == whole + 1
    return read_figures(line, whole)


program, sample = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    write_images(work, "train", 200, 1)
    write_images(work, "t10k", 60, 2)

    reached = check_resumed("vae", [], 160, 70)
    assert -reached["elbo"] < bound_without_codes(work / "t10k-images-idx3-ubyte") - 1 and reached["kl"] > 1, reached
    # four classes are log 4 nats at least, and a code of one number is enough for them
    assert check_resumed("few", ["--codes", "1"], 40, 20)["kl"] < reached["kl"] + 5

    adversarial = check_resumed("vae-gan", ["--model", "vae-gan"], 24, 9)
    assert adversarial["frechet"] != reached["frechet"]
    header = (work / "vae-gan-whole" / "losses.csv").read_text().splitlines()[0]
    assert "encoder's features" in header and "G(made again)" in header, header

    drawn = work / "drawn.npy"
    example_program.run([sample, work / "vae-whole" / "generator.safetensors", "--count", "7", "--output", drawn])
    assert drawn.stat().st_size == 128 + 7 * SIDE * SIDE * 4

    example_program.refuse(command("none", "--model", "gan"), 2, "expected vae or vae-gan")
    example_program.refuse(command("none", "--codes", "0"), 2, "--codes")
    write_images(work / "large", "t10k", 20, 4, 12)
    example_program.refuse(command("none", "--steps", "1", "--test", work / "large"), 1, "large: images of ")
    write_images(work / "untested", "train", 40, 5)
    example_program.refuse(command("none", "--steps", "1", "--data", work / "untested"), 1,
                           "no MNIST-format test images")
    example_program.refuse(command("vae-whole", "--model", "vae-gan", "--steps", "1", "--resume"), 1,
                           "has no libgan.discriminator")
    example_program.refuse(command("vae-whole", "--codes", "3", "--steps", "1", "--resume"), 1, "ARCHITECTURE")
    example_program.interrupt([word for word in command("stopped", "--steps", "1000000") if word != "--quiet"])
    assert (work / "stopped" / "checkpoint.safetensors").exists()
