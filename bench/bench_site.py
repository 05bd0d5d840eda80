"""The built book: weight of its pages, first paint and explorer on a slow processor, Lighthouse.

python bench/bench_site.py                 the book in _build/html
python bench/bench_site.py --lighthouse    Lighthouse too, which npm installs into _build/node
"""

from __future__ import annotations

import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from results import write_section

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "ext")]

import about
import browser
import gathered

SITE = ROOT / "_build" / "html"
RUNS, SLOWER = 5, 4
SETTLED = 3000  # milliseconds after which a page on a slow processor has done what it begins with
#: Node 20 runs the last of version 12; 13 wants Node 22.
LIGHTHOUSE = "lighthouse@12.2.3"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FILTER = """async ([id, value]) => {
  const field = document.getElementById(id), start = performance.now();
  field.value = value;
  field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input', {bubbles: true}));
  document.body.getBoundingClientRect();
  return performance.now() - start; }"""

#: Notes when a reader sees the list, when it answers, and when the search knows all words. The page
#: does so itself: what a test puts into it to ask would cost as much as the page.
TIMES = """window.leoTimes = {};
const look = () => {
  const box = document.getElementById('leo-explorer'), state = document.getElementById('leo-state');
  const line = document.querySelector('#leo-rows tr:nth-child(6)');
  const now = {
    'list shown': line && getComputedStyle(line).visibility === 'visible',
    'list answers': box && 'ready' in box.dataset,
    'search ready': state && state.textContent === '',
  };
  for (const [name, so] of Object.entries(now)) if (so && !(name in window.leoTimes)) {
    window.leoTimes[name] = 0;
    const painted = () => { window.leoTimes[name] = performance.now(); };
    requestAnimationFrame(() => setTimeout(painted, 0));
  }
  if (!window.leoTimes['search ready']) requestAnimationFrame(look);
};
requestAnimationFrame(look);"""


class Zipped(browser.Quiet):
    """Sends what can be compressed compressed, as every host of static pages does."""

    kept: dict[str, bytes] = {}  # noqa: RUF012 - one memory for all requests is what is wanted

    def do_GET(self) -> None:
        """Answer one request."""
        path = Path(self.translate_path(self.path))
        if path.suffix not in (".html", ".css", ".js", ".svg", ".json") or not path.is_file():
            super().do_GET()
            return
        body = self.kept.setdefault(str(path), gzip.compress(path.read_bytes(), 6))
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)) + "; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def weight(found: browser.Browser, address: str, name: str) -> int:
    """Return the bytes of a page and of all that it loads but pictures, compressed."""
    page, sizes = found.new_page(), []

    def add(answer: object) -> None:
        if answer.request.resource_type != "image" and answer.ok:
            body = answer.body()
            packed = answer.url.endswith((".woff2", ".woff"))
            sizes.append(len(body) if packed else len(gzip.compress(body, 9)))

    page.on("response", add)
    page.goto(f"{address}{name}.html", wait_until="networkidle")
    page.close()
    return sum(sizes)


def slow_page(found: browser.Browser):
    """Return a fresh page, without a cache, on a processor that seems four times as slow."""
    context = found.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return page


def first_paint(found: browser.Browser, address: str, name: str) -> float:
    """Return the milliseconds to the first contentful paint, the median of five."""
    times = []
    for _ in range(RUNS):
        page = slow_page(found)
        page.goto(f"{address}{name}.html", wait_until="load")
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
        asked = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        times.append(page.evaluate(asked))
        page.context.close()
    return statistics.median(times)


