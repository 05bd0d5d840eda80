"""The look of the book's figures, and the few drawings that many chapters share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["mark_breaks", "note_synthetic", "use_style"]

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
    pd.set_option("display.max_colwidth", 120)


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
    ax.text(1, -0.22, words, transform=ax.transAxes, ha="right", va="top", fontsize=8, alpha=0.9)
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
