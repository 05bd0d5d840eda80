"""A page runs with its solutions left out: they define nothing that a later cell needs.

Names are followed through the code, without running it.
"""

import ast
import builtins
import re

import pytest
import refresh

CHAPTERS = refresh.sources()
SOLUTION = re.compile(
    r"^`{3,}\{solution-start\}.*?^`{3,}\{solution-end\}[^\n]*\n", re.MULTILINE | re.DOTALL
)
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
#: What IPython itself puts into the namespace of a notebook.
GIVEN = {*dir(builtins), "display", "_"}


class Names(ast.NodeVisitor):
    """The names that a piece of code takes from outside, and those that it leaves behind.

    A function is followed as if it ran where it stands, a class is not needed in chapters.
    """

    def __init__(self, known):
        self.known, self.missing = set(known), []

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Load):
            if node.id not in self.known:
                self.missing.append(node.id)
        else:
            self.known.add(node.id)

    def visit_Import(self, node):
        self.known |= {(a.asname or a.name).split(".")[0] for a in node.names}

    visit_ImportFrom = visit_Import

    def visit_Assign(self, node):
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_AugAssign(self, node):
        for part in (node.value, node.target):
            self.visit(part)

    def visit_NamedExpr(self, node):
        self.visit(node.value)
        self.visit(node.target)

    def visit_For(self, node):
        for part in (node.iter, node.target, *node.body, *node.orelse):
            self.visit(part)

    def visit_ExceptHandler(self, node):
        if node.name:
            self.known.add(node.name)
        self.generic_visit(node)

    def visit_FunctionDef(self, node):
        self.known.add(node.name)
        self._inside(node, node.body)

    def visit_Lambda(self, node):
        self._inside(node, [node.body])

    def _inside(self, node, body):
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(default)
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        every += filter(None, [node.args.vararg, node.args.kwarg])
        inner = Names(self.known | {argument.arg for argument in every})
        for statement in body:
            inner.visit(statement)
        self.missing += inner.missing

    def _comprehension(self, node):
        inner = Names(self.known)
        for part in node.generators:
            inner.visit(part.iter)
            inner.visit(part.target)
            for test in part.ifs:
                inner.visit(test)
        for result in ("key", "value", "elt"):
            if hasattr(node, result):
                inner.visit(getattr(node, result))
        self.missing += inner.missing

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension


def missing(page):
    """List the names that the cells outside solutions use before they have them."""
    found = Names(GIVEN)
    for body in CELL.findall(SOLUTION.sub("", page)):
        if body.startswith("---\n"):
            body = body[4:].partition("\n---\n")[2]
        code = "\n".join(line for line in body.splitlines() if not line.startswith((":", "%")))
        if body.startswith("%%"):  # SQL, whose result may get a name
            found.known |= set(re.findall(r"^%%.*--out (\w+)", body))
        else:
            found.visit(ast.parse(code))
    return found.missing


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_no_cell_needs_a_solution(chapter):
    text = chapter.read_text(encoding="utf-8")
    assert len(SOLUTION.findall(text)) == text.count("{solution-start}")
    assert not missing(text)


PAGE = """
```{code-cell} ipython3
import pandas as pd
rows = [n for n in range(3)]
def double(x, by=2):
    return x * by
```
```{solution-start} a
```
```{code-cell} ipython3
answer = double(rows[0])
helper = 1
```
```{solution-end}
```
```{code-cell} ipython3
CODE
```
"""


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("double(pd.Series(rows))", []),
        ("helper + 1", ["helper"]),
        ("helper = 2\nhelper + 1", []),
        ("[helper for helper in rows]", []),
        ("(lambda x: x + helper)(1)", ["helper"]),
        ("for helper in rows:\n    print(f'{helper} {answer}')", ["answer"]),
    ],
)
def test_a_name_of_a_solution_is_missed(code, names):
    assert missing(PAGE.replace("CODE", code)) == names
