"""Exercise checks that answer in words.

An exercise is a few lines of TOML in ``data/exercises``: the right answer as SQL, and the likely
wrong answers, each with the sentence that helps. Answers are computed on the learner's own data
set, so nothing is hard-coded and the checks hold for any size or seed.
"""

from __future__ import annotations

import html
import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from .errors import LeoError, UnknownName
from .paths import data_dir

__all__ = ["Exercise", "Feedback", "check_answer", "exercises", "hint"]

RIGHT = "Yes, that is right."
UNKNOWN_WRONG = "Not yet. Read the question once more, and look at what one row of your result is."


@dataclass(frozen=True)
class Exercise:
    """One exercise as ``data/exercises`` describes it."""

    id: str
    title: str
    difficulty: str
    minutes: int
    hint: str
    answer: str
    right: str = RIGHT
    tolerance: float = 0.0
    wrong: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class Feedback:
    """What a check says; true in an ``if`` when the answer was right."""

    correct: bool
    words: str

    def __bool__(self) -> bool:
        return self.correct

    def __repr__(self) -> str:
        return self.words

    def _repr_html_(self) -> str:
        kind = "right" if self.correct else "not-yet"
        return f'<p class="leo-feedback leo-{kind}">{html.escape(self.words)}</p>'


@cache
def exercises() -> dict[str, Exercise]:
    """Every exercise by its id, such as ``school-census/1``.

    Returns
    -------
    dict of str to Exercise
        In chapter order.

    Raises
    ------
    LeoError
        If a file of exercises cannot be read.
    """
    found: dict[str, Exercise] = {}
    for path in sorted((data_dir() / "exercises").glob("*.toml")):
        try:
            for entry in tomllib.loads(path.read_text(encoding="utf-8"))["exercise"]:
                entry["wrong"] = tuple(entry.get("wrong", ()))
                found[entry["id"]] = Exercise(**entry)
        except (tomllib.TOMLDecodeError, TypeError, KeyError) as error:
            raise LeoError(
                f"The exercises in {path.name} cannot be read ({error}).",
                "Mend the file, or install leo-helpers again.",
            ) from None
    return found


def _find(exercise: str) -> Exercise:
    if exercise not in exercises():
        raise UnknownName("exercise", exercise, exercises())
    return exercises()[exercise]


def hint(exercise: str) -> str:
    """The hint of an exercise.

    Raises
    ------
    UnknownName
        If there is no such exercise.
    """
    return _find(exercise).hint


def check_answer(exercise: str, answer: Any, con: Any = None) -> Feedback:
    """Check an answer and say in words what is right or what probably went wrong.

    Parameters
    ----------
    exercise : str
        Id of the exercise, such as ``"school-census/1"``.
    answer : number, text, list, Series or one-column DataFrame
        The learner's answer.
    con : duckdb connection, optional
        Data to compute the right answer on; without it the default data set.

    Returns
    -------
    Feedback
        Shows words; true if the answer is right.

    Raises
    ------
    UnknownName
        If there is no such exercise; nearest ids are named.
    """
    task = _find(exercise)
    if con is None:
        from .connect import connect

        con = connect()
    given = _values(answer)
    if given is None:
        return Feedback(False, "There is no answer yet: put your result in place of the dots.")
    if _same(given, _query(con, task.answer), task.tolerance):
        return Feedback(True, task.right)
    for slip in task.wrong:
        if _same(given, _query(con, slip["sql"]), task.tolerance):
            return Feedback(False, slip["says"])
    return Feedback(False, UNKNOWN_WRONG)


def _query(con: Any, sql: str) -> list[Any]:
    return [row[0] for row in con.execute(sql).fetchall()]


def _values(answer: Any) -> list[Any] | None:
    """The answer as a plain list; None for an answer that is not there."""
    if answer is None or answer is Ellipsis:
        return None
    if hasattr(answer, "columns"):
        answer = answer.iloc[:, -1]
    if hasattr(answer, "tolist"):
        answer = answer.tolist()
    if isinstance(answer, str) or not isinstance(answer, Sequence | set):
        return [answer]
    return list(answer)


def _same(given: list[Any], wanted: list[Any], tolerance: float) -> bool:
    return len(given) == len(wanted) and all(
        _equal(a, b, tolerance) for a, b in zip(given, wanted, strict=True)
    )


def _equal(a: Any, b: Any, tolerance: float) -> bool:
    try:
        return math.isclose(float(a), float(b), rel_tol=1e-6, abs_tol=tolerance)
    except (TypeError, ValueError):
        return str(a).strip().casefold() == str(b).strip().casefold()
