"""The expression that gives one concept in one view."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from sqlglot import exp

from .crosswalk import Crosswalk
from .crosswalk_expression import Compiled, compile_expression
from .crosswalk_model import Concept, Recode, Source
from .crosswalk_nodes import Listed, ToInteger, ToNumber, ToText
from .crosswalk_sources import STORED, scale_of
from .crosswalk_years import input_kind, variable_of
from .harmonise_plan import Era, Input, Step, ViewPlan
from .harmonise_words import SQL_TYPES, column, constant, number, typed_null

if TYPE_CHECKING:
    from .harmonise_sql import Lookup

__all__ = ["INLINE", "Cells", "Style"]

#: A recode with more lines than this becomes a small table, not a CASE.
INLINE = 8
#: How small tables are used: joined; as a map in the expression; as a variable that holds a map.
Style = Literal["join", "map", "variable"]


class Cells:
    """Builds the concepts of one view.

    Parameters
    ----------
    part : ViewPlan
        The view.
    crosswalk : Crosswalk
        The rules.
    taken : set of str
        Names that a small table must not have.
    lookups : dict of str to Lookup
        The small tables made so far; new ones are added.
    style : {"join", "map", "variable"}
        How small tables are used.
    """

    def __init__(
        self,
        part: ViewPlan,
        crosswalk: Crosswalk,
        taken: set[str],
        lookups: dict[str, Lookup],
        style: Style,
    ) -> None:
        self.part, self.crosswalk, self.taken, self.lookups = part, crosswalk, taken, lookups
        self.style = style
        self.joins: dict[str, tuple[str, exp.Column]] = {}

    def year(self) -> exp.Expression:
        """Give the END year of a row."""
        if self.part.year_column is not None:
            return column("v", "year")
        if len(self.part.view.years) == 1:
            return exp.Literal.number(self.part.view.years[0])
        return typed_null("flag")

    def cell(self, concept: Concept) -> exp.Expression:
        """Give a concept, or a typed NULL."""
        eras = self.part.cells[concept.concept]
        if not eras:
            return typed_null(concept.type)
        dated = self.part.year_column is not None or len(self.part.view.years) == 1
        if not dated and any(era.years for era in eras):
            return typed_null(concept.type)  # the column that says the year is not there
        if len(eras) == 1 and set(self.part.years) <= set(eras[0].years):
            return self.steps(eras[0], concept)
        return exp.Case(
            ifs=[exp.If(this=self.in_years(e.years), true=self.steps(e, concept)) for e in eras]
        )

    def in_years(self, years: tuple[int, ...]) -> exp.Expression:
        """Test that a row is of some years."""
        first, last = min(years), max(years)
        if len(years) == 1:
            return exp.EQ(this=self.year(), expression=exp.Literal.number(first))
        if last - first + 1 == len(years):
            low, high = exp.Literal.number(first), exp.Literal.number(last)
            return exp.Between(this=self.year(), low=low, high=high)
        return exp.In(this=self.year(), expressions=[exp.Literal.number(y) for y in years])

    def steps(self, era: Era, concept: Concept) -> exp.Expression:
        """Take the first value that is not missing, in order of priority."""
        found = [value for step in era.steps for value in self.step(step, concept)]
        return found[0] if len(found) == 1 else exp.Coalesce(this=found[0], expressions=found[1:])

    def step(self, step: Step, concept: Concept) -> Iterable[exp.Expression]:
        """Apply one source; one value for each of its columns."""
        source = step.source
        if source.rule == "expression":
            yield self.expression(step, concept)
            return
        for _, found in step.inputs:
            if source.rule == "recode":
                yield self.recode(found, self.crosswalk.recodes[source.recode], concept)
            elif source.rule == "scale":
                yield self.scale(found, source, concept)
            else:
                yield _copy(found, concept)

    def recode(self, found: Input, recode: Recode, concept: Concept) -> exp.Expression:
        """Replace codes: in place if there are few, else by joining a small table."""
        code = column("v", found.alias)
        kept: exp.Expression | None = None
        if recode.unlisted == "keep":
            whole = concept.type == "integer"
            kept = ToInteger(this=code.copy(), stored="text") if whole else code.copy()
        if len(recode.to) > (0 if self.style == "variable" else INLINE):
            return self.looked_up(self.lookup(recode, concept), code, kept)
        rows = [(k, constant(v, concept.type)) for k, v in recode.to.items()]
        ifs = [
            exp.If(this=exp.Literal.string(k), true=v)
            for k, v in rows
            if kept is not None or not isinstance(v, exp.Null)
        ]
        if not ifs:
            return kept if kept is not None else typed_null(concept.type)
        return exp.Case(this=code, ifs=ifs, default=kept)

    def looked_up(
        self, table: str, code: exp.Column, kept: exp.Expression | None
    ) -> exp.Expression:
        """Use a small table: join it, or look the code up in a map."""
        rows = self.lookups[table].rows
        if self.style == "join":
            alias = self.join(table, code)
            value: exp.Expression = column(alias, "value")
            if kept is None:
                return value
            test = exp.Is(this=column(alias, "code"), expression=exp.Null())
            return exp.Case(ifs=[exp.If(this=test, true=kept)], default=value)
        given = [] if self.style == "variable" else [_pair(k, v) for k, v in rows]
        value = Listed(this=code, table=table, expressions=given)
        if kept is None:
            return value
        value = exp.Coalesce(this=value, expressions=[kept])
        lost = [k.copy() for k, v in rows if isinstance(v, exp.Null | exp.Cast)]
        if not lost:
            return value
        test = exp.In(this=code.copy(), expressions=lost)
        return exp.Case(ifs=[exp.If(this=exp.Not(this=test), true=value)])

    def lookup(self, recode: Recode, concept: Concept) -> str:
        """Make a small table of a recode, once for all views; return its name."""
        from .harmonise_sql import Lookup

        stored = STORED[concept.type]
        wanted = f"{recode.name}_recode" if recode.name in self.taken else recode.name
        if wanted in self.lookups and self.lookups[wanted].stored != stored:
            wanted = f"{wanted}_{stored}"
        if wanted not in self.lookups:
            rows = [(k, constant(v, concept.type)) for k, v in recode.to.items()]
            if all(isinstance(value, exp.Null) for _, value in rows):
                rows = [(k, typed_null(concept.type)) for k, _ in rows]
            nodes = tuple((exp.Literal.string(k), v) for k, v in rows)
            notes = tuple(recode.reasons.get(k, "") for k, _ in rows)
            self.lookups[wanted] = Lookup(
                wanted, "code", stored, nodes, SQL_TYPES[concept.type], notes, recode
            )
        return wanted

    def join(self, table: str, key: exp.Column) -> str:
        """Join a small table by a column, once for each column; return its alias."""
        for alias, (joined, by) in self.joins.items():
            if joined == table and by.name == key.name:
                return alias
        count = sum(joined == table for joined, _ in self.joins.values())
        alias = f"{table}_{count + 1}" if count else table
        self.joins[alias] = (table, key)
        return alias

    def scale(self, found: Input, source: Source, concept: Concept) -> exp.Expression:
        """Multiply, and add."""
        factor, offset, index = scale_of(self.crosswalk, source)
        whole = concept.type == "integer" and _is_whole(factor) and _is_whole(offset or "0")
        value: exp.Expression = column("v", found.alias)
        if not whole and found.kind == "integer":
            value = ToNumber(this=value, stored="integer")
        if index:
            value = exp.Mul(this=value, expression=self.index(index))
        elif float(factor) != 1:
            value = exp.Mul(this=value, expression=number(factor, whole))
        if offset:
            value = exp.Add(this=value, expression=number(offset, whole))
        if whole or concept.type == "number":
            return value
        return ToInteger(this=value, stored="number")

    def index(self, wanted: str) -> exp.Expression:
        """Give the value of an index for the row's year."""
        from .harmonise_sql import Lookup

        values = self.crosswalk.indexes[wanted].values
        if self.part.year_column is None:
            years = self.part.view.years
            if len(years) == 1 and years[0] in values:
                return number(repr(values[years[0]]), False)
            return typed_null("number")
        table = f"{wanted}_index" if wanted in self.taken else wanted
        if table not in self.lookups:
            rows = tuple((exp.Literal.number(y), number(repr(v), False)) for y, v in values.items())
            self.lookups[table] = Lookup(table, "year", "number", rows, "DOUBLE")
        return self.looked_up(table, column("v", "year"), None)

    def expression(self, step: Step, concept: Concept) -> exp.Expression:
        """Put columns in the places of an expression's variables."""
        compiled = _compiled(self.crosswalk, step.source)
        if compiled.kind == "null":
            return typed_null(concept.type)
        inputs = dict(step.inputs)
        names = compiled.names
        tree = _filled(compiled.tree, lambda text: self.placeholder(names[int(text)], inputs))
        need = STORED[concept.type]
        if compiled.kind == "integer" and need == "text":
            return ToText(this=tree, stored="integer")
        if compiled.kind == "integer" and need == "number":
            return ToNumber(this=tree, stored="integer")
        return tree

    def placeholder(self, text: str, inputs: dict[str, Input]) -> exp.Expression:
        """Give what stands for a variable, the year or the term."""
        if text == "year":
            return self.year()
        if text == "term":
            term = self.part.view.term
            return exp.Literal.string(term) if term else typed_null("text")
        return column("v", inputs[text].alias)