def explorer(found: browser.Browser, address: str) -> dict[str, float]:
    """Return milliseconds: until the list is seen, answers, has its search; of each filter."""
    seen: dict[str, list[float]] = {}
    steps = [
        ("a table chosen", "leo-table", "ks4_pupil"),
        ("no table again", "leo-table", ""),
        ("two words typed", "leo-q", "school meals"),
        ("a word with a typing error", "leo-q", "ethnicty"),
        ("nothing typed again", "leo-q", ""),
    ]
    for _ in range(RUNS):
        page = slow_page(found)
        page.add_init_script(TIMES)
        page.goto(f"{address}chapters/reference/explorer.html", wait_until="load")
        page.wait_for_timeout(SETTLED)
        page.wait_for_function("window.leoTimes['search ready'] > 0")
        for words, time in page.evaluate("window.leoTimes").items():
            seen.setdefault(words, []).append(time)
        for words, field, value in steps:
            seen.setdefault(words, []).append(page.evaluate(FILTER, [field, value]))
        page.context.close()
    return {name: statistics.median(times) for name, times in seen.items()}


def lighthouse(chromium: str, address: str, name: str) -> list[int]:
    """Return Lighthouse's four scores out of 100, for a telephone's profile."""
    place = ROOT / "_build" / "node"
    tool = place / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not tool.exists():
        place.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-save", "--prefix", str(place), LIGHTHOUSE]
        subprocess.run(command, check=True)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.json"
        flags = "--headless=new --no-sandbox --disable-gpu"
        subprocess.run(
            ["node", str(tool), f"{address}{name}.html", "--quiet", "--output=json",
             f"--output-path={out}", f"--chrome-flags={flags}",
             f"--only-categories={','.join(CATEGORIES)}"],
            check=True, env={**os.environ, "CHROME_PATH": chromium},
        )  # fmt: skip
        report = json.loads(out.read_text(encoding="utf-8"))
    for category in CATEGORIES:
        for audit in report["categories"][category]["auditRefs"]:
            found = report["audits"][audit["id"]]
            if audit["weight"] and found["score"] is not None and found["score"] < 0.9:
                print(f"  {name}: {category}: {found['title']} ({found.get('displayValue', '')})")
    return [round(100 * report["categories"][category]["score"]) for category in CATEGORIES]


def main(words: list[str]) -> int:
    """Measure everything and write the section of the results."""
    chromium = browser.find_chromium()
    if not chromium or not (SITE / "404.html").exists():
        print("This needs a Chromium (LEO_CHROMIUM) and the built book (python dev.py book).")
        return 2
    five = about.settings()["main_pages"][:5]
    chapters = [p.relative_to(ROOT).with_suffix("").as_posix() for p in gathered.in_order()]
    lines = ["| What | Measured | Aim |", "|---|---:|---:|"]
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    with browser.serve(SITE, Zipped) as address:
        with browser.open_browser(chromium) as found:
            weights = {name: weight(found, address, name) for name in {*chapters, *five}}
            heaviest = max(chapters, key=weights.get)
            lines.append(
                f"| heaviest of {len(chapters)} chapters ({heaviest.split('/')[-1]}), compressed, "
                f"without figures | {weights[heaviest] / 1e3:.0f} KB | 400 KB |"
            )
            for name in five:
                short = name.split("/")[-1]
                paint = first_paint(found, address, name)
                lines.append(f"| first contentful paint, {short} | {paint:.0f} ms | 1,000 ms |")
            aims = {"list shown": "1,000 ms", "list answers": "1,000 ms", "search ready": ""}
            for name, time in explorer(found, address).items():
                lines.append(f"| explorer: {name} | {time:.0f} ms | {aims.get(name, '50 ms')} |")
        if "--lighthouse" in words:
            for name in five:
                scores = " / ".join(map(str, lighthouse(chromium, address, name)))
                lines.append(f"| Lighthouse, {name.split('/')[-1]} | {scores} | 95 each |")
    lines += [
        "",
        f"Times are medians of {RUNS} on a processor slowed {SLOWER} times, from this machine, "
        f"nothing cached; on average {busy:.1f} other processes wanted one of {os.cpu_count()} "
        "cores at the start. Lighthouse's scores are performance, accessibility, best practices "
        "and search engines, for a telephone on a slow network.",
    ]
    print("\n".join(lines))
    write_section(
        "site", "The site", f"python bench/bench_site.py {' '.join(words)}".strip(), lines
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
