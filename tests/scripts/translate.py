"""Runs examples/translate on tiny pictures for seconds: translate.py TRANSLATE DRAW_OUTLINES"""
import os
import pathlib
import re
import shutil
import sys
import tempfile

import example_program
import pictures
from example_program import write_images
from pictures import read_png, write_png

SIDE = 16
translate, draw_outlines = sys.argv[1:]


def command(*options):
    training = [] if "--apply" in options else ["--size", SIDE, "--filters", "8"]
    return [translate, *training, "--threads", "1", "--seed", "3", "--quiet", *options]


def run(*options):
    return example_program.run(command(*options))[-1]


def refuse(status, sentence, *options):
    steps = [] if "--apply" in options else ["--steps", "1"]
    example_program.refuse(command(*steps, "--output", "refused", *options), status, sentence)
    assert not list(pathlib.Path(".").glob("refused/*/checkpoint.safetensors")), "it trained before it refused"


def same_files(a, b, *names):
    for name in names:
        assert pathlib.Path(a, name).read_bytes() == pathlib.Path(b, name).read_bytes(), (a, b, name)


def new_folder(name):
    path = pathlib.Path(name)
    path.mkdir(exist_ok=True)
    return path


def split(path, left, right):
    """The halves of a pair as files of their own."""
    width, height, channels, rows = read_png(path)
    assert (width, height, channels) == (2 * SIDE, SIDE, 1), path
    write_png(left / path.name, SIDE, SIDE, lambda x, y: rows[y][x])
    write_png(right / path.name, SIDE, SIDE, lambda x, y: rows[y][SIDE + x])


def make_data():
    write_images(pathlib.Path("images"), "train", 60, 1)
    write_images(pathlib.Path("images"), "t10k", 20, 2)
    lines = example_program.run([draw_outlines, "--data", "images", "--output", "pairs", "--size", SIDE])
    assert lines[-1] == "train=60 test=20", lines
    for part in "train", "test":
        for path in pathlib.Path("pairs", part).iterdir():
            split(path, pathlib.Path("outlines", part), pathlib.Path("squares", part))


def check_paired():
    line = run("--data", "pairs", "--steps", "1000", "--output", "whole")
    match = re.fullmatch(r"l1=([\d.]+) frechet=([\d.e-]+) l1_only=([\d.]+) l1_only_frechet=([\d.e-]+) held_out=20 "
                         r"steps=1000", line)
    assert match, line
    l1, frechet, l1_only, l1_only_frechet = map(float, match.groups())
    # a bright quadrant of a quarter of the picture, on black: black everywhere would be wrong by more than 0.1
    assert 0 < l1 < 0.12 and 0 < l1_only < 0.12 and frechet > 0 and l1_only_frechet > 0, line
    assert pathlib.Path("whole/comparison.png").stat().st_size > 0

    run("--data", "pairs", "--steps", "500", "--output", "halves")
    assert run("--data", "pairs", "--steps", "500", "--output", "halves", "--resume") == line
    for game in "paired", "l1_only":
        same_files(f"whole/{game}", f"halves/{game}", "generator.safetensors")
    example_program.refuse(command("--data", "pairs", "--steps", "1", "--output", "halves", "--resume", "--seed", "4"),
                           2, "has seed 3, which cannot be changed")

    # the same pictures in two folders, and translated the other way
    few = "--steps", "2", "--alone", "--output"
    one = run("--data", "pairs", *few, "one")
    assert re.fullmatch(r"l1=[\d.]+ frechet=[\d.e-]+ held_out=20 steps=2", one), one
    assert run("--from", "outlines", "--to", "squares", *few, "two") == one
    back = run("--data", "pairs", "--backward", *few, "three")
    assert back != one and run("--from", "outlines", "--to", "squares", "--backward", *few, "four") == back
    # without a folder for it, a tenth is held out
    assert " held_out=6 " in run("--data", "pairs/train", *few, "five")
    assert " held_out=5 " in run("--data", "pairs", "--samples", "5", *few, "six")


