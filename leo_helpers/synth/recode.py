"""From the generator's own categories to the codes of a variable's list.

A category fits a code when the code, or the code's label, is the category itself or one of its
synonyms in ``data/marginals/recodes.csv``.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache

from ..catalogue import Catalogue, Variable
from ..paths import data_dir


@cache
def _synonyms() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    with (data_dir() / "marginals" / "recodes.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            found[row["category"]].append(row["synonym"].casefold())
    return {k: tuple(v) for k, v in found.items()}


@cache
def _positions(catalogue: Catalogue, codelist: str, values: tuple[str, ...]) -> dict[str, str]:
    codes, labels = {}, {}
    for code in catalogue.codes(codelist):
        codes.setdefault(code.code.casefold(), code.code)
        labels.setdefault(code.label.casefold(), code.code)
    out = {}
    for value in values:
        for word in (value.casefold(), *_synonyms().get(value, ())):
            if word in codes or word in labels:
                out[value] = codes.get(word) or labels[word]
                break
    return out


def code_positions(
    catalogue: Catalogue,
    variable: Variable,
    values: tuple[str, ...],
    shares: dict[str, float] | None = None,
) -> dict[str, str] | dict[str, float]:
    """Code of each category, or with `shares` the share of each code.

    Parameters
    ----------
    catalogue : Catalogue
        Where the code list stands.
    variable : Variable
        A variable with a code list.
    values : tuple of str
        Categories of the generator.
    shares : dict, optional
        Share of each category; categories without a code are left out.

    Returns
    -------
    dict
        Category to code, or code to share.
    """
    to = _positions(catalogue, variable.codelist, values)
    if shares is None:
        return to
    out: dict[str, float] = defaultdict(float)
    for value, code in to.items():
        out[code] += shares[value]
    return dict(out)
