"""Rules of a researcher as a spreadsheet saves them: read, or refused with what to do."""

import pytest

from leo_helpers.crosswalk import check_crosswalk, load_crosswalk
from leo_helpers.errors import CrosswalkError

CONCEPTS = """concept,table_id,label,type,unit,codelist,caveat
sex2,sc_pupil,Sex,category,,sex,
"""
#: What a spreadsheet makes of a file, and what is said about it.
SAVED = {
    "semicolons": (lambda text: text.replace(",", ";").encode(), "divided by semicolons"),
    "tabs": (lambda text: text.replace(",", "\t").encode(), "divided by tabs"),
    "another encoding": (lambda text: text.replace("Sex", "Sëx").encode("latin-1"), "not in UTF-8"),
    "two bytes a letter": (lambda text: text.encode("utf-16"), "not in UTF-8"),
    "capitals in the header": (lambda text: text.replace("label", "Label", 1).encode(), "'Label'"),
    "a column twice": (lambda text: text.replace("label", "unit", 1).encode(), "'unit' stands"),
    "an empty column": (
        lambda text: text.replace("\n", ",\n").encode(), "A cell of the header is empty"),
    "a byte order mark": (lambda text: text.encode("utf-8-sig"), ""),
    "lines of Windows": (lambda text: text.replace("\n", "\r\n").encode(), ""),
    "empty rows": (lambda text: f"{text},,,,,,\n\n,,,,,,\n".encode(), ""),
}  # fmt: skip


@pytest.mark.parametrize("way", SAVED)
def test_what_a_spreadsheet_saves_is_read_or_explained(tmp_path, way):
    change, says = SAVED[way]
    (tmp_path / "concepts.csv").write_bytes(change(CONCEPTS))
    problems = [str(p) for p in check_crosswalk([tmp_path], trusted=True)[1]]
    assert (says in problems[0] and "concepts.csv" in problems[0]) if says else problems == []


def test_a_folder_that_is_none_is_refused():
    with pytest.raises(CrosswalkError, match="rules=5 is no folder"):
        load_crosswalk(5)
