"""Transactions, THROW and RAISERROR."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot.tokens import TokenType

from .blocks import Simple, word
from .cursor import Cursor, split_commas
from .errors import Refused, TSqlError, sql_error
from .raised import raised_text
from .store import LEO

if TYPE_CHECKING:
    from .session import Session

__all__ = ["BreakMet", "ContinueMet", "Control", "ReturnMet"]


_NAME_LENGTH = 32  # of transactions and savepoints
_PLACES = 20  # that RAISERROR fills at most


class BreakMet(Exception):
    """BREAK was met."""


class ContinueMet(Exception):
    """CONTINUE was met."""


class ReturnMet(Exception):
    """RETURN was met."""


class Control:
    """The statements that begin, end or abandon work."""

    session: Session

    def begin(self, statement: Simple) -> int:
        """BEGIN TRANSACTION."""
        s = self.session
        if word(statement.tokens[1]) not in ("TRAN", "TRANSACTION"):
            raise Refused("Distributed transactions and conversations are not run here.")
        name = self.transaction_name(statement, 2)
        if s.trancount == 0:
            s.snapshot(name)
        s.trancount += 1
        return 0

    def commit(self, statement: Simple) -> int:
        """COMMIT: only the outermost one ends the transaction."""
        s = self.session
        if s.trancount == 0:
            raise sql_error(3902)
        s.trancount -= 1
        if s.trancount == 0:
            s.snapshots.clear()
            s.collect()
        return 0

    def undo_all(self) -> None:
        """Roll the whole transaction back."""
        s = self.session
        s.roll_back_to(0)
        s.snapshots.clear()
        s.trancount, s.doomed = 0, False
        s.collect()

    def rollback(self, statement: Simple) -> int:
        """ROLLBACK, to a savepoint if it names one."""
        s = self.session
        name = self.transaction_name(statement, 2)
        if s.trancount == 0:
            raise sql_error(3903)
        places = [i for i, snap in enumerate(s.snapshots) if snap.name == name]
        if name and not places:
            raise sql_error(6401, name, step="Names of transactions differ by their case.")
        if name and places[-1] and s.doomed:
            raise sql_error(3931)
        if name and places[-1]:
            s.roll_back_to(places[-1])
        else:
            self.undo_all()
        return 0

    def save(self, statement: Simple) -> int:
        """SAVE TRANSACTION name."""
        if self.session.trancount == 0:
            raise sql_error(628)
        self.session.snapshot(self.transaction_name(statement, 2))
        return 0

    def transaction_name(self, statement: Simple, at: int) -> str:
        """Return the name of a transaction or savepoint, at most 32 characters, or ""."""
        tokens = statement.tokens[at:]
        if not tokens or word(tokens[0]) == "WITH":
            return ""
        if tokens[0].token_type != TokenType.PARAMETER:
            if len(tokens[0].text) > _NAME_LENGTH:
                raise sql_error(103, tokens[0].text, _NAME_LENGTH, at=tokens[0].start)
            return tokens[0].text
        value = self.session.variable(tokens[1].text, tokens[0].start).const
        return str(value or "")[:_NAME_LENGTH]

    def throw(self, statement: Simple) -> None:
        """THROW number, message, state; or again the error that was caught."""
        s = self.session
        if len(statement.tokens) == 1:
            if s.caught is None:
                raise sql_error(10704)
            s.caught.origin = "THROW"
            raise s.caught
        parts = [self.value(part)[0] for part in split_commas(statement.tokens[1:])]
        number, message, state = (part.const for part in parts)
        if not isinstance(number, int) or number < 50000:
            raise sql_error(35100)
        error = TSqlError(str(message), number)
        error.state, error.origin = state, "THROW"
        raise error

    def raiserror(self, statement: Simple) -> None:
        """RAISERROR: severity 11 and above is an error, below it a message."""
        cursor = Cursor(statement.tokens, 1)
        parts = [self.value(part)[0] for part in split_commas(cursor.brackets())]
        message, severity, state = (
            parts[:3] if len(parts) >= 3 else (_ for _ in ()).throw(cursor.fail("three arguments"))
        )
        if "SETERROR" in map(word, statement.tokens[cursor.i :]):
            raise Refused("RAISERROR with SETERROR is not run here.")
        text = str(message.const)
        if isinstance(message.const, int):
            raise Refused("RAISERROR of a message number is not run here.", "Give it a text.")
        if len(parts) > _PLACES + 3:
            raise sql_error(2747, _PLACES)
        text = raised_text(text, parts[3:])
        if severity.const is None or severity.const <= 10:
            self.session.say(text)
            return
        if severity.const > 18:
            raise TSqlError(
                "Error severity levels greater than 18 can only be specified by members of the "
                "sysadmin role, using the WITH LOG option.",
                2754,
            )
        error = TSqlError(text, 50000)
        error.severity, error.state = severity.const, state.const
        error.origin = "RAISERROR"
        raise error

    def use(self, statement: Simple) -> int:
        """USE changes the database; one that is not LEO's is the project's own."""
        name = Cursor(statement.tokens, 1).identifier()
        store = self.session.store
        if name.lower() not in store.databases and re.fullmatch(
            r"(npd|hesa|lilr|ilr|leo|ucas)(_i\d+)?", name.lower()
        ):
            raise sql_error(
                911,
                name,
                step=f"LEO's databases are {', '.join(LEO)}.",
                at=statement.tokens[1].start,
            )
        if name.lower() not in store.databases:
            store.add_database(name)
            self.session.say(
                f"Note, line {self.source.place(statement.start)[0]}: database "
                f"{name} is taken as your project's own."
            )
        self.session.database = store.databases[name.lower()]
        return 0

    def skip(self, statement: Simple) -> int:
        """Do nothing: CHECKPOINT changes no answer."""
        return 0

    def rights(self, statement: Simple) -> int:
        """GRANT, DENY and REVOKE change who may read, but no answer."""
        line, verb = self.source.place(statement.start)[0], word(statement.tokens[0])
        self.session.say(f"Note, line {line}: {verb} is left out; rights play no part here.")
        return 0

    def wait(self, statement: Simple) -> int:
        """WAITFOR is not waited for: it changes no answer."""
        if word(statement.tokens[1] if len(statement.tokens) > 1 else None) not in (
            "DELAY",
            "TIME",
        ):
            raise Refused("WAITFOR a message is not run here.", "Leave it out.")
        line = self.source.place(statement.start)[0]
        self.session.say(f"Note, line {line}: WAITFOR is not waited for.")
        return 0

    def return_(self, statement: Simple) -> None:
        """RETURN ends the batch."""
        raise ReturnMet

    def break_(self, statement: Simple) -> None:
        """BREAK ends the loop."""
        raise BreakMet(statement)

    def continue_(self, statement: Simple) -> None:
        """CONTINUE begins the loop again."""
        raise ContinueMet(statement)
