"""Write the nodes that engines have different words for: DuckDB, Spark and SQL Server.

What each of them gives is the same: text is compared trimmed and in upper case and is missing
when empty; whole numbers are cut, not rounded; what cannot be read is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sqlglot import exp

from . import crosswalk_nodes as nodes

__all__ = [
    "ENGINES",
    "KEY_COLLATION",
    "lower",
    "read_files",
    "seal",
    "variable_of_map",
    "view_tables",
]

#: The collation under which keys of the secure service are compared.
KEY_COLLATION = "Latin1_General_BIN"
_INTEGER = "[+-]?[0-9]+"
_NUMBER = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
_ISO = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"


def lower(tree: exp.Expression, engine: str) -> exp.Expression:
    """Put an engine's own words in the place of the neutral nodes.

    Parameters
    ----------
    tree : sqlglot.exp.Expression
        A tree; it is changed.
    engine : {"duckdb", "spark", "tsql"}
        The engine.

    Returns
    -------
    sqlglot.exp.Expression
        The tree, or what replaces it.
    """
    words = ENGINES[engine]
    for node in reversed([n for n in tree.walk() if type(n) in words]):
        new = words[type(node)](node)
        if node is tree:
            return new
        if new is not node:
            node.replace(new)
    return tree


def seal(select: exp.Select, types: dict[str, str]) -> None:
    """Cast the columns of a result to the types that they are to have.

    Parameters
    ----------
    select : sqlglot.exp.Select
        The query of one view; it is changed.
    types : dict of str to str
        From columns of the result to SQL types.
    """
    for item in select.expressions:
        kind = types.get(item.alias)
        if kind is not None and not isinstance(item.this, exp.Column | exp.Cast):
            item.set("this", _cast(item.this, kind))


def view_tables(tree: exp.Expression) -> list[exp.Table]:
    """Return the views that a tree reads, as opposed to its own small tables."""
    return [t for t in tree.find_all(exp.Table) if t.args.get("catalog")]


def read_files(tree: exp.Expression, folder: Path) -> None:
    """Let a tree for DuckDB read the files of a data set in the place of its views."""
    for table in view_tables(tree):
        files = str(folder / table.catalog / table.name / "*.parquet")
        call = exp.Anonymous(this="read_parquet", expressions=[exp.Literal.string(files)])
        table.replace(exp.Table(this=call))


def variable_of_map(
    table: str, rows: Iterable[tuple[exp.Expression, exp.Expression]], kind: str
) -> str:
    """Write the statement that gives DuckDB a small table with values of a type as a variable."""
    pairs = [exp.Tuple(expressions=[k.copy(), v.copy()]) for k, v in rows]
    held = _duckdb_map(pairs)
    held.expressions[1].replace(_cast(held.expressions[1].copy(), f"{kind}[]"))
    return f'set variable "{table}" = {held.sql(dialect="duckdb")}'


def _cast(node: Any, kind: str, safe: bool = False) -> exp.Expression:
    return (exp.TryCast if safe else exp.Cast)(this=node, to=exp.DataType.build(kind))


def _nullif_empty(node: exp.Expression) -> exp.Expression:
    return exp.Nullif(this=node, expression=exp.Literal.string(""))


def _when(test: exp.Expression, value: exp.Expression) -> exp.Expression:
    return exp.Case(ifs=[exp.If(this=test, true=value)])


def _call(name: str, *arguments: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _divide(node: exp.Expression) -> exp.Expression:
    below = exp.Nullif(this=_cast(node.expression, "DOUBLE"), expression=exp.Literal.number(0))
    value = exp.Div(this=_cast(node.this, "DOUBLE"), expression=below, typed=True, safe=False)
    return exp.Paren(this=value) if isinstance(node.parent, exp.Binary) else value


def _floor(node: exp.Expression) -> exp.Expression:
    return _cast(exp.Floor(this=node.this), "BIGINT", safe=True)


def _trim(node: exp.Expression) -> exp.Expression:
    return exp.Trim(this=node)


# ------------------------------------------------------------------ DuckDB and Spark


def _plain_clean(hexed: Callable, cut: Callable) -> Callable:
    def write(node: exp.Expression) -> exp.Expression:
        stored, value = node.args.get("stored"), node.this
        if stored == "float":
            return _cast(_cast(cut(value), "BIGINT", safe=True), "VARCHAR")
        if stored == "boolean":
            return _cast(_cast(value, "INT"), "VARCHAR")
        if stored in ("integer", "date"):
            return _cast(value, "VARCHAR")
        if stored == "binary":
            return exp.Nullif(this=hexed(value), expression=exp.Literal.string("0x"))
        if stored == "text" and node.args.get("cased") and node.args.get("rare"):
            return _rarely_trimmed(value)
        text = _trim(value if stored == "text" else _cast(value, "VARCHAR"))
        text = text if node.args.get("cased") else exp.Upper(this=text)
        return text if node.args.get("blank") else _nullif_empty(text)

    return write


def _rarely_trimmed(value: exp.Expression) -> exp.Expression:
    """Trim only what begins or ends with a blank, or is empty: DuckDB's own TRIM is slow."""
    blank = exp.Literal.string(" ")
    ends = (_call(f"{end}_WITH", value.copy(), blank.copy()) for end in ("STARTS", "ENDS"))
    empty = exp.EQ(this=value.copy(), expression=exp.Literal.string(""))
    trimmed = _nullif_empty(_trim(value.copy()))
    return exp.Case(ifs=[exp.If(this=exp.or_(empty, *ends), true=trimmed)], default=value)


