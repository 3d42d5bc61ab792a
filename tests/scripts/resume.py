"""Resumes trainings with other settings, which are taken and said: resume.py MNIST_GAN TEXT"""
import pathlib
import shutil
import sys
import tempfile

import example_program
from example_program import write_images


def train(program, output, *options):
    """Returns what it says, and the generator that it makes."""
    data = ["--words", work / "words"] if program == text else ["--data", work]
    done = example_program.start([program, *data, "--output", work / output, "--threads", "1", *options], 100)
    assert done.returncode == 0, done.stderr
    return done.stderr, (work / output / "generator.safetensors").read_bytes()


def check(program, step, first, *changes):
    """The same checkpoint, resumed as it was and with each change: that is said, and leads elsewhere."""
    train(program, "before", "--quiet", "--steps", str(step), *first)
    made = {}
    for change in ((), *changes):
        shutil.rmtree(work / "after", ignore_errors=True)
        shutil.copytree(work / "before", work / "after")
        said, made[change] = train(program, "after", "--resume", "--steps", "3", *first, *change)
        sentence = f"resumed after step {step}"
        assert sentence in said, said
        line = next(line for line in said.splitlines() if line.startswith(sentence))
        for i in range(0, len(first + change), 2):
            assert " ".join((first + change)[i:i + 2]) in line, (line, change)
    assert len(set(made.values())) == 1 + len(changes), [change for change in made]


mnist_gan, text = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
with tempfile.TemporaryDirectory() as name:
    work = pathlib.Path(name)
    write_images(work, "train", 96, 1)
    (work / "words").write_text("".join(f"{a}{b}{a}\n" for a in "abcdefgh" for b in "aeiou") * 4)
    check(mnist_gan, 4, ("--batch", "8"), ("--learning-rate", "0.01"), ("--discriminator-rate", "0.01"),
          ("--batch", "4"), ("--r1", "5"), ("--loss", "hinge"), ("--discriminator-steps", "2"))
    check(text, 3, ("--batch", "8", "--width", "8", "--blocks", "1"), ("--learning-rate", "0.01"), ("--batch", "4"))
print("resume: ok")
