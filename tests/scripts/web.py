"""Builds the page examples/web, trains in it in a headless Chromium, and compares its module with a native build:

    GAN_TEST_WEB=1 web.py ROOT [WEB_TRACE [PICTURE]]

WEB_TRACE is the program of web_trace.c; PICTURE gets a picture of the page."""
import functools
import http.server
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from browser import Browser, find_browser

LIMIT = 400 * 1024  # bytes of the whole page
NEAR = 0.2  # of a mode's centre, where the ring has radius 2.72: 1.7 deviations
# Of samples near a mode, and modes that have some, in the page.
QUALITY = f"""(() => {{
  const at = [];
  for (let i = 0; i < 8; i++) at.push([2.72 * Math.cos(Math.PI * i / 4), 2.72 * Math.sin(Math.PI * i / 4)]);
  const {{ samples }} = page.seen, found = new Set();
  let near = 0;
  for (let i = 0; i < samples.length; i += 2) {{
    const mode = at.findIndex(([x, y]) => Math.hypot(samples[i] - x, samples[i + 1] - y) < {2 * NEAR});
    if (mode >= 0) {{ near++; found.add(mode); }}
  }}
  return [2 * near / samples.length, found.size];
}})()"""


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def serve(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def compare_with_native(root, site, program):
    """The losses of both are the same up to rounding; so is, which training enlarges, what they sample and judge."""
    script = root / "tests" / "scripts" / "web_trace.mjs"
    runs = [[node, script, root / "examples" / "web" / "libgan.js", site / "libgan.wasm.gz"], [program]]
    texts = [subprocess.run(run, check=True, capture_output=True, text=True, timeout=120).stdout for run in runs]
    here, there = [[[float(word) for word in line.split()] for line in text.splitlines()] for text in texts]
    assert [len(row) for row in here] == [len(row) for row in there] == [2] * 12 + [3] * 8 + [2] * 3 + [3] * 8
    for what, columns, limit in (("losses", 2, 1e-5), ("samples, logits and gradients", 3, 1e-3)):
        pairs = [pair for a, b in zip(here, there) for pair in zip(a, b) if len(a) == columns]
        worst = max(abs(a - b) / (1 + abs(b)) for a, b in pairs)
        print(f"WebAssembly and native: {what} differ by {worst:.1e} at most")
        assert worst < limit, worst


def click(browser, name):
    browser.evaluate(f"document.getElementById('{name}').click()")


def train_until(browser, condition, seconds, what):
    start = time.monotonic()
    browser.wait_until(condition, seconds)
    steps, milliseconds = browser.evaluate("[page.seen.steps, page.seen.stepTime]")
    print(f"{what}: {steps} steps in {time.monotonic() - start:.0f} s, {milliseconds:.1f} ms each")


def check_frames(browser, what):
    """The work of a frame in the thread that draws, which the machine's other work does not lengthen. Between frames there
    may be more, of which only the printed line tells."""

    def work():
        metrics = browser.call("Performance.getMetrics")["metrics"]
        return next(1000 * metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    browser.evaluate("void (page.frames.length = 0)")
    before = work()
    browser.wait_until("page.frames.length >= 30", 60)
    frames = sorted(browser.evaluate("page.frames"))
    each = (work() - before) / len(frames)
    median, most = frames[len(frames) // 2], frames[len(frames) * 19 // 20]
    print(f"{what}: a frame takes {each:.1f} ms of work; the median of {len(frames)} comes after {median:.0f} ms, 95 % "
          f"within {most:.0f} ms")
    assert each < 50, frames


def check_ring(browser):
    train_until(browser, f"page.seen?.steps > 300 && {QUALITY}[0] > 0.6 && {QUALITY}[1] === 8", 240, "ring")
    print("ring: {:.0%} of samples are near one of {} modes".format(*browser.evaluate(QUALITY)))
    heat = browser.evaluate("[Math.min(...page.seen.heat), Math.max(...page.seen.heat), page.seen.found.length]")
    assert heat[0] < heat[1], heat
    check_frames(browser, "ring")


def check_drawing(browser):
    """Two strokes of the mouse are the data; while there are none, nothing is trained."""
    browser.evaluate("document.querySelector('[data-preset=clear]').click()")
    box = browser.evaluate("(({ x, y, width }) => [x, y, width])(document.getElementById('view').getBoundingClientRect())")
    for centre in (0.25, 0.75):
        across = [(box[0] + box[2] * (centre + 0.004 * i), box[1] + box[2] * 0.5) for i in range(-10, 11)]
        browser.drag(across)
    drawn = browser.evaluate("Array.from(page.points)")
    left = [x for x in drawn[::2] if x < 0]
    assert len(drawn) > 1000 and 0.3 < len(left) / (len(drawn) / 2) < 0.7, len(left)
    click(browser, "again")
    side = "page.seen.samples.filter((x, i) => i % 2 === 0 && Math.abs(Math.abs(x) - 2) < 0.9).length"
    train_until(browser, f"page.seen?.steps > 300 && {side} > 350", 240, "drawn")


def check_files(browser):
    """A training that is saved and opened goes on from its step; bytes that are none are refused by a sentence."""
    browser.evaluate("document.getElementById('play').click()")
    told = browser.evaluate("""(async () => {
      const { bytes } = await page.ask('save', { what: 'web_save' });
      const generator = await page.ask('save', { what: 'web_save_generator' });
      await page.ask('open', { bytes });
      const refused = await page.ask('open', { bytes: new Uint8Array(64) }).catch((error) => error.message);
      return [bytes.length, generator.bytes.length, refused];
    })()""")
    assert told[0] > 10000 and 10000 < told[1] < told[0] and isinstance(told[2], str) and told[2], told


def check_refusal(browser):
    """A file that is refused is told of, and training goes on; the next click takes the message away."""
    click(browser, "play")
    browser.evaluate("""(() => {
      const files = new DataTransfer(), input = document.getElementById('file');
      files.items.add(new File([new Uint8Array(64)], 'none'));
      input.files = files.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    })()""")
    browser.wait_until("document.getElementById('busy').textContent !== ''", 60)
    before = browser.evaluate("page.seen.steps")
    browser.wait_until(f"page.playing && page.seen.steps > {before} + 3", 60)
    browser.evaluate("document.querySelector('h1').click()")
    assert browser.evaluate("document.getElementById('busy').textContent") == ""
    click(browser, "play")


def check_tabs(browser):
    """Of two tabs chosen at once the later stays, even if what the earlier had to load comes after it, and so does what was
    drawn."""
    told = browser.evaluate("""(async () => {
      const drawn = page.points, { decode } = HTMLImageElement.prototype;
      let release;
      const held = new Promise((resolve) => { release = resolve; });
      let decoded;
      HTMLImageElement.prototype.decode = function () {
        decoded = held.then(() => decode.call(this));
        return decoded;
      };
      for (const name of ['pictures', 'plane']) document.getElementById(`tab-${name}`).click();
      while (!page.ready) await new Promise(requestAnimationFrame);
      release();
      await decoded;
      HTMLImageElement.prototype.decode = decode;
      for (let frame = 0; frame < 10; frame++) await new Promise(requestAnimationFrame);
      return [page.kind, page.ready, page.points.length === drawn.length && page.points.every((x, i) => x === drawn[i])];
    })()""")
    assert told == ["plane", True, True], told


def check_losses(browser):
    """Each loss trains, from the networks that are there."""
    click(browser, "play")
    for loss in range(6):
        before = browser.evaluate("page.seen.steps")
        browser.evaluate(f"""(() => {{
          const chosen = document.getElementById('loss');
          chosen.value = '{loss}';
          chosen.dispatchEvent(new Event('change'));
        }})()""")
        browser.wait_until(f"page.seen?.steps >= {before} + 3", 60)
        assert browser.evaluate("page.seen.failed") is None


def check_pictures(browser, name):
    browser.evaluate(f"document.querySelector('[data-pictures={name}]').click()")
    browser.wait_until("page.ready && page.seen?.steps >= 12", 240)
    look = "[Math.min(...page.seen.samples), Math.max(...page.seen.samples), page.points.length / 784, page.errors]"
    low, high, count, errors = browser.evaluate(look)
    assert -1 <= low < -0.1 < high <= 1 and count >= 500 and not errors, (low, high, count, errors)


def check_in_browser(path, url, folder, picture):
    with Browser(path, folder) as browser:
        browser.call("Performance.enable", timeDomain="threadTicks")
        browser.dark(False)
        browser.go(url)
        browser.wait_until("globalThis.page?.ready", 120)
        check_ring(browser)
        if picture:
            train_until(browser, "page.seen.steps > 4000", 400, "picture")
            browser.picture(picture, captureBeyondViewport=True)
        check_drawing(browser)
        check_files(browser)
        check_refusal(browser)
        check_tabs(browser)
        check_losses(browser)
        click(browser, "tab-pictures")
        check_pictures(browser, "garments")
        check_frames(browser, "garments")
        check_pictures(browser, "digits")
        assert not browser.complaints and not browser.evaluate("page.errors"), browser.complaints


def main():
    if not os.environ.get("GAN_TEST_WEB"):
        print("SKIP: it takes minutes; GAN_TEST_WEB is not set, as by tests/check.sh wasm32")
        return 77
    root = pathlib.Path(sys.argv[1])
    browser = find_browser()
    missing = [name for name, found in (("emcc", shutil.which("emcc")), ("Node", node), ("Chromium", browser)) if not found]
    if missing:
        print(f"SKIP: {', '.join(missing)} is not installed")
        return 77
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        site = work / "site"
        subprocess.run(["sh", root / "examples" / "web" / "build.sh", site], check=True, timeout=900)
        sizes = {file.name: file.stat().st_size for file in site.iterdir()}
        print(f"the page: {sum(sizes.values())} bytes, {sizes['libgan.wasm.gz']} of them the module")
        assert sum(sizes.values()) < LIMIT, sizes
        if len(sys.argv) > 2:
            compare_with_native(root, site, sys.argv[2])
        check_in_browser(browser, serve(site), work / "browser", sys.argv[3] if len(sys.argv) > 3 else None)
    print("web: ok")
    return 0


node = shutil.which("node") or shutil.which("nodejs")
if __name__ == "__main__":
    sys.exit(main())
