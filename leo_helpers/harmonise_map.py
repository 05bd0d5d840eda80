"""Draw what a harmonisation covers, as a map that can be read without colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .crosswalk import Crosswalk
from .harmonise_frames import break_rows
from .harmonise_plan import STATES, Plan

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_map"]

#: Colour, mark and colour of the mark of each state.
_LOOK = {
    "exact": ("#0A5C8F", "", "#FFFFFF"),
    "recoded": ("#5FA8D3", "", "#333333"),
    "derived": ("#BFDDF0", "", "#333333"),
    "not comparable": ("#F2B36B", "!", "#333333"),
    "not in your extract": ("#FFFFFF", "\u2715", "#9C2F00"),
    "not yet checked": ("#E6E6E6", "?", "#333333"),
    "cannot be harmonised": ("#BDBDBD", "\u2013", "#333333"),
    "not collected": ("#FFFFFF", "", "#333333"),
}


def draw_map(plan: Plan, crosswalk: Crosswalk) -> Figure:
    """Draw one row a concept and one column an END year.

    Parameters
    ----------
    plan : Plan
        The harmonisation.
    crosswalk : Crosswalk
        For the breaks, which are thick lines.

    Returns
    -------
    matplotlib.figure.Figure
        The map. Where the terms of a year differ, the best one is shown.
    """
    import matplotlib.pyplot as plt
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch, Rectangle

    from .plots import STYLE

    names = [c.concept for c in plan.concepts]
    years = sorted({c.year for c in plan.covers if c.year is not None}) or [None]
    best: dict[tuple, int] = {}
    for cover in plan.covers:
        key = (cover.concept, cover.year)
        best[key] = min(best.get(key, len(STATES)), STATES.index(cover.state))
    with plt.style.context(STYLE):
        height = 1.3 + 0.24 * len(names)
        figure, ax = plt.subplots(figsize=(max(5.5, 2.4 + 0.3 * len(years)), height))
        for row, name in enumerate(names):
            for place, year in enumerate(years):
                state = STATES[best.get((name, year), len(STATES) - 1)]
                colour, mark, ink = _LOOK[state]
                edge = "#C8C8C8" if colour == "#FFFFFF" else "#FFFFFF"
                ax.add_patch(
                    Rectangle((place, row), 1, 1, facecolor=colour, edgecolor=edge, lw=0.8)
                )
                if mark:
                    ax.text(
                        place + 0.5, row + 0.5, mark, ha="center", va="center", color=ink, size=8
                    )
        for row, place in _break_marks(plan, crosswalk, names, years):
            ax.plot(
                [place, place],
                [row, row + 1],
                color="#222222",
                lw=2.4,
                ls="-",
                solid_capstyle="butt",
            )
        ax.set_xlim(0, len(years))
        ax.set_ylim(len(names), 0)
        ax.set_yticks([n + 0.5 for n in range(len(names))], names)
        shown = [n for n, y in enumerate(years) if y is None or len(years) < 12 or y % 5 == 0]
        ax.set_xticks([n + 0.5 for n in shown], [str(years[n] or "all rows") for n in shown])
        ax.tick_params(length=0)
        ax.grid(False)
        for side in ax.spines.values():
            side.set_visible(False)
        ax.set_title(f"{plan.table.title}: what each END year gives")
        met = [s for s in STATES if STATES.index(s) in set(best.values())]
        handles = [
            Patch(
                facecolor=_LOOK[s][0],
                edgecolor="#9A9A9A",
                label=f"{s} ({_LOOK[s][1]})" if _LOOK[s][1] else s,
            )
            for s in met
        ]
        handles.append(Line2D([], [], color="#222222", lw=2.4, label="break"))
        figure.legend(handles=handles, loc="outside lower left", ncols=3, fontsize=8)
    return figure


def _break_marks(
    plan: Plan, crosswalk: Crosswalk, names: list[str], years: list[int | None]
) -> set[tuple[int, int]]:
    """Row and place of every break that begins a new meaning in one of the years."""
    rows = break_rows(crosswalk, plan.table.table_id, set(names))
    return {
        (names.index(r["concept"]), years.index(r["year"]))
        for r in rows
        if r["concept"] and r["kind"] != "rename" and r["year"] in years and r["year"] != years[0]
    }
