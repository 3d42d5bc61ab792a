"""Runs examples/text on made-up words for seconds: text.py PROGRAM"""
import pathlib
import re
import sys
import tempfile

import example_program

SMALL = ["--width", "8", "--blocks", "1", "--batch", "16", "--d-moves", "2", "--samples", "200", "--seed", "3",
         "--measure-every", "20", "--learning-rate", "0.002", "--threads", "1"]
FIGURES = re.compile(r"js3=([\d.]+) js4=([\d.]+) markov_js3=([\d.]+) markov_js4=([\d.]+) real=([\d.]+) new=([\d.]+) "
                     r"markov_real=([\d.]+) markov_new=([\d.]+) steps=(\d+)")


def command(output, *options):
    words = [] if "--lines" in options else ["--words", work / "words"]
    return [program, *words, *SMALL, "--output", work / output, *options]


def run(output, *options):
    return example_program.run(command(output, *options), seconds=250)


def refuse(status, sentence, *options):
    example_program.refuse(command("refused", *options), status, sentence)


def write(name, text):
    (work / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return work / name


def figures(line):
    match = FIGURES.fullmatch(line)
    assert match, line
    return [float(text) for text in match.groups()]


def check_words():
    """Syllables of a consonant and a vowel: the chain finds out, and the network begins to."""
    lines = run("whole", "--steps", "200")
    assert lines[0].startswith("lines=150 held_out=150 characters=9 "), lines
    js3, js4, markov_js3, markov_js4, real, new, markov_real, markov_new, steps = figures(lines[-1])
    assert steps == 200 and 0 < markov_js3 < markov_js4 < 0.5 and markov_js3 < js3 < js4 < 1, lines
    assert 0 < markov_new < markov_real <= 1 and 0 <= new <= real <= 1, lines
    rows = [row.split(",") for row in (work / "whole/ngrams.csv").read_text().splitlines()]
    assert rows[0] == ["step", "js3", "js4", "real", "new"], rows
    assert [int(row[0]) for row in rows[1:]] == list(range(20, 201, 20)), rows
    assert float(rows[-1][1]) < float(rows[1][1]) - 0.1, f"the divergence does not fall: {rows}"
    samples = (work / "whole/samples.txt").read_text().split("\n")
    assert len(samples) == 201 and all(re.fullmatch("[a-z]{0,6}", sample) for sample in samples), samples
    return lines


def check_resumed(whole):
    run("halves", "--steps", "90")
    assert run("halves", "--steps", "110", "--resume") == whole, "resumed, it learned something else"
    for name in "generator.safetensors", "samples.txt", "ngrams.csv":
        assert (work / "whole" / name).read_bytes() == (work / "halves" / name).read_bytes(), f"{name} differs"
    refuse(2, "has seed 3, which cannot be changed", "--output", work / "halves", "--resume", "--seed", "4",
           "--steps", "1")


def check_lines():
    """Any characters, longer lines cut; lines of one half only."""
    text = write("text", "\ufeff" + "".join(f"naïve Ω{i % 9} 漢字{i} 😀  \r\n\n" for i in range(40)))
    lines = run("lines", "--lines", text, "--length", "20", "--steps", "2")
    assert lines[0].startswith("lines=20 held_out=20 characters=20 "), lines
    assert set((work / "lines/samples.txt").read_text()) <= set(text.read_text()), "characters of its own"
    cut = run("cut", "--lines", text, "--length", "8", "--steps", "1")
    assert cut[0].startswith("lines=4 held_out=5 "), cut


def check_refusals():
    refuse(1, "No such file", "--words", work / "nothing")
    refuse(1, "0 different words of letters from a to z, expected at least", "--words", write("empty", ""))
    refuse(1, "3 different words", "--words", write("few", "one\ntwo\nthree\nTwo\nit's\ntwo\nlengthier\n"), "--length",
           "5")
    refuse(1, "all its lines are of one character", "--words", write("one", "\n".join("a" * n for n in range(1, 12))))
    refuse(1, "this is not a regular file", "--lines", "/dev/zero")
    refuse(1, "this is not UTF-8", "--lines", write("latin", "caf\xe9\n".encode("latin-1")))
    refuse(1, "this is not UTF-8", "--lines", write("overlong", b"a\xc0\x80b\n"))
    refuse(1, "this is not UTF-8", "--lines", write("surrogate", b"a\xed\xa0\x80b\n"))
    many = "\n".join(chr(0x4E00 + i) + chr(0x4E00 + 2 * i) for i in range(300))
    refuse(1, "more than 255 different characters", "--lines", write("many", many))
    refuse(2, "expected a whole number from 2 to 64", "--length", "65")
    refuse(2, "it would replace", "--words", write("samples.txt", "word\n" * 20), "--output", work)


program = sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    syllables = [c + v for c in "bdkmt" for v in "aiou"]
    words = [a + b + c for a in syllables for b in syllables for c in ("", *syllables)][::14]
    write("words", "\n".join(words[:300] + ["Extra", "can't", "longerthanall" * 2]) + "\n")
    check_resumed(check_words())
    check_lines()
    check_refusals()
