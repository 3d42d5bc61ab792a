"""Looks at the report of a training, in a browser if there is one: report.py MNIST_GAN PICTURES"""
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import example_program
from example_program import write_images

HOSTILE = """<img src=x onerror="document.title='hurt'"> & 'quoted'"""
# Moves the slider, plays, and says in the page what came of it; errors too.
PROBE = """<script>
{
const slider = document.getElementById('slider'), image = document.getElementById('image');
const seen = [];
for (let i = 0; i <= Number(slider.max); i++) {
  slider.value = i;
  slider.dispatchEvent(new Event('input'));
  seen.push([document.getElementById('step').textContent, image.src.length, image.src.slice(-40)]);
}
const probed = { seen, errors, charts: document.querySelectorAll('#charts svg').length,
  lines: document.querySelectorAll('#charts path[stroke-width]').length,
  images: document.querySelectorAll('img').length, title: document.title };
document.body.textContent = 'PROBED' + btoa(unescape(encodeURIComponent(JSON.stringify(probed)))) + 'END';
}
</script>"""


def train(output, *options):
    example_program.run([mnist_gan, "--data", work, "--output", output, "--threads", "1", "--batch", "8", *options])
    return (output / "report.html").read_text()


def part(page, name):
    return json.loads(re.search(f'id="{name}">(.*?)</script>', page, re.S).group(1))


def check_page(page, output):
    assert not re.search(r"<img src=x", page) and "&lt;img src=x onerror=&quot;" in page
    outside = [url for url in re.findall(r"[a-z]+://[^\s'\"]*", page) if url != "http://www.w3.org/2000/svg"]
    assert not outside, outside
    assert not re.search(r"<(link|iframe|object)|@import|src=\"(?!data:)", page)
    for text in ("Diagnoses", "Commands", "Options", "Versions and machine", "generator.safetensors", "--resume"):
        assert text in page, text
    shown = part(page, "pictures")
    assert [picture["step"] for picture in shown] == ([12, 24, 30] if pictures else []), [p["step"] for p in shown]
    if pictures:
        assert base64.b64decode(shown[-1]["png"]) == (output / "samples.png").read_bytes()
    curves = part(page, "curves")
    assert len(curves["x"]) == 30 and {"discriminator_loss", "generator_loss"} <= {c["name"] for c in curves["columns"]}


def check_resumed(output):
    """What was drawn before is kept, up to the step from which the training goes on; what is not ours is dropped."""
    page = output / "report.html"
    text = page.read_text().replace('{"series"', '{"series":"x","step":1,"png":"</script>"},\n{"series"', 1)
    page.write_text(text)
    after = part(train(output, "--quiet", "--resume", "--steps", "5"), "pictures")
    assert [picture["step"] for picture in after] == ([12, 24, 30, 35] if pictures else []), after


def check_events(output):
    """A training that ends with an epoch shows its last picture once."""
    train(output, "--quiet", "--steps", "24", "--tensorboard", output / "events")
    events, = [path for path in (output / "events").rglob("*tfevents*")]
    assert events.read_bytes().count(b"\x0a\x07samples") == (2 if pictures else 0)


def check_pipe(output):
    """A pipe in the page's place is neither waited for nor replaced."""
    assert "<b>1</b><span>epochs finished</span>" in train(output, "--quiet", "--steps", "12")
    (output / "report.html").unlink()
    os.mkfifo(output / "report.html")
    example_program.refuse([mnist_gan, "--data", work, "--output", output, "--threads", "1", "--batch", "8", "--quiet",
                            "--resume", "--steps", "1"], 1, "report.html: it cannot be written: nobody reads it", 30)


def find_browser():
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for path in map(shutil.which, names) if path), None)


def look(browser, page):
    """The page as a browser makes it, with what it complains of."""
    file = work / "page.html"
    text = page.replace("<body>", "<body><script>const errors = []; onerror = e => { errors.push(String(e)); };</script>")
    file.write_text(text.replace("</body>", PROBE + "</body>"))
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    done = subprocess.run([browser, "--headless=new", "--disable-gpu", *sandbox, f"--user-data-dir={work / 'browser'}",
                           "--enable-logging=stderr", "--dump-dom", file.as_uri()],
                          capture_output=True, text=True, timeout=100)
    assert "CONSOLE" not in done.stderr, re.findall(".*CONSOLE.*", done.stderr)
    found = re.search("PROBED(.*)END", done.stdout)
    assert found, done.stdout[-2000:]
    return json.loads(base64.b64decode(found.group(1)))


def check_in_browser(browser, page):
    probed = look(browser, page)
    assert not probed["errors"], probed["errors"]
    assert probed["charts"] >= 3 and probed["lines"] >= 6, probed
    assert "hurt" not in probed["title"] or "<img" in probed["title"], probed["title"]
    if pictures:
        assert probed["images"] == 1, probed["images"]
        assert [step for step, *_ in probed["seen"]] == ["step 12", "step 24", "step 30"], probed["seen"]
        assert len({(size, end) for _, size, end in probed["seen"]}) == 3, probed["seen"]


mnist_gan, pictures = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2] == "yes"
with tempfile.TemporaryDirectory() as name:
    work = pathlib.Path(name)
    write_images(work, "train", 96, 1)
    results = work / HOSTILE.replace("/", "")
    page = train(results, "--quiet", "--steps", "30")
    check_page(page, results)
    check_resumed(results)
    check_events(work / "watched")
    os.chdir(work)
    check_pipe(pathlib.Path("piped"))
    assert " ./-dash/generator.safetensors" in train(pathlib.Path("-dash"), "--quiet", "--steps", "5")
    browser = find_browser()
    if browser:
        check_in_browser(browser, page)
if not browser:
    print("skipped: there is no Chromium to look at the report; its text was checked")
    sys.exit(77)
print("report: ok")
