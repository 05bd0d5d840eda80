"""Say everything that the catalogue knows about one thing: `leo.describe`."""

from __future__ import annotations

import html
from collections.abc import Sequence

from .catalogue import Catalogue, Code, Table, Variable, load_catalogue
from .errors import UnknownName
from .years import format_ranges, format_terms

__all__ = ["Description", "describe"]

_REQUEST = {
    "default": "part of the standard extract",
    "by_request": "only when asked for",
    "included": "comes with the table",
}


class Description:
    """What the catalogue knows about one table, variable or code list, ready to be shown.

    Parameters
    ----------
    title : str
        The heading.
    facts : sequence of pairs
        Name and value of each fact, in order; empty values are left out.

    Examples
    --------
    >>> Description("ks4_pupil", [("Years", "2002-2021"), ("Notes", "")]).facts
    {'Years': '2002-2021'}
    """

    def __init__(self, title: str, facts: Sequence[tuple[str, str]]) -> None:
        self.title = title
        self.facts = {name: value for name, value in facts if value}

    def __repr__(self) -> str:
        width = max(map(len, self.facts), default=0)
        lines = [self.title]
        for name, value in self.facts.items():
            first, *more = value.split("\n")
            lines.append(f"  {name:<{width}}  {first}")
            lines.extend(" " * (width + 4) + line for line in more)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left;vertical-align:top">{html.escape(name)}'
            f'</th><td style="text-align:left">{html.escape(value).replace(chr(10), "<br>")}'
            "</td></tr>"
            for name, value in self.facts.items()
        )
        return f"<table><caption>{html.escape(self.title)}</caption><tbody>{rows}</tbody></table>"


def describe(name: str) -> Description:
    """Say everything that the catalogue knows about a table, variable or code list.

    Parameters
    ----------
    name : str
        ``"ks4_pupil.KS4_LEVEL2_EM"``, a table, or the id of a code list.

    Returns
    -------
    Description
        Shows itself as text or, in a notebook, as a table; ``facts`` is a dictionary.

    Raises
    ------
    UnknownName
        If there is no such name; the nearest names are suggested.

    Examples
    --------
    >>> describe("cla.cla_POC_START").facts["Type"]
    'date'
    """
    catalogue = load_catalogue()
    if name in catalogue.codelists:
        return _describe_codes(catalogue, name)
    if "." in name:
        return _describe_variable(catalogue, catalogue.find(name))
    try:
        return _describe_table(catalogue, catalogue.resolve_table(name))
    except UnknownName as error:
        from .search import written_out

        error.next_step += f" For a variable write {written_out(name)}."
        raise


def _describe_table(catalogue: Catalogue, table: Table) -> Description:
    views = table.views()
    shown = ", ".join(f"{v.name} ({v.status})" for v in views[:4])
    if len(views) > 4:
        shown += f" and {len(views) - 4} more"
    years = f"{table.first_year}-{table.last_year}" if table.first_year else ""
    facts = [
        ("Table", table.title),
        ("One row", table.unit),
        ("Years", f"{years} ({table.year_kind} years, by their end)" if years else ""),
        ("Keys", ", ".join(table.key_columns)),
        ("Year column", table.year_column),
        ("Database", table.database),
        ("Views", shown),
        ("Variables", str(len(catalogue.variables(table)))),
        ("Also called", ", ".join(table.aliases)),
        ("Request form", table.request_sheet),
        ("Notes", table.notes),
    ]
    return Description(table.table_id, facts)


def _describe_variable(catalogue: Catalogue, variable: Variable) -> Description:
    listed = catalogue.codes(variable.codelist) if variable.codelist else ()
    facts = [
        ("Label", variable.label),
        ("Type", variable.type),
        ("Years", f"{format_ranges(variable.years)} ({variable.years_status.replace('_', ' ')})"),
        ("Terms", format_terms(variable.terms).replace("|", "\n").replace(":", ": ")),
        ("Column", f"{variable.column_pattern} ({variable.view_status})"),
        ("In some years", variable.columns_by_year.replace("@", " in ")),
        ("Columns", f"{variable.repeats} numbered ones" if variable.repeats else ""),
        ("Range", variable.range.replace("..", " to ")),
        ("Codes", _code_lines(variable.codelist, listed)),
        ("Missing as", variable.missing_as),
        ("Old names", ", ".join(variable.old_names)),
        ("Request", _REQUEST[variable.request]),
        ("Sensitivity", variable.sensitivity),
        ("Identifiability", variable.identifiability),
        ("Notes", variable.notes),
    ]
    return Description(str(variable), facts)


def _describe_codes(catalogue: Catalogue, name: str) -> Description:
    users = [str(v) for t in catalogue.tables for v in catalogue.variables(t) if v.codelist == name]
    more = f" and {len(users) - 5} more" if len(users) > 5 else ""
    listed = catalogue.codes(name)
    facts = [("Codes", _code_lines(name, listed, 40)), ("Used by", ", ".join(users[:5]) + more)]
    return Description(name, facts)


def _code_lines(name: str, listed: Sequence[Code], limit: int = 12) -> str:
    lines = []
    for code in listed[:limit]:
        years = ""
        if code.first_year or code.last_year:
            years = f" ({code.first_year or ''}-{code.last_year or ''})"
        lines.append(f"{code.code} = {code.label}{years}")
    if len(listed) > limit:
        lines.append(f"... {len(listed) - limit} more: leo.codes({name!r})")
    return "\n".join([f"{name}, {len(listed)} codes", *lines]) if listed else ""