@lru_cache(maxsize=16_384)
def _compiled(crosswalk: Crosswalk, source: Source) -> Compiled:
    kinds = {
        n: input_kind(variable_of(crosswalk.catalogue, source.table_id, n))
        for n in source.variables
    }
    return compile_expression(source.argument, kinds)


def _filled(node: Any, value: Callable[[str], exp.Expression]) -> Any:
    """Copy a tree with values in the places of its placeholders."""
    if isinstance(node, exp.Placeholder):
        return value(node.this)
    if isinstance(node, list):
        return [_filled(one, value) for one in node]
    if isinstance(node, exp.Expression):
        return type(node)(**{name: _filled(one, value) for name, one in node.args.items()})
    return node


def _pair(code: exp.Expression, value: exp.Expression) -> exp.Tuple:
    return exp.Tuple(expressions=[code.copy(), value.copy()])


def _copy(found: Input, concept: Concept) -> exp.Expression:
    value = column("v", found.alias)
    if concept.type == "flag":
        listed = [exp.Literal.number(0), exp.Literal.number(1)]
        test = exp.In(this=value.copy(), expressions=listed)
        return exp.Case(ifs=[exp.If(this=test, true=value)])
    if found.kind == "date" and concept.type != "date":
        return ToText(this=value, stored="date")
    return value


def _is_whole(text: str) -> bool:
    return text != "" and float(text).is_integer()
