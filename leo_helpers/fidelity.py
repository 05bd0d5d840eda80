"""How well a synthetic data set meets the published totals that it was steered by.

:func:`fidelity` sets every target of ``data/marginals/targets.csv`` beside what a data set says;
:func:`write_report` writes the table, the plots and the list of assumptions.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .catalogue import load_catalogue
from .errors import CatalogueError, UnknownName
from .paths import data_dir
from .store import data_root, read_manifest
from .synth.marginals import quantiles, rate, shares

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ROUNDING", "compare", "fidelity", "targets", "write_report"]

#: A share may miss by this much, whatever its standard error; numbers by this part of the target.
ROUNDING = 0.005
#: ... but never by more than this part of the share, or of what it lacks of one.
PART = 0.25
#: Standard errors that a target may be missed by.
ERRORS = 3.0


@cache
def targets() -> tuple[dict[str, str], ...]:
    """The lines of ``data/marginals/targets.csv``, every cell as text.

    Examples
    --------
    >>> len(targets()) >= 300
    True
    """
    with (data_dir() / "marginals" / "targets.csv").open(encoding="utf-8", newline="") as handle:
        return tuple(csv.DictReader(handle))


def target_value(target: dict[str, str]) -> float:
    """The number a target should have: its own, or the one its reference points to.

    A reference is ``rates:name:year:group``, ``shares:name:year:group:category`` (several
    categories joined by ``+``) or ``quantiles:name:year:group:p``.

    Raises
    ------
    CatalogueError
        If the reference has another form.

    Examples
    --------
    >>> target_value({"value": "0.25", "reference": ""})
    0.25
    """
    if target["value"]:
        return float(target["value"])
    kind, name, year, group, *last = target["reference"].split(":")
    traits = dict(part.split("=") for part in group.split(";") if part)
    at = int(year or 0)
    if kind == "rates":
        return rate(name, at, **traits)
    if kind == "shares" and last:
        given = shares(name, at, **traits)
        return sum(given.get(k, 0.0) for k in last[0].split("+")) / sum(given.values())
    if kind == "quantiles" and last:
        return dict(quantiles(name, at, **traits))[float(last[0])]
    raise CatalogueError(
        f"the reference {target['reference']!r} of {target['target_id']} cannot be followed.",
        "targets.csv",
        column="reference",
    )


def fidelity(
    root: str | os.PathLike[str] | None = None, topics: Iterable[str] | None = None
) -> pd.DataFrame:
    """Every target beside what a data set says.

    A target is met when the distance is at most three standard errors, or at most
    :data:`ROUNDING` (half a percentage point of a share, but at most a quarter of it; half a per
    cent of any other number).
    In a data set of more than 5,000 people the first 5,000 are left out, because rare codes and
    tables are deliberately frequent among them.

    Parameters
    ----------
    root : path, optional
        Folder of a data set; without it the default data set.
    topics : iterable of str, optional
        Only the targets of these topics, such as ``["Absence"]``.

    Returns
    -------
    pandas.DataFrame
        One line a target: topic, target, published and generated value, rows, standard error, z,
        whether it is met, status and source of the figure.

    Raises
    ------
    DataSetError
        If the folder is no complete data set.
    UnknownName
        If there is no such topic.
    """
    wanted = targets()
    if topics is not None:
        known = dict.fromkeys(t["topic"] for t in targets())
        for topic in (topics := tuple(topics)):
            if topic not in known:
                raise UnknownName("topic", topic, known, "in targets.csv")
        wanted = tuple(t for t in wanted if t["topic"] in topics)
    return compare(data_root(root), wanted)


def compare(folder: Path, wanted: Iterable[dict[str, str]]) -> pd.DataFrame:
    """Some targets beside what the data set in a folder says, as :func:`fidelity` returns them."""
    import pandas as pd

    from .fidelity_sql import Measurer

    wanted = tuple(wanted)
    found = Measurer(folder, read_manifest(folder), load_catalogue()).measure(wanted)
    lines = []
    for target in wanted:
        seen, published = found[target["target_id"]], target_value(target)
        error = seen.error
        if target["statistic"] == "share":
            error = _expected_error(published, seen.people)
        elif target["statistic"] == "rate":  # events are rare: never less than a Poisson count's
            error = max(error, math.sqrt(published / max(seen.people, 1)))
        share = target["statistic"] in ("share", "ratio", "rate")
        rounding = ROUNDING * (1.0 if share else abs(published))
        if share:
            rounding = min(rounding, PART * min(published, abs(1.0 - published)))
        distance = seen.value - published
        lines.append(
            {
                "topic": target["topic"],
                "target_id": target["target_id"],
                "target": target["label"],
                "year": int(target["year"]) if target["year"] else None,
                "statistic": target["statistic"],
                "published": published,
                "generated": seen.value,
                "n": seen.n,
                "standard_error": error,
                "z": distance / error if error else math.nan,
                "within": bool(abs(distance) <= max(ERRORS * error, rounding)),
                "status": target["status"],
                "source": target["source_id"],
                "note": target["note"],
            }
        )
    return pd.DataFrame(lines).astype({"year": "Int64"})


def _expected_error(p: float, n: int) -> float:
    """Standard error of a share that really is `p`."""
    return math.sqrt(max(p * (1 - p), 0.25 / n) / n) if n else math.inf


def write_report(
    root: str | os.PathLike[str] | None = None, out: str | os.PathLike[str] = "fidelity"
) -> Path:
    """Write the fidelity report: a page that needs nothing else, the table as CSV, and the plots.

    Parameters
    ----------
    root : path, optional
        Folder of a data set; without it the default data set.
    out : path
        Folder to write to; it is made if need be.

    Returns
    -------
    pathlib.Path
        The page, ``fidelity.html``.

    Raises
    ------
    DataSetError
        If the folder is no complete data set.
    """
    from .fidelity_report import report

    folder = data_root(root)
    return report(fidelity(root), read_manifest(folder), Path(out))