def _plain_clip(node: exp.Expression) -> exp.Expression:
    text = _trim(node.this)
    return text if node.args.get("blank") else _nullif_empty(text)


def _guarded(pattern: str, kind: str, matches: Callable) -> Callable:
    """Cast a text only if the whole of it looks right, so that engines agree on what is right."""

    def write(node: exp.Expression, stored: str) -> exp.Expression:
        text = _trim(node.this if stored == "text" else _cast(node.this, "VARCHAR"))
        return _when(matches(text, pattern), _cast(text.copy(), kind, safe=True))

    return write


def _plain_integer(matches: Callable, cut: Callable) -> Callable:
    guarded = _guarded(_INTEGER, "BIGINT", matches)

    def write(node: exp.Expression) -> exp.Expression:
        stored = node.args.get("stored")
        if stored in ("integer", "boolean"):
            return _cast(node.this, "BIGINT")
        if stored in ("float", "number"):
            return _cast(cut(node.this), "BIGINT", safe=True)
        return guarded(node, stored)

    return write


def _plain_number(matches: Callable) -> Callable:
    guarded = _guarded(_NUMBER, "DOUBLE", matches)

    def write(node: exp.Expression) -> exp.Expression:
        stored = node.args.get("stored")
        if stored in ("integer", "float", "number", "boolean"):
            return _cast(node.this, "DOUBLE")
        return guarded(node, stored)

    return write


def _plain_date(matches: Callable) -> Callable:
    guarded = _guarded(_ISO, "DATE", matches)

    def write(node: exp.Expression) -> exp.Expression:
        stored = node.args.get("stored")
        if stored == "date":
            return _cast(node.this, "DATE")
        return guarded(node, stored)

    return write


def _duckdb_matches(text: exp.Expression, pattern: str) -> exp.Expression:
    return _call("REGEXP_FULL_MATCH", text, exp.Literal.string(pattern))


def _spark_matches(text: exp.Expression, pattern: str) -> exp.Expression:
    return exp.RegexpLike(this=text, expression=exp.Literal.string(f"^({pattern})$"))


def _duckdb_hex(value: exp.Expression) -> exp.Expression:
    return exp.DPipe(this=exp.Literal.string("0x"), expression=_call("HEX", value))


def _spark_hex(value: exp.Expression) -> exp.Expression:
    return exp.Concat(expressions=[exp.Literal.string("0x"), _call("HEX", value)])


def _duckdb_map(pairs: list[exp.Expression]) -> exp.Expression:
    keys, values = ([p.expressions[n] for p in pairs] for n in (0, 1))
    return _call("MAP", exp.Array(expressions=keys), exp.Array(expressions=values))


