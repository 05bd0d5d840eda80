"""The fault dial: which documented defects the data carry, and how often."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache

from ..errors import GenerateError, nearest
from ..paths import data_dir

LEVELS = ("none", "documented", "harsh")


@cache
def fault_table() -> dict[str, dict[str, str]]:
    """Every named fault with its tables, rates, description and source.

    Examples
    --------
    >>> "scan_gap" in fault_table()
    True
    """
    with (data_dir() / "faults" / "faults.csv").open(encoding="utf-8", newline="") as handle:
        return {row["fault"]: row for row in csv.DictReader(handle)}


def fault_rates(faults: str | Mapping[str, float]) -> dict[str, float]:
    """Rate of each fault for a setting of the dial.

    Parameters
    ----------
    faults : str or mapping
        ``"none"``, ``"documented"`` or ``"harsh"``; ``"documented,scan_gap=0,born_later=0.01"``
        starts from a level and changes single faults; a mapping of names to rates switches on
        those alone.

    Raises
    ------
    GenerateError
        If a level or fault is unknown or a rate is not between 0 and 1.

    Examples
    --------
    >>> fault_rates({"scan_gap": 0.5})
    {'scan_gap': 0.5}
    >>> fault_rates("none,two_pmr=0.1")
    {'two_pmr': 0.1}
    """
    if isinstance(faults, str):
        level, *changes = [part.strip() for part in faults.split(",")]
        if level not in LEVELS:
            raise GenerateError(
                f"The fault dial has no level {level!r}.", "Use none, documented or harsh."
            )
        rates = {} if level == "none" else {n: float(r[level]) for n, r in fault_table().items()}
        for change in changes:
            name, _, value = change.partition("=")
            rates[name] = _number(name, value)
    else:
        rates = dict(faults)
    for name, value in rates.items():
        if name not in fault_table():
            near = ", ".join(nearest(name, fault_table()))
            raise GenerateError(f"There is no fault called {name!r}.", f"Nearest: {near}.")
        if not 0 <= value <= 1:
            raise GenerateError(f"The rate of the fault {name} is {value}.", "Give 0 to 1.")
    return rates


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise GenerateError(
            f"The rate of the fault {name} is {value!r}, which is no number.",
            f"Write {name}=0.05, for example.",
        ) from None
