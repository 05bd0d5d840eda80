"""What SQL Server does with scripts that fail here and there, in plain Python.

A script is a list of batches, a batch a list of steps. A step is a tuple of its kind and what it
needs; `exec` and `try` hold steps themselves.
"""

from contextlib import suppress
from dataclasses import dataclass, field

#: How a step fails: the number, and what that ends if nothing catches it.
FAILS = {
    "double": ("insert t values (0)", 2627, "statement"),
    "divide": ("select 1 / 0 as x", 8134, "statement"),
    "convert": ("select cast('x' as int) as x", 245, "batch"),
    "missing": ("select a from #nowhere", 208, "scope"),
    "raise": ("raiserror('mine', 16, 1)", 50000, "never more"),
    "throw": (";throw 50001, 'mine', 1", 50001, "throw"),
    "drop": ("drop table #nowhere", 3701, "never more"),
}
WRITES = {"insert", "double", "drop", "begin", "commit"}


class Caught(Exception):
    """An error on its way to a CATCH."""

    def __init__(self, kind, depth):
        self.kind, self.depth = kind, depth


class Over(Exception):
    """The text that runs is over, and the batch with it if `whole`."""

    def __init__(self, whole):
        self.whole = whole


@dataclass
class Model:
    """The session: the rows of t, its transactions, and what was said."""

    rows: set = field(default_factory=lambda: {0})
    said: list = field(default_factory=list)
    held: set | None = None
    count: int = 0
    abort: bool = False
    doomed: bool = False
    tries: list = field(default_factory=lambda: [0])

    def script(self, batches):
        """Run batches one after the other."""
        for batch in batches:
            with suppress(Over):
                self.steps(batch)
            if self.doomed:
                self.undo()
                self.said.append("Msg 3998")

    def steps(self, steps):
        """Run steps until one ends them."""
        for kind, *rest in steps:
            if self.doomed and kind in WRITES:
                self.fail(3930, "batch")
            elif kind in FAILS:
                self.fail(*FAILS[kind][1:])
            else:
                getattr(self, kind)(*rest)

    def fail(self, number, kind):
        """Follow one error."""
        here = 0 if kind == "scope" else self.tries[-1]
        undone = kind == "batch" or (self.abort and kind not in ("never more",))
        if here + sum(self.tries[:-1]):
            self.doomed |= self.count > 0 and (undone or self.abort or number == 266)
            raise Caught(kind, len(self.tries))
        if undone:
            self.undo()
        self.said.append(f"Msg {number}")
        if undone or kind in ("throw", "scope"):
            raise Over(undone or kind == "throw")

    def undo(self):
        """Roll back, if there is something to roll back."""
        if self.count:
            self.rows, self.count, self.doomed = self.held, 0, False

    def insert(self, value):
        self.rows = self.rows | {value}

    def print(self, value):
        self.said.append(f"print {value}")

    def begin(self):
        if not self.count:
            self.held = self.rows
        self.count += 1

    def commit(self):
        if not self.count:
            self.fail(3902, "statement")
        else:
            self.count -= 1

    def rollback(self):
        if not self.count:
            self.fail(3903, "statement")
        else:
            self.undo()

    def option(self, value):
        self.abort = value

    def condition(self):
        self.fail(8134, "statement")
        self.said.append("print else")

    def exec(self, steps):
        abort, count = self.abort, self.count
        self.tries.append(0)
        try:
            self.steps(steps)
        except Over as over:
            if over.whole:
                raise
        finally:
            self.tries.pop()
            self.abort = abort
        if self.count != count:
            self.fail(266, "never more")

    def attempt(self, steps, catch):
        depth, self.tries[-1] = len(self.tries), self.tries[-1] + 1
        try:
            self.steps(steps)
        except Caught as met:
            self.tries[-1] -= 1
            try:
                if met.kind == "scope" and met.depth == depth:
                    raise
                self.steps(catch)
            finally:
                self.tries[-1] += 1
        finally:
            self.tries[-1] -= 1


def text(steps):
    """Write steps as T-SQL."""
    return "\n".join(map(_line, steps)) or "print ''"


def _line(step):
    kind, *rest = step
    if kind in FAILS:
        return FAILS[kind][0]
    if kind == "exec":
        inner = text(rest[0]).replace("'", "''")
        return f"exec('{inner}')"
    if kind == "attempt":
        return f"begin try\n{text(rest[0])}\nend try\nbegin catch\n{text(rest[1])}\nend catch"
    return {
        "insert": "insert t values ({})",
        "print": "print 'print {}'",
        "begin": "begin transaction",
        "commit": "commit",
        "rollback": "rollback",
        "option": "set xact_abort " + ("on" if rest and rest[0] else "off"),
        "condition": "if 1 / 0 = 1 print 'print then' else print 'print else'",
    }[kind].format(*rest)
