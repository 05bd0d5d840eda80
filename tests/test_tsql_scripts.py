"""Long scripts in the manners that researchers write in: each runs to its end and is in order."""

import re

import pytest
from common import ROOT
from sql_twins_careers import TWINS as CAREERS
from sql_twins_post16 import TWINS as POST16
from tsql_cases import equal_rows, rows_of
from tsql_cases import plain as as_written

from leo_helpers.tsql import Session, tsql_check, tsql_traps
from leo_helpers.tsql.lexer import Script

TWINS = CAREERS | POST16
FOLDER = ROOT / "tests" / "tsql" / "scripts"
SCRIPTS = sorted(FOLDER.glob("*.sql"))
#: The result sets of each script: how many, and the columns of the last.
RESULTS = {
    "activity-and-furlough": (5, ["x", "n"]),
    "after-a-degree": (7, ["where_", "number", "message"]),
    "earnings-in-slices": (4, ["left_"]),
    "exclusions-and-absence": (3, ["PMR", "First Year", "Last Year", "n_fixed", "n_perm", "days",
                                   "mean_sessions", "longest", "reasons", "absence_pct",
                                   "persistent", "band", "rank"]),
    "ks2-to-ks4": (4, ["step", "n"]),
    "neet-spells": (8, ["y", "q", "n", "neet"]),
    "pathways": (4, ["pmr", "outcome", "subject", "n", "total"]),
    "pay-after-apprenticeship": (4, ["step", "n"]),
    "pay-after-degrees": (7, ["q", "1", "2", "3", "4", "5", "n"]),
    "progress-with-a-log": (3, ["LogID", "Step", "Rows"]),
    "returns-as-in-stata": (4, ["pmr", "earn1", "earn2", "earn3"]),
    "school-careers": (4, ["pmr", "ks4_year", "terms", "schools", "moves", "fsm_ks3", "fsm_ks4",
                           "fsm_change", "sen_highest", "fixed", "permanent", "days_out",
                           "first_out", "missed_pct", "ks2", "ks2_fifth", "points", "level2",
                           "gain", "unsettled"]),
    "students-over-years": (9, ["pmr", "path"]),
    "work-spells-by-month": (7, ["step", "n"]),
    "years-by-cursor": (4, ["tbl", "n", "y"]),
}  # fmt: skip


def shouted(text):
    """Write the words of a script in capitals, but neither texts, names in quotes nor comments."""
    script = Script(text)
    out, end = [], 0
    for token in script.tokens:
        out.append(text[end : token.start])
        raw = text[token.start : token.end + 1]
        out.append(raw if re.match(r"N?['\"\[]", raw) else raw.upper())
        end = token.end + 1
    return "".join(out) + text[end:]


def plain(frame):
    """Write rows without case, and floats to nine digits: threads add them up in any order."""
    cells = [[f"{v:.9g}" if isinstance(v, float) else v for v in row] for row in rows_of(frame)]
    return str(cells).casefold()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_long_script_runs_to_its_end_in_any_case(path, small_data):
    text = path.read_text(encoding="utf-8")
    result = Session(data=small_data).run(text)
    count, names = RESULTS[path.stem]
    assert len(result.frames) == count and list(result.frames[-1].columns) == names
    assert any(len(frame) for frame in result.frames)
    again = Session(data=small_data).run(shouted(text))
    assert [s.word for s in again.steps] == [s.word for s in result.steps]
    for first, second in zip(result.frames, again.frames, strict=True):
        # a name in capitals may be a value, as UNPIVOT makes them
        assert plain(first) == plain(second)


@pytest.mark.parametrize("name", TWINS)
def test_every_result_of_a_long_script_equals_its_twin(name, leo_data):
    path = next(path for path in SCRIPTS if path.stem == name)
    frames = Session(data=leo_data).run(path).frames
    wanted = TWINS[name]()
    assert len(wanted) == len(frames) and all(wanted.values())
    for place, twin in wanted.items():
        found, twin = rows_of(frames[place]), [[as_written(v) for v in row] for row in twin]
        assert equal_rows(twin, found), (place, twin[:3], found[:3])


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_long_script_is_in_order_and_its_traps_are_worked_out(path, small_data):
    assert not [item for item in tsql_check(path) if item.kind in ("error", "refused")]
    found = tsql_traps(path, Session(data=small_data))
    done = [trap for trap in found if trap.rows is not None]
    assert len(done) > 3
    assert {trap.why for trap in found} <= {
        "",
        "it stands in the recursive part of a WITH",
        "the script does not come to it, or it is in a MERGE",
    }
    for trap in done:
        assert bool(trap.differ) == bool(trap.server_here)


def test_an_expression_two_applies_deep_is_worked_out(small_data):
    text = """
create table #k (a varchar(2), b varchar(2)) insert #k values ('3', 'N')
select p.n from #k k cross apply (select sum(v.n) from (values (k.a), (k.b)) x (lev)
    cross apply (select case when x.lev like '[3-6]%' then 1 end) v (n)) p (n)"""
    (found,) = [t for t in tsql_traps(text, Session(data=small_data)) if t.trap == "class"]
    assert (found.rows, found.differ, found.why) == (2, 1, "")


def test_computed_columns_are_looked_into_where_they_are_made(small_data):
    session = Session(data=small_data)
    session.run("create table #old (a int, z as (a / 2)) insert #old values (3)")
    text = (
        "create table #c (a int, t varchar(3), c as (a / 2) persisted,\n"
        "  d as case t when 'x' then 1 else 0 end)\n"
        "insert #c (a, t) values (7, 'X'), (4, 'y')\n"
        "alter table #c add f as (a / 4)\ngo\nselect z from #old\nselect f from #c"
    )
    found = tsql_traps(text, session)
    assert [(t.line, t.trap, t.row, t.server_here, t.other_here) for t in found] == [
        (1, "division", "a = 7", "3", "3.5"),
        (2, "case", "t = X", "1", "0"),
        (4, "division", "a = 7", "1", "1.75"),
    ]
