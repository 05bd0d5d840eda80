"""The collation of what a script compares, followed through WITH and derived tables."""

from __future__ import annotations

from sqlglot import exp

from ..harmonise_held import expected_storage
from .own import OwnTables
from .touched import Read, Source, columns

__all__ = ["collation_of"]


def collation_of(node: exp.Expression | None, read: Read, own: OwnTables) -> str | None:
    """Return the collation of a text column or of what is made of it; None if not known."""
    if isinstance(node, exp.Collate):
        name = node.expression.name.lower()
        return "" if name == "database_default" else name
    if isinstance(node, exp.Column):
        for column, _, item in read.used:
            if column is node:
                return "" if expected_storage(item.variable) == "text" else None
        source = read.source_of(node)
        return source and _collation_in(source, node.name.lower(), read, own)
    inner = node.expressions[:1] if isinstance(node, exp.Anonymous) else []
    inner = [node.this] if isinstance(node, exp.Paren) else inner
    if isinstance(node, exp.Case):
        inner = [branch.args["true"] for branch in node.args["ifs"]]
    found = (collation_of(part, read, own) for part in inner)
    return next((name for name in found if name is not None), None)


def _collation_in(source: Source, name: str, read: Read, own: OwnTables) -> str | None:
    """Return the collation of a column of a source, through WITH and derived tables."""
    if source.view is not None:
        item = columns(source.view).get(name)
        return "" if item and expected_storage(item.variable) == "text" else None
    select = source.node.this if isinstance(source.node, exp.Subquery) else None
    if len(source.parts) == 1:
        ctes = source.node.root().find_all(exp.CTE)
        select = next((c.this for c in ctes if c.alias.lower() == source.parts[0].lower()), None)
    while isinstance(select, exp.SetOperation):
        select = select.this
    if isinstance(select, exp.Select):
        for item in select.expressions:
            if item.is_star:
                inside = (_collation_in(s, name, read, own) for s in read.scopes[id(select)])
                return next((found for found in inside if found is not None), None)
            if item.alias_or_name.lower() == name:
                return collation_of(item.unalias(), read, own)
        return None
    held = own.get(source.parts[-1].lower(), {}).get(name) if source.parts else None
    return held.collation if held and "char" in held.type else None
