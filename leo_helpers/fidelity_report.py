"""The fidelity report: a page, a table and plots that set targets beside what was generated."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from .paths import data_dir
from .synth.spine import SHOWCASE

if TYPE_CHECKING:
    import pandas as pd

    from .store import Manifest

__all__ = ["assumptions", "report"]

#: How often a normal number is three standard errors or more away.
CHANCE = 0.0027
MET, MISSED = "#0072B2", "#D55E00"
WARNING = (
    "Nobody in this data set is real. Its margins were steered to published totals; how two "
    "variables go together was not. Do not read from it any relationship between variables, any "
    "difference between groups that is not a target below, any effect, or anything about a "
    "school, a place, a firm or a person. A figure marked assumed is a guess that says so: a "
    "target met there shows that the generator did as it was told, and nothing about England."
)
STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; margin: 1rem 0; }
th, td { border-bottom: 1px solid #8885; padding: .2rem .5rem; text-align: left; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
tr.missed td:first-child { border-left: .4rem solid #D55E00; }
aside { border-left: .4rem solid #D55E00; padding: .5rem 1rem; }
figure { display: inline-block; margin: .5rem; background: #fff; } figure svg { display: block; }
"""


def assumptions() -> Iterator[tuple[str, str, str]]:
    """Every assumption of the generator.

    Yields
    ------
    tuple of str
        The file in ``data/marginals``, what is assumed, and the reason if one is given.

    Examples
    --------
    >>> next(assumptions())[0]
    'shares.csv'
    """
    folder = data_dir() / "marginals"
    for file, name in (
        ("shares.csv", "distribution"),
        ("rates.csv", "rate"),
        ("quantiles.csv", "quantity"),
    ):
        guessed: Counter[tuple[str, str]] = Counter()
        for row in _read(folder / file):
            if row["status"] == "assumed":
                guessed[row[name], row["note"]] += 1
        for (what, note), lines in guessed.items():
            yield file, f"{what} ({lines} {'line' if lines == 1 else 'lines'})", note
    for row in _read(folder / "draws.csv"):
        if row["status"] == "assumed":
            missing = f", missing {float(row['missing']):.1%}" if row["missing"] else ""
            how = f"{row['draw']} {row['args']}".strip()
            yield (
                "draws.csv",
                f"{row['tables']}: {row['variables']}",
                f"{how}{missing}{'; ' + row['note'] if row['note'] else ''}",
            )


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def report(table: pd.DataFrame, manifest: Manifest, out: Path) -> Path:
    """Write ``fidelity.html``, ``fidelity.csv`` and ``plots/*.svg`` into a folder.

    Parameters
    ----------
    table : pandas.DataFrame
        What :func:`leo_helpers.fidelity.fidelity` returned.
    manifest : Manifest
        Of the data set that was measured.
    out : pathlib.Path
        The folder.

    Returns
    -------
    pathlib.Path
        The page.
    """
    (out / "plots").mkdir(parents=True, exist_ok=True)
    table.to_csv(out / "fidelity.csv", index=False)
    figures = []
    for topic, lines in table.groupby("topic", sort=False):
        picture = plot(str(topic), lines)
        name = re.sub(r"\W+", "-", str(topic).lower())
        (out / "plots" / f"{name}.svg").write_text(picture, encoding="utf-8")
        figures.append(f"<figure>{picture}</figure>")
    page = out / "fidelity.html"
    page.write_text(_page(table, manifest, figures), encoding="utf-8")
    return page


