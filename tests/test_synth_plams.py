"""PLAMS and the results of key stage 5 are about the same exams."""

from synth_cases import spine

from leo_helpers.synth.exams import grades, qualifications
from leo_helpers.synth.keystage5 import TABLE, counted
from leo_helpers.synth.plams import A_LEVEL, GRADES, post16_aims
from leo_helpers.synth.rows import Context


def results(ctx) -> dict[tuple[int, int], str]:
    """Grade of each A level of the key stage 5 results, by person and subject."""
    exams, kind, grade = counted(ctx)
    names = [q.name for q in qualifications(TABLE)]
    words = ["A*" if w == "*" else w for w in grades(TABLE)]
    return {
        (p, s): words[g]
        for p, s, k, g in zip(exams.person, exams.attrs["subject"], kind, grade, strict=True)
        if names[k] == "a_level"
    }


def test_a_level_aims_have_the_grade_of_the_exam():
    ctx = Context(spine(0, 3000), "plams", 2014)
    rows, known = post16_aims(ctx), results(ctx)
    done = (rows.attrs["aim_kind"] == A_LEVEL) & (rows.attrs["aim_status"].index == 1)
    assert done.sum() > 30
    for p, s, g in zip(
        rows.person[done], rows.attrs["aim_subject"][done], rows.attrs["result"][done], strict=True
    ):
        assert GRADES[g] == known.get((p, s)), (p, s)


def test_no_subject_is_studied_twice_in_a_year_without_faults():
    ctx = Context(spine(0, 3000), "plams", 2014)
    rows = post16_aims(ctx)
    pairs = list(zip(rows.person, rows.attrs["aim_kind"], rows.attrs["aim_subject"], strict=True))
    assert len(pairs) == len(set(pairs))
