"""SELECT @s = @s + ... over several rows: the variable is worked out again with every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from .aggregates import AGGREGATES
from .arguments import date_part
from .duck import to_value
from .errors import Refused
from .functions import BARE
from .scope import Scope
from .sqltypes import T

if TYPE_CHECKING:
    from .blocks import Simple
    from .interpreter import Interpreter

__all__ = ["build_up", "builds_up", "depends"]


_LEFT_TO_RIGHT = (
    "a value uses a variable of the same list: SQL Server does not promise the order; here it is "
    "from left to right."
)
_NOTE = (
    "a variable is built up over {} rows: SQL Server's documentation leaves the order, and whether "
    "every row counts, undefined; here the rows are taken {}. STRING_AGG ... WITHIN GROUP is safe."
)


def _variables(node: exp.Expression) -> set[str]:
    """Return the names of the variables that an expression uses."""
    return {p.name.lower() for p in node.find_all(exp.Parameter)}


def depends(names: list[str], values: list[exp.Expression]) -> bool:
    """Tell whether an assignment uses a variable to which one before it gives a value."""
    return any(_variables(value) & set(names[:i]) for i, value in enumerate(values))


def builds_up(names: list[str], values: list[exp.Expression]) -> bool:
    """Tell whether a SELECT gives a variable a value that comes from its own assignments."""
    return any(_variables(value) & set(names) for value in values)


def build_up(
    interpreter: Interpreter, statement: Simple, names: list[str], tree: exp.Expression
) -> int:
    """Give variables their values row by row, from left to right, as SQL Server's plans mostly do.

    Parameters
    ----------
    interpreter : Interpreter
        Whose session holds the variables.
    statement : Simple
        The SELECT.
    names : list of str
        The variables, in lower case, in the order of the select list.
    tree : sqlglot.Expression
        The SELECT with the new values alone in its list.

    Returns
    -------
    int
        How many rows there were.

    Raises
    ------
    Refused
        Where SQL Server is known to use less than all rows, or the order cannot be told.
    """
    session = interpreter.session
    _require(names, tree)
    leaves: dict[str, exp.Expression] = {}
    values = [_without_columns(value.copy(), names, leaves) for value in tree.expressions]
    plain = tree.copy()
    plain.set("expressions", [leaf.copy() for leaf in leaves.values()] or [exp.Literal.number(1)])
    binder = session.binder()
    query = binder.statement(plain)
    natural = query.ordered or (_one_table(tree) and not tree.args.get("group"))
    rows = session.fetch(query.sql if natural else f"SELECT * FROM ({query.sql}) ORDER BY ALL")
    hidden = list(leaves)
    try:
        for row in rows:
            for place, cell, col in zip(hidden, row, query.cols, strict=False):
                session.values[place] = (col.t, to_value(cell, col.t))
            for name, value in zip(names, values, strict=True):
                t = session.values[name][0] if session.variable(name, None) else T("int")
                inner = session.binder()
                done = inner.convert(inner.expr(value, Scope()), t, "explicit")
                session.values[name] = (t, to_value(session.evaluate(done.sql), t))
    finally:
        for place in hidden:
            session.values.pop(place, None)
    if len(rows) > 1:
        order = "in the order of ORDER BY" if query.ordered else "as they stand"
        order = order if natural else "in the order of their values"
        binder.note(_NOTE.format(len(rows), order))
    elif depends(names, tree.expressions):
        binder.note(_LEFT_TO_RIGHT)
    interpreter.notes(binder, statement)
    return len(rows)


def _require(names: list[str], tree: exp.Expression) -> None:
    """Refuse what SQL Server answers now one way and now another."""
    use = "Use STRING_AGG ... WITHIN GROUP (ORDER BY ...), SUM or a loop."
    if not isinstance(tree, exp.Select) or tree.args.get("distinct"):
        raise Refused("a variable cannot be built up over a DISTINCT or a UNION here.", use)
    clauses = [tree.args.get(k) for k in ("from_", "where", "group", "having", "order", "limit")]
    clauses += tree.args.get("joins") or []
    if any(_variables(clause) & set(names) for clause in clauses if clause is not None):
        raise Refused("a variable that is built up over rows also chooses the rows.", use)
    for item in tree.args["order"].expressions if tree.args.get("order") else []:
        if not isinstance(item.this, exp.Column):
            raise Refused(
                "a variable that is built up with ORDER BY over an expression: SQL Server often "
                "keeps only the last row of it.",
                use,
            )


def _without_columns(
    node: exp.Expression, names: list[str], leaves: dict[str, exp.Expression]
) -> exp.Expression:
    """Put a hidden variable in the place of everything that comes from the row."""
    bare = isinstance(node, exp.Column) and not node.table
    if bare and (node.name.lower() in BARE or date_part(node)):
        return node
    if not _from_row(node):
        for child in list(node.iter_expressions()):
            new = _without_columns(child, names, leaves)
            if new is not child:
                child.replace(new)
        return node
    if _variables(node) & set(names) or isinstance(node, exp.Exists):
        raise Refused(
            "a variable that is built up over rows inside an aggregate, a window or a subquery.",
            "Use STRING_AGG or SUM.",
        )
    text = node.sql("tsql")
    place = next((k for k, leaf in leaves.items() if leaf.sql("tsql") == text), "")
    place = place or f" {len(leaves) + 1}"
    leaves.setdefault(place, node.copy())
    return exp.Parameter(this=exp.Var(this=place))


def _from_row(node: exp.Expression) -> bool:
    """Tell whether a value stays as it is while a row is worked on."""
    kinds = exp.Column | exp.Window | exp.WithinGroup | exp.Subquery | exp.Exists
    aggregate = isinstance(node, exp.Anonymous) and str(node.this).lower() in AGGREGATES
    return isinstance(node, kinds) or aggregate


def _one_table(tree: exp.Select) -> bool:
    """Tell whether the rows come from one table or view as it stands."""
    source = tree.args.get("from_")
    return source is None or (
        isinstance(source.this, exp.Table)
        and not tree.args.get("joins")
        and not tree.find(exp.Window)
    )
