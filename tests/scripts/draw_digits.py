"""Draws digits from the fonts that are installed: draw_digits.py PROGRAM"""
import pathlib
import struct
import subprocess
import sys
import tempfile

COUNT, SIDE = 200, 28
FONTS = pathlib.Path("/usr/share/fonts")


def run(*options):
    return subprocess.run([sys.argv[1], *map(str, options)], capture_output=True, text=True, timeout=60)


def draw(folder, seed):
    done = run("--output", folder, "--count", COUNT, "--seed", seed)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"images={COUNT} fonts="), done.stdout
    return (folder / "train-images-idx3-ubyte").read_bytes(), (folder / "train-labels-idx1-ubyte").read_bytes()


def check(images, labels):
    assert struct.unpack(">IIII", images[:16]) == (0x803, COUNT, SIDE, SIDE)
    assert struct.unpack(">II", labels[:8]) == (0x801, COUNT)
    assert sorted(labels[8:]) == sorted(list(range(10)) * (COUNT // 10))
    pixels = images[16:]
    assert len(pixels) == COUNT * SIDE * SIDE
    for i in range(COUNT):
        image = pixels[i * SIDE * SIDE:(i + 1) * SIDE * SIDE]
        edge = image[:SIDE] + image[-SIDE:] + image[::SIDE] + image[SIDE - 1::SIDE]
        assert max(image) > 100 and 10 < sum(pixel > 50 for pixel in image) < 400, f"image {i} is not a digit"
        assert max(edge) == 0, f"image {i} is cut off"


with tempfile.TemporaryDirectory() as work:
    folder = pathlib.Path(work)
    (folder / "empty").mkdir()
    refused = run("--fonts", folder / "empty", "--output", folder / "none")
    assert refused.returncode == 1 and "no font with the digits" in refused.stderr, refused.stderr
    if not any(FONTS.rglob("*.ttf")):
        print(f"skipped: no fonts in {FONTS}")
        sys.exit(77)
    first = draw(folder / "first", 1)
    check(*first)
    assert draw(folder / "again", 1) == first, "the same seed drew something else"
    assert draw(folder / "other", 2)[0] != first[0], "another seed drew the same"
