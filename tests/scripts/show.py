"""Pictures in a terminal, and none where there is no terminal: show.py MNIST_GAN PICTURES"""
import fcntl
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios

import example_program
from example_program import SIDE, write_images

CELL = re.compile(r"\x1b\[38;2;(\d+);(\d+);(\d+)m\x1b\[48;2;(\d+);(\d+);(\d+)m\u2580")


def command(output):
    return [str(word) for word in (mnist_gan, "--data", work, "--output", work / output, "--threads", "1", "--batch", "8",
                                   "--steps", "3", "--quiet", "--show")]


def run_in_terminal(output, columns, kind="xterm-256color"):
    """What it writes to a terminal of that width."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(command(output), stdout=subprocess.DEVNULL, stderr=its,
                               env={**os.environ, "TERM": kind})
    os.close(its)
    data = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        data += piece
    os.close(ours)
    assert process.wait(100) == 0
    return data.decode()


def check_drawn(text, columns, across):
    lines = [line for line in text.split("\r\n") if "\u2580" in line]
    assert "samples after step 3:" in text
    assert len(lines) == 2 * SIDE // 2, len(lines)  # two rows of images, two pixels a character
    for line in lines:
        cells = CELL.findall(line)
        assert len(cells) == across * SIDE, (len(cells), across)
        assert len(cells) + across <= columns
        assert all(0 <= int(value) <= 255 for cell in cells for value in cell)
        assert re.fullmatch(r"( |\x1b\[0m)*", CELL.sub("", line)), line
        assert line.endswith("\x1b[0m ")


mnist_gan, pictures = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2] == "yes"
if not pictures:
    print("skipped: there are no pictures without libpng")
    sys.exit(77)
with tempfile.TemporaryDirectory() as name:
    work = pathlib.Path(name)
    write_images(work, "train", 48, 1)
    check_drawn(run_in_terminal("wide", 100), 100, 8)
    check_drawn(run_in_terminal("narrow", 40), 40, 4)
    for text in (run_in_terminal("dumb", 80, "dumb"), example_program.start(command("piped"), 100).stderr):
        assert "--show: standard error is no terminal with colours" in text and "\x1b" not in text, text
        assert "\u2580" not in text
    assert (work / "piped" / "samples.png").exists()
print("show: ok")
