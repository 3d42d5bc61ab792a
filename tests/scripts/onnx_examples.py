#!/usr/bin/env python3
"""Trains small models by the example programs, and compares ONNX Runtime with libgan on all that they saved:
onnx_examples.py WRITE_MODELS PROGRAM...
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

from example_program import run, write_images
from onnx_models import compare_files

write_models = pathlib.Path(sys.argv[1]).resolve()
programs = {pathlib.Path(path).name: pathlib.Path(path).resolve() for path in sys.argv[2:]}
SMALL = ["--steps", "2", "--quiet"]
JOBS = {
    "autoencoder": [["--data", "data", "--test", "data", "--model", kind, "--output", f"autoencoder-{kind}",
                     "--samples", "40", *SMALL] for kind in ("vae", "vae-gan")],
    "conditional": [["--data", "data", "--output", "conditional", "--batch", "4", "--samples", "40", *SMALL]],
    "dcgan": [["--data", "data", "--output", f"dcgan-{recipe}", "--recipe", recipe, "--batch", "4", *SMALL]
              for recipe in ("stable", "dcgan")],
    "infogan": [["--data", "data", "--output", "infogan", *SMALL]],
    "minimal": [[]],
    "mnist_gan": [["--data", "data", "--output", f"mnist-{len(recipe)}", *recipe, "--batch", "16",
                   "--steps", "20", "--quiet"] for recipe in ([], ["--recipe", "bare"])],
    "semi_supervised": [["--data", "data", "--labels", "8", "--output", "semi", *SMALL]],
    "stacked_mnist": [["--data", "data", "--output", "stacked", "--steps", "3", "--batch", "2", "--samples", "40"]],
    "table": [["--data", "table.csv", "--output", "like.csv", "--folder", "table", *SMALL]],
    "text": [["--words", "words", "--width", "4", "--batch", "8", "--samples", "9", "--output", "text", *SMALL]],
    "translate": [["--data", "outlines", "--size", "32", "--filters", "2", "--output", "translated", *SMALL]],
    "video": [["--data", "data", "--batch", "2", "--samples", "4", "--output", "video", *SMALL]],
}


def is_model(path):
    """Checkpoints say what they are."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    metadata = header.get("__metadata__", {})
    return "libgan.architecture" in metadata and "libgan.kind" not in metadata


def make_data(work):
    for part in "train", "t10k":
        write_images(work / "data", part, 64, 1, side=28)
    rows = [f"{'ab'[i % 2]},{i},{i / 4}" for i in range(60)]
    (work / "table.csv").write_text("\n".join(["kind,size,price", *rows]) + "\n")
    letters = "abcdefg"
    (work / "words").write_text("".join(f"{letters[i % 5]}{letters[i % 7]}{letters[i % 3]}\n" for i in range(60)))
    if "translate" in JOBS and "draw_outlines" in programs:
        run([programs["draw_outlines"], "--data", work / "data", "--output", work / "outlines", "--count", "30"])


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        make_data(work)
        for name, jobs in JOBS.items():
            if name not in programs or name == "translate" and not (work / "outlines").exists():
                print(f"{name} is not built, or lacks pictures")
                continue
            for job in jobs:
                done = subprocess.run([str(programs[name]), *job], capture_output=True, text=True, cwd=work, timeout=200)
                assert done.returncode == 0, (name, job, done.stderr)
        models = sorted(path.relative_to(work) for path in work.rglob("*.safetensors") if is_model(path))
        assert len(models) >= len(JOBS), models
        (work / "onnx").mkdir()
        done = subprocess.run([write_models, "onnx", "0", *models], capture_output=True, text=True, cwd=work)
        assert done.returncode == 0, done.stdout + done.stderr
        return compare_files(work / "onnx", len(models))


if __name__ == "__main__":
    sys.exit(main())
