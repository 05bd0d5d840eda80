"""Run T-SQL written for the secure service on the synthetic LEO, with SQL Server's answers.

What cannot be honoured is refused with its line and a reason, never guessed.
"""

from .check import tsql_check
from .errors import Refused, TSqlError
from .magic import load_ipython_extension
from .session import Result, Session, run
from .survey import survey
from .traps import tsql_traps
from .variables import tsql_variables

__all__ = [
    "Refused",
    "Result",
    "Session",
    "TSqlError",
    "load_ipython_extension",
    "run",
    "survey",
    "tsql_check",
    "tsql_traps",
    "tsql_variables",
]
