"""What the crosswalk is made of; the fields of each record are the columns of its CSV file."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

__all__ = [
    "Break",
    "Cited",
    "Concept",
    "Example",
    "Index",
    "ListedCode",
    "Recode",
    "Source",
    "normal",
]

Kind = Literal["category", "flag", "integer", "number", "date", "text", "id"]
Rule = Literal["copy", "recode", "scale", "expression", "none"]
Status = Literal["complete", "partial", "not_comparable", "impossible", "undetermined"]
_LEFT = re.compile(r"\s*left:\s*([1-9]\d?)\s*")
#: What a recode does with a code that it does not list.
UNLISTED = ("keep", "null", "error")


def normal(value: Any) -> str | None:
    """Return a value as the rules see it: trimmed, upper case, whole numbers as plain digits.

    Parameters
    ----------
    value : object
        A value of a column.

    Returns
    -------
    str or None
        None for a missing value and for an empty text.

    Examples
    --------
    >>> normal(" wbri "), normal(3), normal("")
    ('WBRI', '3', None)
    """
    if value is None or value != value:
        return None
    return str(value).strip(" ").upper() or None


class Concept(msgspec.Struct, frozen=True):
    """A variable that means one thing in every year (``concepts.csv``)."""

    concept: str
    table_id: str
    label: str
    type: Kind
    unit: str = ""
    codelist: str = ""
    caveat: str = ""

    def __str__(self) -> str:
        return f"{self.table_id}.{self.concept}"


class ListedCode(msgspec.Struct, frozen=True):
    """One code of a harmonised code list (``codes.csv``)."""

    codelist: str
    code: str
    label: str
    order: int = 0


class Source(msgspec.Struct, frozen=True):
    """Where a concept comes from in some years, and the rule that makes it (``sources.csv``)."""

    concept: str
    table_id: str
    rule: Rule
    variables: tuple[str, ...] = ()
    first_year: int | None = None
    last_year: int | None = None
    terms: tuple[str, ...] = ()
    argument: str = ""
    status: Status = "complete"
    priority: int = 1
    note: str = ""
    source_id: str = ""

    def __str__(self) -> str:
        return f"{self.table_id}.{self.concept}"

    @property
    def recode(self) -> str:
        """Name of the recode of a rule recode, whose argument is ``name`` or ``name;left:4``."""
        return self.argument.partition(";")[0].strip() if self.rule == "recode" else ""

    @property
    def left(self) -> int:
        """How many characters from the left a recode reads; 0 for all of them."""
        cut = _LEFT.fullmatch(self.argument.partition(";")[2]) if self.rule == "recode" else None
        return int(cut[1]) if cut else 0


class RecodeRow(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """One line of a recode (``recodes.csv``)."""

    recode: str
    from_: str
    to: str = ""
    reason: str = ""


class IndexRow(msgspec.Struct, frozen=True):
    """The value of an index in one year (``index.csv``)."""

    index: str
    year: int
    value: float
    source_id: str = ""
    note: str = ""


class Break(msgspec.Struct, frozen=True):
    """A year in which something changes, and what to do about it (``breaks.csv``)."""

    table_id: str
    kind: Literal["rename", "recode", "definition", "coverage", "gap"]
    what: str
    advice: str
    concept: str = ""
    year: int | None = None
    source_id: str = ""
    documented: tuple[str, ...] = ()


class Example(msgspec.Struct, frozen=True):
    """Values of the variables of one row, and the concept's value there (``examples.csv``)."""

    concept: str
    table_id: str
    inputs: dict[str, Any]
    year: int | None = None
    term: str = ""
    output: str = ""


class Cited(msgspec.Struct, frozen=True):
    """A document that a ``source_id`` stands for (``sources_cited.csv``)."""

    source_id: str
    title: str
    publisher: str = ""
    year: str = ""
    address: str = ""


class Recode(msgspec.Struct, frozen=True):
    """A whole recode.

    Attributes
    ----------
    name : str
        Its name.
    to : dict of str to (str or None)
        From the code as the rules see it to the harmonised code; None is missing.
    reasons : dict of str to str
        Why a code becomes what it becomes, where something is said.
    unlisted : {"keep", "null", "error"}
        What happens to other codes.
    caught : bool
        True if the rule for other codes is written down.
    """

    name: str
    to: dict[str, str | None]
    reasons: dict[str, str]
    unlisted: Literal["keep", "null", "error"] = "null"
    caught: bool = False


class Index(msgspec.Struct, frozen=True):
    """A whole index: its value by END year and the source of the first one."""

    name: str
    values: dict[int, float]
    source_id: str = ""
