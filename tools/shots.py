"""Take pictures of the ten main pages, light, dark and on a telephone: python dev.py shots.

They go to ``_build/shots`` to be looked at. ``python dev.py shots card`` draws the picture that
other sites show beside a link to the book, ``book/static/card.png``.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "ext")]

import about
import browser

SITE = ROOT / "_build" / "html"
TARGET = ROOT / "_build" / "shots"
CARD = ROOT / "book" / "static" / "card.png"
#: Name, colour scheme, width and height.
KINDS = [("light", "light", 1280, 900), ("dark", "dark", 1280, 900), ("phone", "light", 390, 844)]
LONGEST = 3000


def card(found: browser.Browser) -> None:
    """Draw the card: the title over birth cohorts by age, as the coverage map counts them."""
    from leo_helpers import cohorts

    seen, squares = cohorts(), []
    for cohort, rows in seen.groupby("cohort"):
        for age in range(36):
            count = int(((rows["first_age"] <= age) & (rows["last_age"] >= age)).sum())
            place = f'x="{(cohort - 1984) * 56}" y="{(35 - age) * 18}"'
            squares.append(f'<rect {place} width="54" height="16" opacity="{count / 30:.2f}"/>')
    site = about.settings()
    page = found.new_page(viewport={"width": 1200, "height": 630})
    page.set_content(
        '<body style="margin:0;background:#0b2f4a;color:#fff;font-family:DejaVu Sans,sans-serif">'
        '<svg width="1200" height="630" style="position:absolute" fill="#8cc7f0">'
        f'{"".join(squares)}</svg><div style="position:absolute;left:70px;top:150px;width:860px;'
        'background:#0b2f4a;padding:36px 44px;border-radius:12px">'
        f'<div style="font-size:84px;font-weight:bold">{site["title"]}</div>'
        '<div style="font-size:34px;line-height:1.4;margin-top:18px">England’s linked education, '
        "tax and benefit records, practised on data in which nobody is real</div></div></body>"
    )
    page.screenshot(path=str(CARD))
    page.close()


def pictures(found: browser.Browser, names: list[str]) -> int:
    """Take the pictures of some pages and return their number."""
    TARGET.mkdir(parents=True, exist_ok=True)
    taken = 0
    with browser.serve(SITE) as address:
        for kind, scheme, width, height in KINDS:
            view = found.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            for name in names:
                view.set_viewport_size({"width": width, "height": height})
                view.goto(f"{address}{name}.html", wait_until="networkidle")
                full = view.evaluate("document.documentElement.scrollHeight")
                view.set_viewport_size({"width": width, "height": min(full, LONGEST)})
                view.wait_for_timeout(300)
                view.screenshot(path=str(TARGET / f"{name.replace('/', '-')}-{kind}.png"))
                taken += 1
            view.close()
    return taken


def main(words: list[str]) -> int:
    """Take every picture, those of the pages that are named, or the card."""
    chromium = browser.find_chromium()
    if not chromium:
        sys.exit("No Chromium was found: set LEO_CHROMIUM to one.")
    with browser.open_browser(chromium, "--hide-scrollbars") as found:
        if words == ["card"]:
            card(found)
            print(CARD.relative_to(ROOT))
            return 0
        if not (SITE / "404.html").exists():
            sys.exit("The book is not built; run python dev.py book --no-open.")
        names = [
            n for n in about.settings()["main_pages"] if not words or any(w in n for w in words)
        ]
        print(f"{pictures(found, names)} pictures in {TARGET.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
