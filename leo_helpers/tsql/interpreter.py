"""Runs what is procedural: variables, IF, WHILE, TRY, EXEC, transactions and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot.tokens import Token, TokenType

from . import alter, assign, changes, compiling, ddl, dml, failure, fetching
from .arguments import text as as_text
from .blocks import Batch, Block, If, Node, Simple, Try, While, statements
from .control import BreakMet, ContinueMet, Control, ReturnMet
from .cursor import Cursor, split_commas
from .duck import to_value
from .effects import effect_of
from .errors import Refused, TSqlError, sql_error
from .execute import execute
from .foreign import not_begun
from .lexer import Script, parse_expression, parse_query
from .merge import merge
from .result import Step
from .scope import Scope
from .settings import set_option
from .splitter import split
from .sqltypes import T
from .value import V

if TYPE_CHECKING:
    from .session import Session

__all__ = ["HANDLERS", "Interpreter"]

_EXECUTES = {"EXEC", "EXECUTE"}


class Interpreter(Control):
    """Runs the statements of one script in a session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.source = Script("")
        self.declared: dict[str, int] = {}
        self.trees: dict[tuple[int, int], object] = {}
        self.trying = self.outer_trying = 0  # how many TRYs are open, here and around the EXEC

    def script(self, script: Script) -> None:
        """Run every batch; variables end with their batch."""
        self.source, session = script, self.session
        batches = list(split(script, lenient=session.going_on))
        for n, batch in enumerate(batches):
            for _ in range(batch.times):
                if n:
                    session.end_batch()
                self.declared = {}
                try:
                    if self.compiles(batch):
                        self.body(batch.body)
                except ReturnMet:
                    pass
                except failure.Ended as ended:
                    if ended.whole and session.nesting:
                        raise
                except (BreakMet, ContinueMet) as met:
                    raise self.locate(compiling.stray_error(met.args[0]), met.args[0]) from None
                failure.finish(self, next(reversed(list(statements(batch.body))), None))
        session.collect()

    def compiles(self, batch: Batch) -> bool:
        """Read a whole batch before it runs, as SQL Server does, and say if it can."""
        problems = [batch.problem] if batch.problem else compiling.problems(self, batch.body)
        if not problems:
            try:
                compiling.hoist(self, batch.body)
                return True
            except TSqlError as error:
                problems = [error]
        failure.not_started(self, problems)
        return False

    # Control flow ---------------------------------------------------------------------------

    def body(self, nodes: list[Node]) -> None:
        """Run statements one after the other."""
        for node in nodes:
            self.node(node)

    def node(self, node: Node) -> None:
        """Run a statement, a block or a condition with what depends on it."""
        if isinstance(node, Simple):
            self.simple(node)
        elif isinstance(node, Block):
            self.body(node.body)
        elif isinstance(node, If):
            if self.test(node.condition):
                self.node(node.then)
            elif node.other is not None:
                self.node(node.other)
        elif isinstance(node, While):
            self.while_(node)
        else:
            self.try_(node)

    def while_(self, node: While) -> None:
        """Run a loop."""
        try:
            while self.test(node.condition):
                try:
                    self.node(node.body)
                except ContinueMet:
                    continue
        except BreakMet:
            pass
        self.session.rowcount = 0

    def mine(self, error: TSqlError) -> bool:
        """Tell whether a TRY of this text may catch an error; one of compiling only comes out."""
        compiled = effect_of(error.number).ends == "compile" and not error.nested
        return not (isinstance(error, Refused) or error.number is None or compiled)

    def catches(self, error: TSqlError) -> bool:
        """Tell whether any TRY around the statement that runs catches an error."""
        known = error.number is not None and not isinstance(error, Refused)
        return bool(self.mine(error) and self.trying) or (known and self.outer_trying > 0)

    def try_(self, node: Try) -> None:
        """Run BEGIN TRY, and BEGIN CATCH if it fails with an error that SQL Server would catch."""
        s = self.session
        self.trying += 1
        try:
            self.body(node.body)
            return
        except TSqlError as error:
            failed = error
        finally:
            self.trying -= 1
        if not self.mine(failed):
            raise failed
        before, s.caught = s.caught, failed
        s.error_number, s.rowcount = failed.number, 0
        try:
            self.body(node.catch)
        finally:
            s.caught = before

    def condition(self, condition: Simple) -> bool:
        """Evaluate the condition of IF or WHILE."""
        binder = self.session.binder()
        if "tree" not in condition.cache:
            condition.cache["tree"] = parse_expression(condition.tokens, self.source.text)
        sql = binder.condition(condition.cache["tree"], scope := Scope())
        binder.look(scope)
        value = self.session.evaluate(
            f"CASE WHEN {sql} THEN 1 ELSE 0 END" if not binder.withs else "0"
        )
        self.notes(binder, condition)
        return bool(value)

    def test(self, condition: Simple) -> bool:
        """Evaluate a condition; one that fails, and does not end the batch, counts as not true."""
        s = self.session
        s.last_binder = None
        try:
            s.step(condition)
            value = self.condition(condition)
        except TSqlError as error:
            failure.met(self, error, condition, s.last_binder.at if s.last_binder else None)
            return False
        s.rowcount = s.error_number = 0
        return value

    def simple(self, statement: Simple) -> None:
        """Run one plain statement; an error gets its place and leaves the session as it was."""
        s = self.session
        s.last_binder = None
        handler = HANDLERS.get(statement.word)
        held = s.store.entries, s.store.schemas
        try:
            s.step(statement)
            if handler is None:
                raise not_begun(statement.tokens)
            failure.check_writable(self, statement)
            s.verb = statement.word
            rows = handler(self, statement)
        except TSqlError as error:
            failed = error
        except RecursionError:
            failed = Refused(
                "The statement is nested too deeply to be run here.", "Cut it into steps."
            )
        except (BreakMet, ContinueMet, ReturnMet, failure.Ended):
            raise
        except Exception as error:
            failed = Refused(
                f"the translator itself failed on this statement ({type(error).__name__}: "
                f"{error}).",
                "Please report it with the statement.",
            )
            failed.__cause__ = error
        else:
            self.done(statement, rows)
            return
        kept = failed.passed or statement.word in _EXECUTES  # what came before the error stays
        if not s.snapshots and not kept:
            s.store.entries, s.store.schemas = held
        failure.met(self, failed, statement, s.last_binder.at if s.last_binder else None)

    def done(self, statement: Simple, rows: int | None) -> None:
        """Keep what @@ROWCOUNT, @@ERROR and the list of statements say of one that has run."""
        s = self.session
        if rows is not None:
            s.rowcount = rows
        declared = statement.word == "DECLARE" and rows is None
        if statement.word not in _EXECUTES and not declared:  # an EXEC leaves what its last one has
            s.error_number = 0
        if s.nesting == 0:
            line, _ = self.source.place(statement.start)
            s.result.steps.append(Step(line, statement.word, rows))

    def locate(self, error: TSqlError, statement: Simple, at: int | None = None) -> TSqlError:
        """Give an error its line, its column and the text of the statement."""
        place = error.at if error.at is not None else at
        if error.runtime or place is None or not statement.start <= place <= statement.end:
            place = statement.start
        error.locate(*self.source.place(place), self.source.text[statement.start : statement.end])
        return error

    def notes(self, binder: object, statement: Simple) -> None:
        """Say what the translator noted, once."""
        line, _ = self.source.place(statement.start)
        for note in binder.notes:
            text = f"Note, line {line}: {note}"
            if text not in self.session.result.messages:
                self.session.say(text)

    # Values ---------------------------------------------------------------------------------

    def value(self, tokens: list[Token], to: T | None = None) -> tuple[V, T]:
        """Evaluate an expression without columns, converted to a type as assignment does."""
        binder = self.session.binder()
        try:
            v = self.expression(tokens, binder, scope := Scope())
            binder.look(scope)
            if to is not None:
                v = binder.convert(v, to, "explicit")
            held = self.session.fetch(f"{binder.with_clause()}SELECT {v.sql}")[0][0]
        except TSqlError as error:
            error.at = error.at if error.at is not None else binder.at
            raise
        t = to or v.t
        return to_value(held, t if to is not None else (v.t if v.t.name != "null" else T("int"))), t

    def expression(self, tokens: list[Token], binder: object, scope: Scope | None = None) -> V:
        """Translate an expression without running it; in a loop it is read once."""
        key = (tokens[0].start, tokens[-1].end) if tokens else (0, 0)
        if key not in self.trees:
            self.trees[key] = parse_expression(tokens, self.source.text)
        return binder.expr(self.trees[key], scope or Scope())

    def declarations(self, statement: Simple) -> list[tuple[str, T | None, list[Token]]]:
        """Return name, type (None: a table) and initial value of each variable of DECLARE."""
        out = []
        for part in split_commas(statement.tokens[1:]):
            cursor = Cursor(part)
            name = cursor.identifier() if part else ""
            if not name.startswith("@"):
                raise self.locate(cursor.fail("a variable"), statement)
            cursor.take("AS")
            if cursor.word() == "TABLE":
                out.append((name[1:].lower(), None, part[cursor.i + 1 :]))
                continue
            if cursor.word() == "CURSOR":
                self.session.cursors.local.setdefault(name.lower())
                continue
            try:
                if cursor.word() in ("TEXT", "NTEXT", "IMAGE"):
                    raise sql_error(2739)
                t = cursor.data_type()
            except TSqlError as error:
                raise self.locate(error, statement) from None
            initial = []
            if cursor.take_kind(TokenType.EQ):
                initial = part[cursor.i :]
            elif not cursor.done:
                raise self.locate(cursor.fail(), statement)
            out.append((name[1:].lower(), t, initial))
        return out

    def declare(self, statement: Simple) -> int | None:
        """DECLARE @x int = 1, @t table (...)."""
        rows = None
        if not assign.declares_variables(statement) and fetching.declared(self, statement):
            return 0
        for name, t, rest in self.declarations(statement):
            if t is None:
                ddl.table_variable(self, "@" + name, rest)
            elif rest:
                self.session.values[name] = (t, self.value(rest, t)[0])
                rows = 1
        return rows

    def set(self, statement: Simple) -> int | None:
        """SET @x = ..., SET @x += ..., or a setting."""
        tokens = statement.tokens
        if len(tokens) > 1 and tokens[1].token_type == TokenType.PARAMETER:
            if fetching.give(self, statement):
                return 0
            cursor = Cursor(tokens, 1)
            name = cursor.identifier()[1:]
            op = assign.assignment(cursor)
            self.assign(name, tokens[cursor.i :], op, tokens[1].start)
            return 1
        set_option(self, statement)
        return 0

    def assign(self, name: str, tokens: list[Token], op: str, at: int) -> None:
        """Give a variable a value, for = and for += and its like."""
        held = self.session.variable(name, at)
        t = self.session.values[name.lower()][0]
        if not op:
            self.session.values[name.lower()] = (t, self.value(tokens, t)[0])
            return
        binder = self.session.binder()
        v = self.expression(tokens, binder, scope := Scope())
        binder.look(scope)
        done = binder.convert(binder.arithmetic(op, held, v), t, "explicit")
        got = self.session.fetch(f"{binder.with_clause()}SELECT {done.sql}")[0][0]
        self.session.values[name.lower()] = (t, to_value(got, t))

    def print(self, statement: Simple) -> int:
        """PRINT writes a message."""
        v, _ = self.value(statement.tokens[1:])
        binder = self.session.binder()
        text = binder.convert(as_text(binder, v), T("nvarchar", 4000), "explicit")
        got = self.session.evaluate(text.sql)
        self.session.say(got if got is not None else " ")
        return 0

    # Queries and DML ------------------------------------------------------------------------

    def select(self, statement: Simple) -> int:
        """SELECT: a result set, a new table (INTO) or values for variables."""
        assigned = assign.variable_list(statement.tokens)
        if assigned is not None:
            return assign.select_variables(self, statement, *assigned)
        if "tree" not in statement.cache:
            statement.cache["tree"] = parse_query(statement.tokens, self.source.text)
        tree = statement.cache["tree"]
        if assign.into_of(tree):
            return assign.select_into(self, statement, tree)
        binder = self.session.binder()
        try:
            query = binder.statement(tree)
            rows = self.session.frame(query)
        except TSqlError as error:
            error.at = error.at if error.at is not None else binder.at
            raise
        self.notes(binder, statement)
        return rows

    def with_(self, statement: Simple) -> int:
        """WITH ... and the statement that uses it."""
        verb, head = assign.after_with(statement.tokens)
        if verb == "SELECT":
            return self.select(statement)
        rest, self.session.verb = Simple(verb, statement.tokens[head:]), verb
        withs = statement.tokens[:head]
        return HANDLERS[verb](self, rest, withs)


#: What to write for a statement that is not run.
HANDLERS = {
    "SELECT": Interpreter.select, "WITH": Interpreter.with_, "(": Interpreter.select,
    "INSERT": dml.insert, "UPDATE": changes.update, "DELETE": changes.delete, "MERGE": merge,
    "CREATE": ddl.create, "ALTER": alter.alter, "DROP": ddl.drop, "TRUNCATE": ddl.truncate,
    "DECLARE": Interpreter.declare, "SET": Interpreter.set, "PRINT": Interpreter.print,
    "USE": Control.use, "EXEC": execute, "EXECUTE": execute, "BEGIN": Control.begin,
    "COMMIT": Control.commit, "ROLLBACK": Control.rollback, "SAVE": Control.save,
    "THROW": Control.throw, "RAISERROR": Control.raiserror, "RETURN": Control.return_,
    "OPEN": fetching.open_, "FETCH": fetching.fetch, "CLOSE": fetching.close,
    "DEALLOCATE": fetching.deallocate, "BREAK": Control.break_, "CONTINUE": Control.continue_,
    "CHECKPOINT": Control.skip, "WAITFOR": Control.wait, "GRANT": Control.rights,
    "DENY": Control.rights, "REVOKE": Control.rights,
}  # fmt: skip