def plot(topic: str, lines: pd.DataFrame) -> str:
    """Targets of a topic against what was generated, as SVG text."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.4, 3.4), layout="constrained")
    axes = figure.add_subplot()
    seen = lines[lines["n"] > 0]
    top = float(max(seen["published"].max(), seen["generated"].max())) if len(seen) else 1.0
    low = float(min(seen["published"].min(), seen["generated"].min(), 0.0)) if len(seen) else 0.0
    axes.plot([low, top], [low, top], color="#777777", linewidth=1, zorder=1)
    for within, marker, colour, word in ((True, "o", MET, "met"), (False, "X", MISSED, "missed")):
        some = seen[seen["within"] == within]
        axes.errorbar(
            some["published"],
            some["generated"],
            yerr=3 * some["standard_error"],
            fmt=marker,
            color=colour,
            markersize=4,
            linewidth=0.7,
            label=f"{word} ({len(some)})",
        )
    axes.set(title=topic, xlabel="target", ylabel="generated")
    axes.legend(frameon=False, fontsize=8)
    text = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "leo", "svg.fonttype": "path"}):
        FigureCanvasSVG(figure).print_svg(
            text, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
    alt = (
        f"{topic}: {int(seen['within'].sum())} of {len(seen)} targets lie within their "
        "tolerance of the line on which generated equals target."
    )
    drawn = text.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    own = re.sub(r"\W+", "-", topic.lower())  # ids must not clash on one page
    drawn = re.sub(r'\bid="', f'id="{own}-', drawn)
    drawn = re.sub(r'(href="#|url\(#)', rf"\g<1>{own}-", drawn)
    return drawn.replace("<svg", f'<svg role="img" aria-label="{escape(alt)}"', 1)


def _page(table: pd.DataFrame, manifest: Manifest, figures: list[str]) -> str:
    met, faults = int(table["within"].sum()), sum(1 for v in manifest.faults.values() if v)
    left_out = (
        ""
        if manifest.people <= SHOWCASE
        else f" The first {SHOWCASE:,} people are left out: rare codes and rare tables are "
        "deliberately frequent among them, so that small data sets have them."
    )
    kinds = Counter(table["status"])
    guessed = list(assumptions())
    return "\n".join(
        [
            '<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width"><title>Fidelity report</title>',
            f"<style>{STYLE}</style></head><body><h1>Fidelity report</h1>",
            f"<p>{manifest.people:,} synthetic people, seed {manifest.seed}, {faults} kinds of "
            f"fault switched on, recipe {escape(manifest.recipe)}.</p>",
            f"<aside><strong>What must not be read from these data.</strong> {WARNING}</aside>",
            f"<p><strong>{met} of {len(table)} targets are met</strong>: {kinds['published']} "
            f"published as printed, {kinds['derived']} worked out from published numbers, "
            f"{kinds['assumed']} assumed. A target is met when the distance is at most three "
            "standard errors, or at most half a percentage point of a share (half a per cent of "
            f"any other number), which allows for rounding.{left_out} Where one person has many "
            "rows, people are counted for the standard error, not rows. Where nothing is wrong, "
            f"chance alone takes about {CHANCE * len(table):.0f} of so many targets further than "
            "three standard errors; whether it was chance, more people show.</p>",
            "<h2>By topic</h2>",
            _topics(table),
            "<h2>Plots</h2>",
            *figures,
            "<h2>Targets that were missed</h2>",
            _lines(table[~table["within"]]),
            "<h2>All targets</h2>",
            _lines(table),
            f"<h2>All {len(guessed):,} assumptions</h2>",
            "<p>One line for each distribution, rate, quantity or rule of "
            "<code>data/marginals</code> that rests on no published figure.</p>",
            _rows(
                ("file", "what", "how or why"),
                [([escape(c) for c in line], "") for line in guessed],
            ),
            "</body></html>",
        ]
    )


def _topics(table: pd.DataFrame) -> str:
    lines = []
    for topic, some in table.groupby("topic", sort=False):
        met = int(some["within"].sum())
        lines.append(
            ([escape(str(topic)), str(len(some)), str(met)], "" if met == len(some) else "missed")
        )
    return _rows(("topic", "targets", "met"), lines)


def _lines(table: pd.DataFrame) -> str:
    if table.empty:
        return "<p>None.</p>"
    lines = []
    for row in table.itertuples():
        cells = [
            escape(row.target),
            _number(row.published),
            _number(row.generated),
            f"{row.n:,}",
            _number(row.standard_error),
            f"{row.z:+.1f}",
            "yes" if row.within else "no",
            row.status,
            escape(row.source),
            escape(row.note),
        ]
        lines.append((cells, "" if row.within else "missed"))
    return _rows(
        (
            "target",
            "published",
            "generated",
            "rows",
            "standard error",
            "z",
            "met",
            "status",
            "source",
            "note",
        ),
        lines,
    )


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"


def _rows(heads: tuple[str, ...], lines: list[tuple[list[str], str]]) -> str:
    top = "".join(f"<th>{h}</th>" for h in heads)
    body = []
    for cells, kind in lines:
        inside = "".join(
            f'<td class="n">{c}</td>' if re.fullmatch(r"[-+]?[\d.,]+|nan", c) else f"<td>{c}</td>"
            for c in cells
        )
        body.append(f'<tr class="{kind}">{inside}</tr>' if kind else f"<tr>{inside}</tr>")
    return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table>"
