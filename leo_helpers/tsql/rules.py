"""What `check` looks for: each rule's kind, its words and what to do about it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["RULES", "TRAPS", "Rule", "Trap"]


class Rule(NamedTuple):
    """One rule: the kind of its findings, what is said, and what to do."""

    kind: str  # error, extract, slow, fragile, refused or unread
    words: str
    step: str


class Trap(NamedTuple):
    """An expression that other engines answer otherwise, with a worked example."""

    words: str
    example: str
    server: str
    other: str


RULES = {
    "unread": Rule("unread", "This check does not see what {what} reads.",
                   "Check that text on its own."),
    "statement": Rule("refused", "{what} is not run here.", "{step}"),
    "function": Rule("refused", "The function {name} is not run here.",
                     "Write it with functions that the rehearsal knows."),
    "elsewhere": Rule("error", "SQL Server has no function {name}.", "It has {instead}."),
    "newer": Rule("fragile", "{name} needs SQL Server 2022 or newer.",
                  "Ask which version the service runs (SELECT @@VERSION), or write it otherwise."),
    "view": Rule("error", "The catalogue has no view {name} in {database}.", "{near}"),
    "view_text": Rule(
        "fragile",
        "The text of EXEC reads {name}, a view that the catalogue does not have in {database}.",
        "Ask OBJECT_ID before. {near}",
    ),
    "column": Rule("error", "{view} has no column {name}.", "{near}"),
    "extract": Rule(
        "extract",
        "{column} of {view} is {variable}, which is not among your approved variables.",
        "Request it ({sheet}), or leave it out.",
    ),
    "extract_star": Rule(
        "extract",
        "Your extract lacks {count} of the {total} columns that * stands for in {view}.",
        "Name the columns; the first that is not approved is {first}.",
    ),
    "view_index": Rule(
        "error",
        "{view} is a view of LEO, which takes no index.",
        "Copy the rows and columns that you need into a table of your own, and index that.",
    ),
    "join": Rule(
        "slow",
        "{view} and {other} are joined as they stand; the views of LEO have no index.",
        "Copy what you need of one into a table of your own with an index on the key; join that.",
    ),
    "again": Rule(
        "slow",
        "{view} is read anew for each row of the query around it, without an index.",
        "Copy what you need of it into a table of your own with an index, and read that.",
    ),
    "tempdb": Rule(
        "slow",
        "{table} takes {view} whole into tempdb, which all users share and which can fill up.",
        "Put a large table into a schema of your project and drop it at the end.",
    ),
    "twice": Rule(
        "fragile",
        "{table} is made twice in one batch; SQL Server refuses it (2714), even after a DROP.",
        "Put GO between, or make it once and empty it.",
    ),
    "lookup": Rule(
        "slow",
        "The lookup {view} is read whole, with neither TOP nor a slice of its key.",
        "Copy it in slices by key into a table of your own with an index, and join that.",
    ),
    "aims": Rule(
        "slow",
        "All years of {view} are read in one statement.",
        "Go year by year: where year = ..., with an insert for each.",
    ),
    "collate": Rule(
        "fragile",
        "{left} and {right} are compared under two collations; one of them is binary.",
        "Write COLLATE Latin1_General_BIN after {plain}, or SQL Server stops with message 468.",
    ),
    "pooled": Rule(
        "fragile",
        "The name {view} carries the last year of this delivery, so the next one changes it.",
        "Read it once into a table of your own at the top of the script, and use that.",
    ),
    "star": Rule(
        "fragile",
        "SELECT * takes whatever columns {view} has in your delivery.",
        "Name the columns that you use.",
    ),
    "top": Rule(
        "fragile",
        "TOP without ORDER BY takes any rows, other ones on every run.",
        "Add an ORDER BY on a unique key.",
    ),
    "row_by_row": Rule(
        "fragile",
        "@{name} is built up row by row, in an order that SQL Server does not promise.",
        "Use STRING_AGG ... WITHIN GROUP (ORDER BY ...), or SUM.",
    ),
    "nullable_key": Rule(
        "fragile",
        "The unique index on {table} covers {columns}, which may be NULL; SQL Server lets "
        "each key hold NULL only once.",
        "Declare NOT NULL, or add WHERE ... IS NOT NULL to the index.",
    ),
    "alias": Rule(
        "error",
        "UPDATE names {name}, which is no alias or table of its FROM ({have}).",
        "Name the alias of the table that you mean to change.",
    ),
    "cross": Rule(
        "fragile",
        "UPDATE changes {name}, which its FROM ({have}) does not have: every row meets every row.",
        "Put the table into FROM with an alias, and name that alias after UPDATE.",
    ),
}  # fmt: skip

TRAPS = {
    "division": Trap("/ between integers cuts the fraction off", "7/2", "3", "3.5"),
    "avg": Trap("AVG of integers is an integer", "avg(x) over 1 and 2", "1", "1.5"),
    "len": Trap("LEN leaves blanks at the end out", "len('ab  ')", "2", "4"),
    "cast": Trap("CAST of a number to an integer cuts, it does not round",
                 "cast(2.7 as int)", "2", "3"),
    "case": Trap("Text is compared without regard to case (unless it is binary) and end blanks",
                 "'A' = 'a'", "equal", "not equal"),
    "class": Trap("[ ] in LIKE is a class of characters", "'b1' like '[a-z]%'", "true", "false"),
    "empty": Trap("Text is read by SQL Server's rules: an empty one is 0, or 1 January 1900",
                  "cast('' as int)", "0", "an error"),
    "cut": Trap("CAST to char(n) or varchar(n) cuts the text",
                "cast('abcdef' as char(3))", "abc", "abcdef"),
    "nulls": Trap("ORDER BY puts NULL first", "order by x over 1 and NULL", "NULL, 1", "1, NULL"),
    "week": Trap("DATEDIFF(week) counts Sundays crossed",
                 "datediff(week, a Saturday, the Sunday after)", "1", "0"),
    "weekday": Trap("DATEPART(weekday) counts from Sunday, which is 1",
                    "datepart(weekday, a Sunday)", "1", "0"),
}  # fmt: skip
