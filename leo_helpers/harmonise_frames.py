"""The data frames of a harmonisation: its rows, its coverage and its breaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .browse import frame
from .crosswalk import Crosswalk
from .crosswalk_model import Concept
from .harmonise_plan import STATES, Cover, Plan

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["break_rows", "breaks_frame", "coverage_frame", "to_frame"]

BREAK_COLUMNS = ("concept", "year", "kind", "what", "advice", "source_id", "documented")


def to_frame(
    table: pa.Table, concepts: Sequence[Concept], crosswalk: Crosswalk, labels: bool
) -> pd.DataFrame:
    """Turn the rows into a data frame in which code lists are ordered categories.

    Parameters
    ----------
    table : pyarrow.Table
        The rows.
    concepts : sequence of Concept
        The concepts among the columns.
    crosswalk : Crosswalk
        For the code lists.
    labels : bool
        Labels in place of codes.

    Returns
    -------
    pandas.DataFrame
        With pyarrow types.
    """
    import pandas as pd

    from .load import _pandas_type

    listed = {c.concept: c for c in concepts if c.codelist and c.type in ("category", "flag")}
    words = {}
    for name in ("view", "term", *(n for n, c in listed.items() if c.type == "category")):
        place = table.column_names.index(name)
        words[name] = table.column(place).combine_chunks().dictionary_encode()
        table = table.remove_column(place).add_column(place, name, words[name].indices)
    data = table.to_pandas(types_mapper=_pandas_type, date_as_object=False)
    for name, encoded in words.items():
        met = encoded.dictionary.to_pylist()
        codes = data[name].fillna(-1).astype("int64").to_numpy()
        made = pd.Categorical.from_codes(codes, met, ordered=True)
        known = [c.code for c in crosswalk.codes(listed[name].codelist)] if name in listed else []
        order = [*known, *sorted(set(met) - set(known))] if known else met
        data[name] = made.set_categories(order)
    if labels:
        for name, concept in listed.items():
            data[name] = _labelled(data[name], crosswalk.codes(concept.codelist))
    return data


def _labelled(values: pd.Series, codes: Sequence[Any]) -> pd.Series:
    import pandas as pd

    named = {c.code: c.label for c in codes}
    shown = values.astype(object).map(lambda v: named.get(str(v), v), na_action="ignore")
    order = [*dict.fromkeys(named.values())]
    extra = sorted({str(v) for v in shown.dropna().unique()} - set(order))
    return pd.Series(pd.Categorical(shown, [*order, *extra]), index=values.index)


def coverage_frame(plan: Plan) -> pd.DataFrame:
    """Return the coverage: one row a concept, year and term.

    Parameters
    ----------
    plan : Plan
        The harmonisation.

    Returns
    -------
    pandas.DataFrame
        ``state`` is a category in the order of `STATES`.
    """
    import pandas as pd

    data = frame([c._asdict() for c in plan.covers], columns=Cover._fields)
    data["state"] = pd.Categorical(data["state"].astype(object), list(STATES))
    return data


def break_rows(crosswalk: Crosswalk, table_id: str, concepts: set[str]) -> list[dict[str, Any]]:
    """List the breaks of a table that concern some concepts, or the whole table.

    Parameters
    ----------
    crosswalk : Crosswalk
        The rules.
    table_id : str
        The table.
    concepts : set of str
        The concepts.

    Returns
    -------
    list of dict
        In order of year.
    """
    return [
        {
            "concept": b.concept,
            "year": b.year,
            "kind": b.kind,
            "what": b.what,
            "advice": b.advice,
            "source_id": b.source_id,
            "documented": ";".join(b.documented),
        }
        for b in crosswalk.breaks
        if b.table_id == table_id and (not b.concept or b.concept in concepts)
    ]


def breaks_frame(plan: Plan, crosswalk: Crosswalk) -> pd.DataFrame:
    """Return the breaks that lie within a harmonisation.

    Parameters
    ----------
    plan : Plan
        The harmonisation.
    crosswalk : Crosswalk
        The rules.

    Returns
    -------
    pandas.DataFrame
        Breaks before the first or after the last year that was asked for are left out.
    """
    years = [c.year for c in plan.covers if c.year]
    rows = break_rows(crosswalk, plan.table.table_id, {c.concept for c in plan.concepts})
    if years:
        low, high = min(years), max(years)
        rows = [r for r in rows if r["year"] is None or low <= r["year"] <= high]
    return frame(rows, columns=BREAK_COLUMNS)
