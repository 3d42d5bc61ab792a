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


def command(output, option="--show"):
    return [str(word) for word in (mnist_gan, "--data", work, "--output", work / output, "--threads", "1", "--batch", "8",
                                   "--steps", "3", "--quiet", option)]


def run_in_terminal(output, columns, kind="xterm-256color", option="--show", locale="C"):
    """What it writes to a terminal of that width."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(command(output, option), stdout=subprocess.DEVNULL, stderr=its,
                               env={**os.environ, "TERM": kind, "LC_ALL": locale})
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


def check_without_utf8(text):
    """A blank in the colour between those of its two pixels."""
    cells = re.findall(r"\x1b\[48;2;\d+;\d+;\d+m ", text)
    assert text.isascii() and len(cells) == 16 * SIDE * SIDE // 2, (text.isascii(), len(cells))


def read_sixels(text):
    """The picture, as rows of percentages; every pixel is drawn once."""
    width, height, body = re.search(r'\x1bP0;1;0q"1;1;(\d+);(\d+)(.*?)\x1b\\', text, re.S).groups()
    width, height = int(width), int(height)
    rows, palette = [[None] * width for _ in range(height)], {}
    x = y = colour = 0
    for word in re.finditer(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)([?-~])|([?-~])|(\$)|(-)", body):
        new, red, green, blue, chosen, times, repeated, single, back, down = word.groups()
        if new:
            palette[int(new)] = int(red), int(green), int(blue)
        elif chosen:
            colour = int(chosen)
        elif back or down:
            x, y = 0, y + (6 if down else 0)
        else:
            for _ in range(int(times or 1)):
                for bit in range(6):
                    if ord(repeated or single) - 63 >> bit & 1:
                        assert rows[y + bit][x] is None
                        rows[y + bit][x] = palette[colour]
                x += 1
    assert re.fullmatch(r"[#;\d!?-~$-]*", body) and all(pixel for row in rows for pixel in row)
    return rows


def check_sixels(text):
    """Eight images side by side, twice as large and with a gap: the same as in half characters, but for rounding."""
    rows = read_sixels(text)
    assert len(rows) == 2 * SIDE and len(rows[0]) == 8 * 2 * (SIDE + 1), (len(rows), len(rows[0]))
    lines = [line for line in run_in_terminal("again", 100).split("\r\n") if "\u2580" in line][:SIDE // 2]
    for i, line in enumerate(lines):
        for k, cell in enumerate(CELL.findall(line)):
            x = 2 * (k // SIDE * (SIDE + 1) + k % SIDE)
            assert abs(rows[4 * i][x][0] - int(cell[0]) / 2.55) < 1
            assert abs(rows[4 * i + 3][x + 1][0] - int(cell[3]) / 2.55) < 1


mnist_gan, pictures = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2] == "yes"
if not pictures:
    print("skipped: there are no pictures without libpng")
    sys.exit(77)
with tempfile.TemporaryDirectory() as name:
    work = pathlib.Path(name)
    write_images(work, "train", 48, 1)
    check_drawn(run_in_terminal("wide", 100), 100, 8)
    check_drawn(run_in_terminal("narrow", 40), 40, 4)
    check_drawn(run_in_terminal("utf8", 100, locale="de_DE.utf8"), 100, 8)
    check_without_utf8(run_in_terminal("latin", 100, locale="de_DE.ISO-8859-1"))
    check_sixels(run_in_terminal("sixels", 100, option="--sixel"))
    for text in (run_in_terminal("dumb", 80, "dumb"), example_program.start(command("piped"), 100).stderr):
        assert "--show: standard error is no terminal with colours" in text and "\x1b" not in text, text
        assert "\u2580" not in text
    assert (work / "piped" / "samples.png").exists()
print("show: ok")