def check_apply():
    model = "whole/paired/generator.safetensors"
    assert run("--apply", model, "--input", "outlines/test", "--output", "applied") == "pictures=20"
    run("--apply", model, "--input", "outlines/test", "--output", "again")
    for path in pathlib.Path("applied").iterdir():
        assert read_png(path)[:3] == (SIDE, SIDE, 3) and path.read_bytes() == (pathlib.Path("again") / path.name).read_bytes()
    assert len(list(pathlib.Path("applied").iterdir())) == 20
    # what it makes is nearer to what should come out than what went in is
    squares = pathlib.Path("squares/test/000001.png")
    wanted, made, given = (read_png(path)[3] for path in (squares, "applied/000001.png", "outlines/test/000001.png"))

    def distance(rows, channels):
        return sum(abs(rows[y][channels * x] - wanted[y][x]) for y in range(SIDE) for x in range(SIDE))

    assert distance(made, 3) < distance(given, 1) / 4, (distance(made, 3), distance(given, 1))

    write_png("mixed/wide.png", 40, 20, lambda x, y: 255)
    assert run("--apply", model, "--input", "mixed", "--output", "mixed-out") == "pictures=1"
    assert read_png("mixed-out/wide.png")[:2] == (SIDE, SIDE)
    shutil.copy("mixed/wide.png", "mixed/wide.PNG")
    refuse(2, "wide.png: two outputs would be written there", "--apply", model, "--input", "mixed")
    shutil.copytree("outlines/test", "flawed")
    pathlib.Path("flawed/last.png").write_bytes(pathlib.Path("mixed/wide.png").read_bytes()[:60])
    refuse(1, "flawed/last.png' ends within its PNG data", "--apply", model, "--input", "flawed", "--output", "half-done")
    assert not pathlib.Path("half-done").exists(), "pictures were written before all had been read"
    refuse(2, "it would replace", "--apply", model, "--input", "outlines/test", "--output", "outlines/test")
    refuse(1, "NOT_FOUND", "--apply", "none.safetensors", "--input", "outlines/test")
    refuse(2, "--input: it has no effect without --apply", "--input", "outlines/test")


def check_unpaired():
    folders = "--method", "unpaired", "--from", "outlines", "--to", "squares", "--grey", "--blocks", "1"
    whole = run(*folders, "--steps", "60", "--output", "cycle")
    match = re.fullmatch(r"matched=([\d.]+) chance=0.0500 paired=([\d.]+) untranslated=([\d.]+) held_out=20 steps=60",
                         whole)
    assert match, whole
    assert all(0 <= float(share) <= 1 for share in match.groups()), whole

    # the pool and both cursors go on; the rate has fallen as far
    run(*folders, "--steps", "30", "--schedule", "60", "--output", "cycle-halves")
    assert run(*folders, "--steps", "30", "--schedule", "60", "--output", "cycle-halves", "--resume") == whole
    for name in "unpaired/generator", "unpaired/reverse", "paired/generator":
        same_files("cycle", "cycle-halves", f"{name}.safetensors")
    refuse(2, "--resume: give the --schedule", *folders, "--resume")
    assert run(*folders, "--steps", "60", "--schedule", "0", "--alone", "--output", "flat").endswith("steps=60")
    assert pathlib.Path("flat/unpaired/generator.safetensors").read_bytes() != \
        pathlib.Path("cycle/unpaired/generator.safetensors").read_bytes(), "a rate that falls changes nothing"

    # folders without a name in common: nothing can be measured
    for path in pathlib.Path("squares/train").iterdir():
        shutil.copy(path, pathlib.Path(new_folder("others"), f"other-{path.name}"))
    few = "--steps", "1", "--method", "unpaired", "--from", "outlines/train", "--to", "others"
    assert run(*few, "--output", "unknown") == "held_out=0 steps=1"
    assert run("--apply", "unknown/unpaired/reverse.safetensors", "--input", "others", "--output", "undone") == \
        "pictures=60"
    write_png("others/wide.png", 40, 20, lambda x, y: 0)
    run(*few, "--output", "unknown")
    write_png("others/moving.png", SIDE, SIDE, lambda x, y: 0, animated=True)
    refuse(1, "others/moving.png: an animation", *few)
    refuse(2, "--method unpaired: give --from and --to", "--method", "unpaired", "--data", "pairs")
    refuse(2, "expected paired or unpaired", "--method", "both", "--data", "pairs")