def _duckdb_listed(node: exp.Expression) -> exp.Expression:
    if node.expressions:
        held = _duckdb_map(node.expressions)
    else:
        held = _call("GETVARIABLE", exp.Literal.string(node.args["table"]))
    return _call("MAP_EXTRACT_VALUE", held, node.this)


def _spark_listed(node: exp.Expression) -> exp.Expression:
    flat = [item for pair in node.expressions for item in pair.expressions]
    return _call("TRY_ELEMENT_AT", _call("MAP", *flat), node.this)


def _plain(
    matches: Callable, hexed: Callable, cut: Callable, listed: Callable
) -> dict[type, Callable]:
    return {
        nodes.Clean: _plain_clean(hexed, cut),
        nodes.Clip: _plain_clip,
        nodes.Key: lambda node: node.this,
        nodes.Listed: listed,
        nodes.ToInteger: _plain_integer(matches, cut),
        nodes.ToNumber: _plain_number(matches),
        nodes.ToDate: _plain_date(matches),
        nodes.ToText: lambda node: _cast(node.this, "VARCHAR"),
        nodes.RealDiv: _divide,
        nodes.Whole: _floor,
    }


# ------------------------------------------------------------------------ SQL Server


def _both_trimmed(node: exp.Expression) -> exp.Expression:
    return _call("LTRIM", _call("RTRIM", node))


def _server_clean(node: exp.Expression) -> exp.Expression:
    value, stored = node.this, node.args.get("stored")
    if stored == "binary":
        text = _call("CONVERT", exp.Var(this="VARCHAR(100)"), value, exp.Literal.number(1))
        return exp.Nullif(this=text, expression=exp.Literal.string("0x"))
    if stored == "float":
        return _cast(_cast(value, "BIGINT", safe=True), "VARCHAR(100)")
    text = _both_trimmed(value)
    return _nullif_empty(text if node.args.get("cased") else exp.Upper(this=text))


def _server_cast(kind: str) -> Callable:
    """Cast what has a digit: SQL Server would make 0 of an empty text and of a lone sign."""

    def write(node: exp.Expression) -> exp.Expression:
        value = _cast(node.this, kind, safe=True)
        if not node.args.get("raw") and node.args.get("stored") != "text":
            return value
        test = exp.Like(this=node.this.copy(), expression=exp.Literal.string("%[0-9]%"))
        return _when(test, value)

    return write


def _server_date(node: exp.Expression) -> exp.Expression:
    stored = node.args.get("stored")
    if stored == "date":
        return _cast(node.this, "DATE", safe=True)
    text = _cast(node.this, "VARCHAR(30)") if stored == "integer" else node.this
    if stored != "integer":
        text = _both_trimmed(text)
    test = exp.Like(this=text, expression=exp.Literal.string(_ISO))
    return _when(test, _cast(text.copy(), "DATE", safe=True))


def _server_type(node: exp.Cast) -> exp.Expression:
    """Give a text its length: without one SQL Server would cut at 30 characters."""
    if node.to.this == exp.DataType.Type.VARCHAR and not node.to.expressions:
        node.set("to", exp.DataType.build("VARCHAR(100)"))
    return node


def _server_text(node: exp.Expression) -> exp.Expression:
    return _cast(node.this, "VARCHAR(100)")


ENGINES: dict[str, dict[type, Callable]] = {
    "duckdb": _plain(
        _duckdb_matches, _duckdb_hex, lambda node: _call("TRUNC", node), _duckdb_listed
    ),
    "spark": _plain(_spark_matches, _spark_hex, lambda node: node, _spark_listed),
    "tsql": {
        nodes.Clean: _server_clean,
        nodes.Clip: lambda node: _nullif_empty(_both_trimmed(node.this)),
        nodes.Key: lambda node: exp.Collate(this=node.this, expression=exp.Var(this=KEY_COLLATION)),
        nodes.ToInteger: _server_cast("BIGINT"),
        nodes.ToNumber: _server_cast("DOUBLE"),
        nodes.ToDate: _server_date,
        nodes.ToText: _server_text,
        nodes.RealDiv: _divide,
        nodes.Whole: _floor,
        exp.Cast: _server_type,
    },
}
