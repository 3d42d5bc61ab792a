"""Draws the characters that two of the installed fonts share: draw_glyphs.py PROGRAM"""
import pathlib
import sys
import tempfile

import example_program
from pictures import read_png

SIDE, FIRST, LAST = 32, 65, 122
fonts = sorted(pathlib.Path("/usr/share/fonts").rglob("*.ttf"))
program = pathlib.Path(sys.argv[1]).resolve()


def command(*options):
    return [program, "--size", SIDE, "--first", FIRST, "--last", LAST, *options]


def check(path):
    """Black on white, whole and in the middle."""
    width, height, channels, rows = read_png(path)
    assert (width, height, channels) == (SIDE, SIDE, 3), path
    grey = [[row[3 * x:3 * x + 3] for x in range(SIDE)] for row in rows]
    assert all(len(set(pixel)) == 1 for row in grey for pixel in row), f"{path} is coloured"
    dark = [(x, y) for y in range(SIDE) for x in range(SIDE) if grey[y][x][0] < 128]
    assert dark and all(0 < x < SIDE - 1 and 0 < y < SIDE - 1 for x, y in dark), f"{path} is empty or cut off"
    for values in zip(*dark):
        assert abs(min(values) + max(values) - SIDE + 1) <= 3, f"{path} is not in the middle"
    return max(max(values) - min(values) for values in zip(*dark))


with tempfile.TemporaryDirectory() as work:
    folder = pathlib.Path(work)
    (folder / "text.ttf").write_text("no font")
    example_program.refuse(command("--from", folder / "text.ttf", "--to", folder / "text.ttf", "--output",
                                   folder / "none"), 1, "text.ttf: this is no font")
    example_program.refuse(command("--to", folder / "text.ttf"), 2, "--from is needed")
    sans = next((path for path in fonts if path.name == "DejaVuSans.ttf"), None)
    serif = next((path for path in fonts if path.name == "DejaVuSerif.ttf"), None)
    if not sans or not serif:
        print("SKIP: the fonts DejaVu Sans and Serif are not installed")
        sys.exit(77)
    for options in (), ("--fill",):
        output = folder / f"drawn{len(options)}"
        lines = example_program.run(command("--from", sans, "--to", serif, "--output", output, *options))
        assert lines[-1] == f"characters={LAST - FIRST + 1}", lines
        names = [sorted(path.name for path in (output / part).iterdir()) for part in ("from", "to")]
        assert names[0] == names[1] == [f"{c:05X}.png" for c in range(FIRST, LAST + 1)]
        sides = [check(output / part / "00041.png") for part in ("from", "to")]
        assert all(side > 0.85 * SIDE for side in sides) == bool(options), sides
    same = [(folder / "drawn0" / part / "00041.png").read_bytes() for part in ("from", "to")]
    assert same[0] != same[1], "both fonts draw the same"
