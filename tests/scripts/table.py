"""Runs examples/table on made-up tables for seconds: table.py PROGRAM"""
import csv
import pathlib
import random
import re
import sys
import tempfile

import example_program

HEADER = ["kind", "age", "name, of it", "price", "shift", "place"]


def make_rows(count):
    """An integer that follows from the kind, a price that follows from the integer, and a column that never changes."""
    draw = random.Random(1)
    rows = []
    for _ in range(count):
        kind = draw.choice(["low", "high"])
        age = draw.randrange(20, 40) + 40 * (kind == "high")
        word = "a, \"b\"" if draw.random() < (0.8 if kind == "low" else 0.2) else " c"
        rows.append([kind, age, word, f"{age / 4 + draw.random():.2f}", draw.choice([1, 2, 3]), "here"])
    return rows


def write_table(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
        writer.writerow(header)
        writer.writerows(rows)


def read_table(path):
    with open(path, newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file))
    return lines[0], lines[1:]


def command(data, output, *options):
    return [program, "--data", work / data, "--output", work / f"{output}.csv", "--folder", work / output,
            "--seed", "3", "--threads", "1", *options]


def run(data, output, *options):
    return example_program.run(command(data, output, *options))


def refuse(status, sentence, data, *options):
    example_program.refuse(command(data, "refused", *options), status, sentence)
    assert not (work / "refused.csv").exists(), "a refused call wrote its file"


def refuse_text(status, sentence, text):
    (work / "bad.csv").write_text(text, encoding="utf-8")
    refuse(status, sentence, "bad.csv", "--steps", "1")


def read_figures(line, prefix=""):
    match = re.fullmatch(prefix + r"marginal=(\d\.\d{4}) correlation=(\d\.\d{4})", line)
    assert match, line
    return float(match[1]), float(match[2])


def check_rows(path, data):
    header, rows = read_table(path)
    assert header == HEADER and len(rows) == len(data), (header, len(rows))
    assert [row[0] for row in rows] == [row[0] for row in data], "the kinds are not those of the data"
    for kind, age, word, price, shift, place in rows:
        assert re.fullmatch(r"\d+", age) and 20 <= int(age) < 80, age
        assert word in ("a, \"b\"", "c"), word
        assert re.fullmatch(r"\d+\.\d\d", price), price
        assert shift in ("1", "2", "3") and place == "here", (shift, place)
    low = [int(row[1]) for row in rows if row[0] == "low"]
    high = [int(row[1]) for row in rows if row[0] == "high"]
    assert sum(low) / len(low) + 20 < sum(high) / len(high), "the kind does not matter"


def check_figures(lines):
    best = read_figures(lines[0], "rows drawn from the data: ")
    apart = read_figures(lines[1], "columns drawn one by one: ")
    reached = read_figures(lines[-1])
    columns = [re.fullmatch(r"column '(.*)': \d\.\d{4}", line)[1] for line in lines[2:-1]]
    assert columns == HEADER[1:5], columns  # neither the condition nor what never changes
    assert best[0] < 0.1 and reached[0] < 0.25 and reached[1] < apart[1], lines


def check_interruption():
    example_program.interrupt(command("table.csv", "interrupted", "--minutes", "10"))
    assert (work / "interrupted" / "checkpoint.safetensors").stat().st_size > 0
    assert len(read_table(work / "interrupted.csv")[1]) == 400


program = sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    data = make_rows(400)
    write_table(work / "table.csv", HEADER, data)
    whole = run("table.csv", "whole", "--steps", "300")
    check_figures(whole)
    check_rows(work / "whole.csv", data)

    run("table.csv", "halves", "--steps", "200")
    assert run("table.csv", "halves", "--steps", "100", "--resume") == whole, "resumed, it learned something else"
    assert (work / "whole.csv").read_bytes() == (work / "halves.csv").read_bytes(), "resumed, it wrote other rows"

    # Another condition, more rows, numbers that are categories or not.
    lines = run("table.csv", "other", "--steps", "2", "--condition", "shift", "--rows", "700", "--categorical", "age")
    assert len(read_table(work / "other.csv")[1]) == 700
    assert "column 'shift'" not in "".join(lines) and "column 'kind'" in "".join(lines), lines
    run("table.csv", "numbers", "--steps", "2", "--distinct", "0")
    check_interruption()

    # Names as a line of CSV has them.
    write_table(work / "named.csv", ["x, y", 'z "q"', "b"], [[i % 20, i % 15, i] for i in range(60)])
    lines = run("named.csv", "quoted", "--steps", "2", "--distinct", "0", "--categorical", '"x, y","z ""q"""')
    assert [line for line in lines if line.startswith("column '")][0].startswith("column 'z \"q\"'"), lines
    refuse(2, "no column 'x'; a name with a comma is written in double quotes", "named.csv", "--categorical", "x, y")
    refuse(2, "expected a comma before y", "named.csv", "--categorical", '"x"y')

    # Numbers only, or categories only.
    write_table(work / "numbers.csv", ["a", "b"], [[i / 8, i * i] for i in range(50)])
    run("numbers.csv", "only-numbers", "--steps", "2")
    write_table(work / "words.csv", ["a", "b"], [["x", "y"][i % 2:] + ["z"][:i % 2] for i in range(50)])
    run("words.csv", "only-words", "--steps", "2")

    refuse_text(1, "line 3, column 'b': the cell is empty", "a,b\n1,2\n3,\n")
    refuse_text(1, "no column but the condition changes", "a,b\nx,1\nx,1\ny,1\n")
    refuse_text(1, "no rows below its header", "a,b\n")
    refuse_text(1, "has fewer than 2 cells", "a,b\n1,2\n3\n")
    refuse_text(1, "column 'a' has 300 categories", "a,b\n" + "".join(f"x{i},{i}\n" for i in range(300)))
    refuse(2, "no column 'none'", "table.csv", "--condition", "none")
    refuse(2, "no column 'none'", "table.csv", "--categorical", "age,none")
    refuse(1, "column 'price' has", "table.csv", "--condition", "price")
    example_program.refuse([program, "--data", "x"], 2, "--output")
