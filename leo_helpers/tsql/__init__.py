"""Run T-SQL written for the secure service on the synthetic LEO, with SQL Server's answers.

What cannot be honoured is refused with its line and a reason, never guessed.
"""

from .errors import Refused, TSqlError
from .magic import load_ipython_extension
from .session import Result, Session, run
from .survey import survey

__all__ = ["Refused", "Result", "Session", "TSqlError", "load_ipython_extension", "run", "survey"]
