"""The look of the book's figures, and the few drawings that many chapters share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = [
    "draw_cohorts",
    "draw_timeline",
    "mark_breaks",
    "note_synthetic",
    "use_style",
    "year_axis",
]

STYLE = Path(__file__).with_name("leo.mplstyle")
NOTE = "synthetic data: no real person"


def use_style() -> None:
    """Draw every following figure in the book's style, and show labels in tables unshortened.

    The colours are told apart with any colour vision, and can be read on light and dark pages.

    Examples
    --------
    >>> use_style()
    """
    import matplotlib.pyplot as plt
    import pandas as pd

    plt.style.use(STYLE)
    pd.set_option("display.max_colwidth", 200)


def note_synthetic(ax: Axes, words: str = NOTE) -> Axes:
    """Write below a figure that its data are synthetic.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes to mark.
    words : str
        What to write.

    Returns
    -------
    matplotlib.axes.Axes
        The same axes.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> note_synthetic(plt.subplots()[1]).texts[0].get_text()
    'synthetic data: no real person'
    """
    ax.annotate(
        words,
        (1, 0),
        (0, -46),  # points: below tick labels and the name of the axis, whatever the height
        xycoords="axes fraction",
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=8,
        alpha=0.9,
    )
    return ax


def mark_breaks(ax: Axes, breaks: dict[int, str]) -> Axes:
    """Draw the years in which a series changes meaning as dashed lines with their reason.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes whose horizontal direction is END years.
    breaks : dict of int to str
        First year of the new meaning, and a few words.

    Returns
    -------
    matplotlib.axes.Axes
        The same axes.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> len(mark_breaks(plt.subplots()[1], {2015: "SEN reform"}).lines)
    1
    """
    for year, words in breaks.items():
        ax.axvline(year - 0.5, linestyle="--", linewidth=1, color="#7A7A7A")
        ax.text(year - 0.4, 0.98, words, transform=ax.get_xaxis_transform(), fontsize=8, va="top")
    return ax


def year_axis(ax: Axes) -> Axes:
    """Let the horizontal axis show whole years only, never half ones.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes whose horizontal direction is END years.

    Returns
    -------
    matplotlib.axes.Axes
        The same axes.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> ax = plt.subplots()[1]
    >>> _ = ax.plot([2006, 2009], [1, 2])
    >>> all(tick == int(tick) for tick in year_axis(ax).get_xticks())
    True
    """
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10))
    return ax


def draw_timeline(life: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the rows of one synthetic life: a line for each table, a mark or a bar for each row.

    Parameters
    ----------
    life : pandas.DataFrame
        From :func:`leo_helpers.timeline`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure whose height suits the number of tables.

    Returns
    -------
    matplotlib.axes.Axes
        Tables from top to bottom in order of their first row, time from left to right.

    Examples
    --------
    >>> from leo_helpers import timeline
    >>> ax = draw_timeline(timeline(tables=["school census", "ks1"]))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['Key Stage 1', 'School Census']
    """
    import matplotlib.dates as mdates
    import matplotlib.pyplot as plt

    from .catalogue import load_catalogue

    tables = load_catalogue().tables
    order = list(dict.fromkeys(life["table_id"]))
    if ax is None:
        ax = plt.subplots(figsize=(7, 1 + 0.28 * len(order)))[1]
    colours = {name: f"C{n}" for n, name in enumerate(["npd", "lilr", "hesa", "ucas", "leo"])}
    for lane, table_id in enumerate(order):
        rows = life[life["table_id"] == table_id]
        colour = colours[tables[table_id].dataset]
        lasting = rows["end"].notna().to_numpy()
        days = mdates.date2num(rows["start"].to_numpy())
        length = mdates.date2num(rows["end"].to_numpy()) - days
        ax.broken_barh(
            list(zip(days[lasting], length[lasting], strict=True)),
            (lane - 0.25, 0.5),
            facecolors=colour,
            alpha=0.6,
        )
        ax.plot(days, [lane] * len(rows), "|", color=colour, markersize=9)
    ax.xaxis_date()
    ax.set_yticks(range(len(order)), [tables[table_id].title for table_id in order])
    ax.set_ylim(len(order) - 0.4, -0.6)
    ax.set_title("One synthetic life, table by table")
    return ax


def draw_cohorts(tables: list[str], ax: Axes | None = None) -> Axes:
    """Draw at which ages each table sees each birth cohort: a Lexis diagram.

    Parameters
    ----------
    tables : list of str
        Table ids, at most eight; the numbers are in :func:`leo_helpers.cohorts`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Birth cohorts from left to right, ages upwards, one area a table.

    Examples
    --------
    >>> ax = draw_cohorts(["ks1", "ks4_pupil"])
    >>> [words.get_text() for words in ax.get_legend().get_texts()]
    ['Key Stage 1', 'Key Stage 4 pupil']
    """
    import matplotlib.colors as mcolors
    import matplotlib.pyplot as plt

    from .cohorts import FIRST_COHORT, LAST_COHORT, cohorts

    if ax is None:
        ax = plt.subplots(figsize=(7, 5))[1]
    for number, table in enumerate(tables):
        seen = cohorts(table)
        colour, pattern = f"C{number % 6}", ("", "//", "..")[number // 3 % 3]
        edges = [*(seen["cohort"] - 0.5), seen["cohort"].iloc[-1] + 0.5]
        low = [*(seen["first_age"] - 0.5), seen["first_age"].iloc[-1] - 0.5]
        high = [*(seen["last_age"] + 0.5), seen["last_age"].iloc[-1] + 0.5]
        ax.fill_between(
            edges, low, high, step="post", label=seen["title"].iloc[0], hatch=pattern,
            facecolor=mcolors.to_rgba(colour, 0.2), edgecolor=colour,
        )  # fmt: skip
    ax.set_xticks(range(FIRST_COHORT, LAST_COHORT + 1, 4))
    ax.set(xlabel="born from September of", ylabel="age before the year begins")
    ax.set_title("Which birth cohorts are seen where, and at which ages")
    ax.legend(fontsize=8)
    return ax
