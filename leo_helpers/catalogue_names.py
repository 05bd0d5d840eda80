"""The names that tables and variables go by, folded so that people need not be exact."""

from __future__ import annotations

import re

from .catalogue_model import Table, Variable

__all__ = ["ENDING", "distinct", "plain_name", "table_names", "variable_names"]

#: Term and year at the end of a name, as on the form or in a view.
ENDING = re.compile(r"_?(\[term\]|\[yy\]|\[n\])+|_(aut|spr|sum)?\d\d(?=_anon$|$)", re.IGNORECASE)


def distinct(names: list[str]) -> list[str]:
    """Drop names that differ only by case from one before.

    Parameters
    ----------
    names : list of str
        The names, best first.

    Returns
    -------
    list of str
        The names that are left, in the same order.

    Examples
    --------
    >>> distinct(["KS4_FSM", "ks4_fsm", "KS4_SEN"])
    ['KS4_FSM', 'KS4_SEN']
    """
    return list({name.casefold(): name for name in reversed(names)}.values())[::-1]


def plain_name(name: str) -> str:
    """Fold case, underscores, hyphens and repeated spaces of a table's name.

    Parameters
    ----------
    name : str
        The name as it was given.

    Returns
    -------
    str
        The folded name.

    Examples
    --------
    >>> plain_name("School_Census ")
    'school census'
    """
    return " ".join(re.split(r"[\s_-]+", name.strip().casefold()))


def table_names(tables: dict[str, Table]) -> dict[str, str]:
    """Map every name that a table goes by to its id; ids win over aliases, these over titles.

    Parameters
    ----------
    tables : dict of str to Table
        The tables by id.

    Returns
    -------
    dict of str to str
        From folded names to ids.

    Examples
    --------
    >>> table_names({})
    {}
    """
    names: dict[str, str] = {}
    for pick in (
        lambda table: (table.table_id,),
        lambda table: table.aliases,
        lambda table: (table.title, table.request_sheet),
    ):
        for table in tables.values():
            for name in filter(None, pick(table)):
                names.setdefault(plain_name(name), table.table_id)
    return names


def variable_names(variables: tuple[Variable, ...]) -> dict[str, Variable]:
    """Map every name that a variable goes by to it; better kinds of name come first.

    Parameters
    ----------
    variables : tuple of Variable
        The variables of one table.

    Returns
    -------
    dict of str to Variable
        From names in lower case, with and without term and year.

    Examples
    --------
    >>> sex = Variable("t", "Sex_[yy]", "category", "sex_{yy}", old_names=("gend",))
    >>> sorted(variable_names((sex,)))
    ['gend', 'sex', 'sex_[yy]', 'sex_{yy}']
    """
    names: dict[str, Variable] = {}
    for pick in (
        lambda v: (v.name,),
        lambda v: (v.column_pattern, v.base),
        lambda v: (ENDING.sub("", v.name),),
        lambda v: [part.partition("@")[0] for part in v.columns_by_year.split(";")],
        lambda v: v.old_names,
        lambda v: [ENDING.sub("", old) for old in v.old_names],
    ):
        for variable in variables:
            for name in filter(None, pick(variable)):
                plain = re.sub(r"_?\{(term|yy|n)\}", "", name.casefold())
                names.setdefault(name.casefold(), variable)
                names.setdefault(plain, variable)
    return names
