"""Runs examples/video on made-up images for seconds: video.py PROGRAM PICTURES"""
import pathlib
import re
import struct
import sys
import tempfile
import zlib

import example_program
from example_program import write_images

FRAMES, SIDE, VIDEOS, BORDER = 16, 32, 4, 2
FIGURES = re.compile(r"motion=([\d.]+) motion_of_data=([\d.]+) motion_still=([\d.]+) motion_shuffled=([\d.]+) "
                     r"frechet=([\d.e+-]+) frechet_of_data=([\d.e+-]+) steps=(\d+)")


def command(output, *options):
    return [program, "--data", work / "data", "--batch", "4", "--samples", "40", "--seed", "3", "--threads", "1",
            "--output", work / output, *options]


def run(output, *options):
    return example_program.run(command(output, *options), seconds=250)


def refuse(status, sentence, *options):
    example_program.refuse(command("refused", *options), status, sentence)


def read_animation(path):
    """The frames of a grey animated PNG, each a list of rows; every chunk must be as the standard says."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, sequence, packed, kinds = 8, 0, [], []
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size:at + 12 + size])[0] == zlib.crc32(kind + body), kind
        at += 12 + size
        kinds.append(kind)
        if kind == b"IHDR":
            width, height, *rest = struct.unpack(">IIBBBBB", body)
            assert rest == [8, 0, 0, 0, 0], rest
        elif kind == b"acTL":
            assert struct.unpack(">II", body) == (FRAMES, 0)
        elif kind == b"fcTL":
            assert struct.unpack(">IIIIIHHBB", body) == (sequence, width, height, 0, 0, 8, 100, 0, 0), body
            sequence += 1
        elif kind == b"IDAT":
            packed.append(body)
        elif kind == b"fdAT":
            assert struct.unpack(">I", body[:4])[0] == sequence
            sequence += 1
            packed.append(body[4:])
    assert kinds == [b"IHDR", b"acTL", b"fcTL", b"IDAT", *[b"fcTL", b"fdAT"] * (FRAMES - 1), b"IEND"], kinds
    frames = []
    for body in packed:
        rows = zlib.decompress(body)
        assert len(rows) == height * (width + 1) and set(rows[::width + 1]) == {0}
        frames.append([rows[y * (width + 1) + 1:(y + 1) * (width + 1)] for y in range(height)])
    return frames


def check_motion(path):
    """The data, on the right, are two images that move in straight lines and stay in their frame: of a made-up image
    a quarter is bright, so that some pixels are, in every frame, and other ones later."""
    frames = read_animation(path)
    step = SIDE + BORDER
    assert (len(frames[0]), len(frames[0][0])) == (VIDEOS * step - BORDER, 2 * VIDEOS * step)
    for video in range(VIDEOS):
        left = (VIDEOS + video) * step + BORDER
        boxes = []
        for frame in frames:
            bright = [(y, x) for y in range(SIDE) for x in range(SIDE) if frame[y][left + x] > 140]
            assert 4 <= len(bright) <= 8, (video, len(bright))
            boxes.append(bright)
        assert boxes[0] != boxes[-1], "it does not move"
        for before, after in zip(boxes, boxes[1:]):
            for y, x in after:
                assert min(max(abs(y - v), abs(x - u)) for v, u in before) <= 3, "it jumps"


def check_videos():
    lines = run("whole", "--steps", "60")
    match = FIGURES.fullmatch(lines[-1])
    assert match, lines
    motion, of_data, still, shuffled, frechet, frechet_of_data, steps = map(float, match.groups())
    assert steps == 60 and 0 < of_data < 0.3 < still < 2 < shuffled, lines
    assert of_data < motion and 0 < frechet_of_data < frechet, lines
    begun = run("begun", "--steps", "1")
    assert frechet < 0.8 * float(FIGURES.fullmatch(begun[-1])[5]), (lines, begun)
    check_motion(work / "whole/samples.png")
    if pictures:
        assert (work / "whole/frames.png").stat().st_size > 0
    return lines


def check_resumed(whole):
    run("halves", "--steps", "25")
    assert run("halves", "--steps", "35", "--resume") == whole, "resumed, it learned something else"
    for name in "generator.safetensors", "samples.png":
        assert (work / "whole" / name).read_bytes() == (work / "halves" / name).read_bytes(), f"{name} differs"
    refuse(2, "has seed 3, which cannot be changed", "--output", work / "halves", "--resume", "--seed", "4",
           "--steps", "1")


def check_refusals():
    refuse(1, "nothing", "--data", work / "nothing")
    write_images(work / "odd", "train", 8, 1, 7)
    refuse(1, "images of 7 x 7 pixels", "--data", work / "odd")
    write_images(work / "large", "train", 4, 1, 50)
    refuse(1, "images of 50 x 50 pixels, expected at most 48 x 48", "--data", work / "large")
    refuse(2, "there are only 3 videos", "--videos", "3")


program, pictures = sys.argv[1], sys.argv[2] == "yes"
with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    write_images(work / "data", "train", 40, 1)
    check_resumed(check_videos())
    check_refusals()