def check_kinds():
    """Every kind of file among the pairs: converted, not lost."""
    shutil.copytree("pairs", "kinds")

    def grey(x, y):
        return 16 * (x % SIDE)

    for name, options in {"deep": {"depth": 16}, "palette": {"kind": pictures.PALETTE},
                          "colour": {"kind": pictures.RGB}}.items():
        write_png(f"kinds/train/{name}.png", 2 * SIDE, SIDE, grey, **options)
    write_png("kinds/train/alpha.png", 2 * SIDE, SIDE, lambda x, y: (grey(x, y), 255 - grey(x, y)),
              kind=pictures.GREY_ALPHA)
    pathlib.Path("kinds/train/cmyk.jpg").write_bytes(pictures.CMYK_JPEG)
    pathlib.Path("kinds/train/progressive.jpeg").write_bytes(pictures.PROGRESSIVE_JPEG)
    run("--data", "kinds", "--steps", "1", "--alone", "--output", "of-kinds")


def check_refusals():
    def bad(name):
        shutil.rmtree("bad", ignore_errors=True)
        shutil.copytree("pairs/train", "bad")
        return pathlib.Path("bad", name)

    data = "--data", "bad"
    write_png(bad("odd.png"), 2 * SIDE + 4, SIDE, lambda x, y: 0)
    refuse(1, "bad/odd.png: 36 x 16 pixels", *data)
    write_png(bad("moving.png"), 2 * SIDE, SIDE, lambda x, y: 0, animated=True)
    refuse(1, "bad/moving.png: an animation", *data)
    whole = pathlib.Path("pairs/train/000000.png").read_bytes()
    bad("half.png").write_bytes(whole[:len(whole) // 2])
    refuse(1, "bad/half.png' ends within its PNG data", *data)
    bad("text.jpg").write_text("no picture at all")
    refuse(1, "bad/text.jpg", *data)
    bad("inner").mkdir()
    refuse(1, "bad/inner: a folder, where pictures are expected", *data)
    for path in sorted(bad("").iterdir())[19:]:
        path.unlink()
    refuse(1, "bad: at least 20 pairs are needed", *data)
    pathlib.Path("empty").mkdir()
    refuse(1, "empty: there are no pictures", "--data", "empty")
    refuse(1, "nowhere: No such file or directory", "--data", "nowhere")
    os.mkfifo(bad("pipe.png"))
    refuse(1, "bad/pipe.png: this is not a regular file", *data)

    shutil.copytree("squares/train", "unequal")
    folders = "--from", "outlines/train", "--to", "unequal"
    pathlib.Path("unequal/000007.png").unlink()
    refuse(1, "outlines/train/000007.png: there is no picture of this name in unequal", *folders)
    write_png("unequal/000007.png", SIDE, SIDE + 4, lambda x, y: 0)
    refuse(1, "unequal/000007.png: 16 x 20 pixels, but outlines/train/000007.png has 16 x 16", *folders)
    shutil.copy("squares/train/000007.png", "unequal")
    write_png("unequal/more.png", SIDE, SIDE, lambda x, y: 0)
    refuse(1, "unequal/more.png: there is no picture of this name in outlines/train", *folders)

    refuse(2, "give --data, or --from and --to")
    refuse(2, "give --data, or --from and --to", "--from", "squares")
    refuse(2, "give --data, or --from and --to", *data, *folders)
    refuse(2, "expected a multiple of 16", *data, "--size", "24")


with tempfile.TemporaryDirectory() as folder:
    translate, draw_outlines = (pathlib.Path(path).resolve() for path in (translate, draw_outlines))
    os.chdir(folder)
    make_data()
    check_paired()
    check_apply()
    check_unpaired()
    check_kinds()
    check_refusals()
