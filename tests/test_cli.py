import json
import subprocess
import sys

import pytest

from leo_helpers import cli
from leo_helpers.cli_show import read_years


def run(capsys, *words):
    """Run one command and return exit code, output and errors."""
    with pytest.raises(SystemExit) as caught:
        cli.main(list(words))
    printed = capsys.readouterr()
    return caught.value.code, printed.out, printed.err


COMMANDS = [command.callback.__name__ for command in cli.app.registered_commands]


def test_the_promised_commands_are_there():
    assert set(COMMANDS) == {
        "tables", "variables", "search", "describe", "codes", "coverage", "generate", "fidelity",
        "where", "check", "sql", "export", "extract", "harmonise", "concepts", "explain",
    }  # fmt: skip


def test_help_lists_every_command(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert all(f"  {name} " in out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(capsys, name):
    code, out, _ = run(capsys, name, "--help")
    assert code == 0
    assert "Usage: leo" in out


def test_json_is_json(capsys):
    code, out, _ = run(capsys, "tables", "--json")
    assert code == 0
    assert len(json.loads(out)) == 47
    rows = json.loads(run(capsys, "variables", "hesa", "--years", "2007", "--json")[1])
    assert {"name", "label", "years"} <= set(rows[0])
    assert json.loads(run(capsys, "codes", "sex_mf", "--json")[1])[0]["code"] == "M"
    assert json.loads(run(capsys, "search", "zzzqqq", "--json")[1]) == []
    held = json.loads(run(capsys, "coverage", "sc_pupil", "--json")[1])
    assert "2011 SPR" in held["Gender_[term][yy]"]
    assert json.loads(run(capsys, "describe", "cla.cla_POC_START", "--json")[1])["Type"] == "date"


def test_tables_for_people(capsys):
    code, out, _ = run(capsys, "search", "fre", "scool", "meals", "--limit", "2")
    assert code == 0
    assert "FSMeligible_[term][yy]" in out
    assert "Nothing found" in run(capsys, "search", "zzzqqq")[1]
    out = run(capsys, "coverage", "cla")[1]
    assert "from 2006 to 2021" in out
    assert "#" * 16 in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("describe", "ks4_pupl"), "ks4_pupil"),
        (("variables", "hesa", "--years", "1999"), "It has 2005-2020"),
        (("variables", "hesa", "--years", "20"), "no"),
        (("codes", "sex_fm"), "sex_mf"),
        (("generate", "--faults", "none,scan_gap=often", "--root", "x"), "is no number"),
        (("generate", "--faults", "dual=0.1", "--root", "x"), "none, documented or harsh"),
        (("check", "--root", "no/such/folder"), "folder"),
    ],
)
def test_an_error_is_one_line_and_exit_code_1(capsys, words, says):
    code, out, err = run(capsys, *words)
    assert code == 1
    assert err.startswith("Error: ")
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in out + err


@pytest.mark.parametrize("words", [("tabless",), ("variables",), ("search", "x", "--limit", "0")])
def test_wrong_usage_is_exit_code_2(capsys, words):
    assert run(capsys, *words)[0] == 2


def test_generate_hands_its_options_on(capsys, monkeypatch, tmp_path):
    seen = {}

    def fake(root, **options):
        seen.update(options, root=root)
        return root

    monkeypatch.setattr("leo_helpers.synth.generate", fake)
    code, out, _ = run(
        capsys, "generate", "--root", str(tmp_path), "--people", "7", "--tables", "hesa, cla",
        "--years", "2006-2008", "--faults", "none,a=0.5", "--resume", "--no-progress",
    )  # fmt: skip
    assert code == 0
    assert str(tmp_path) in out
    assert seen == {
        "root": tmp_path, "people": 7, "tables": ["hesa", "cla"], "years": [2006, 2007, 2008],
        "faults": "none,a=0.5", "workers": None, "resume": True, "overwrite": False,
        "progress": False,
    }  # fmt: skip


def test_generate_where_check_on_a_small_data_set(capsys, tmp_path):
    root = str(tmp_path / "small")
    assert run(capsys, "where", "--root", root)[1].splitlines()[1].startswith("Nothing is there")
    made = run(
        capsys, "generate", "--root", root, "--people", "30", "--tables", "leo_benefit", "--json"
    )
    assert made[0] == 0
    assert json.loads(made[1]) == {"root": root}
    facts = json.loads(run(capsys, "where", "--root", root, "--json")[1])
    assert (facts["people"], facts["views"]) == (30, 1)
    assert "no real person" in facts["notice"]
    assert run(capsys, "check", "--root", root)[:2] == (0, "Every file is as it was generated.\n")
    part = next((tmp_path / "small").rglob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-9])
    code, out, _ = run(capsys, "check", "--root", root)
    assert code == 1
    assert "damaged" in out


def test_sql_prints_rows_and_explains_errors(capsys, tmp_path):
    root = str(tmp_path / "small")
    run(capsys, "generate", "--root", root, "--people", "30", "--tables", "leo_benefit", "--json")
    assert json.loads(run(capsys, "sql", "select 1 as a", "--root", root, "--json")[1]) == [
        {"a": 1}
    ]
    query = "select * from range(9)"
    code, out, err = run(capsys, "sql", query, "--root", root, "--limit", "3", "--json")
    assert (code, len(json.loads(out))) == (0, 3)
    assert "first 3 rows" in err
    code, _, err = run(capsys, "sql", "selct", "--root", root)  # codespell:ignore selct
    assert code == 1
    assert err.startswith("Error: The query failed")


def test_generate_if_missing_leaves_what_is_there(capsys, monkeypatch, tmp_path):
    root = str(tmp_path / "small")
    words = ("generate", "--root", root, "--people", "20", "--tables", "leo_benefit")
    assert run(capsys, *words, "--if-missing", "--json")[0] == 0
    before = (tmp_path / "small" / "manifest.json").read_bytes()
    code, out, _ = run(capsys, "generate", "--root", root, "--people", "9", "--if-missing")
    assert code == 0
    assert root in out
    assert (tmp_path / "small" / "manifest.json").read_bytes() == before
    assert run(capsys, *words, "--if-missing", "--overwrite")[0] == 2
    code, _, err = run(capsys, "generate", "--root", root, "--people", "9")
    assert code == 1
    assert "another data set" in err
    (tmp_path / "small" / "manifest.json").write_text("{", "utf-8")
    assert run(capsys, *words, "--if-missing")[0] == 1


def test_an_interruption_says_how_to_go_on(capsys, monkeypatch, tmp_path):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("leo_helpers.synth.generate", stop)
    code, _, err = run(capsys, "generate", "--root", str(tmp_path / "x"))
    assert code == 130
    assert "--resume" in err
    monkeypatch.setattr("leo_helpers.browse.table_rows", stop)
    assert run(capsys, "tables")[0] == 130


def test_fidelity_writes_the_report_or_shows_the_table(capsys, monkeypatch, tmp_path):
    import pandas as pd

    table = pd.DataFrame({"target": ["fsm"], "generated": [0.25]})
    monkeypatch.setattr("leo_helpers.fidelity.fidelity", lambda root: table)
    monkeypatch.setattr(
        "leo_helpers.fidelity.write_report", lambda root, out: out / "fidelity.html"
    )
    code, out, _ = run(capsys, "fidelity", "--out", str(tmp_path))
    assert (code, "fidelity.html" in out) == (0, True)
    assert json.loads(run(capsys, "fidelity", "--json")[1]) == [
        {"target": "fsm", "generated": 0.25}
    ]


def test_export_hands_its_options_on(capsys, monkeypatch, tmp_path):
    import types

    seen = {}

    def fake(table, path, **options):
        seen.update(options, table=table)
        return [path, path.with_suffix(".txt")]

    module = types.ModuleType("leo_helpers.export")
    module.export = fake
    monkeypatch.setitem(sys.modules, "leo_helpers.export", module)
    path = tmp_path / "a.csv"
    code, out, _ = run(
        capsys, "export", "plasc", str(path), "--years", "2006-2008", "--terms", "spring,summer"
    )
    assert (code, out.split()) == (0, [str(path), str(path.with_suffix(".txt"))])
    assert seen == {"table": "plasc", "years": [2006, 2007, 2008], "terms": ["spring", "summer"]}


def test_years_are_read():
    assert read_years("2010/11") == read_years("2010-11") == [2011]
    assert read_years("2010-2012;2015") == read_years("2010-2012,2015") == [2010, 2011, 2012, 2015]
    assert read_years(" ") is None


def test_no_traceback_in_a_process_of_its_own():
    code = "import sys; from leo_helpers.cli import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, "codes", "nothing_like_it"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


# ---- harmonising


def test_harmonise_shows_coverage_writes_rows_and_sql(capsys, leo_data, tmp_path):
    words = ["harmonise", "sc_pupil", "--concepts", "sex,everfsm_6", "--years", "2011"]
    code, out, err = run(capsys, *words)
    assert code == 0 and "not collected" in out and "2 concepts" in err
    code, out, _ = run(capsys, *words, "--json")
    assert {row["concept"] for row in json.loads(out)} == {"sex", "everfsm_6"}
    path = tmp_path / "census.parquet"
    code, out, _ = run(capsys, *words, "--terms", "spring", "--out", str(path))
    assert code == 0 and out.strip() == str(path) and path.stat().st_size > 1000
    script = tmp_path / "census.sql"
    options = ["--sql", "tsql", "--project", "123", "--view", "v", "--out", str(script)]
    code, out, _ = run(capsys, *words, *options)
    assert code == 0 and "CREATE VIEW v" in script.read_text() and "[123]" in script.read_text()
    code, out, _ = run(capsys, *words, "--sql", "spark")
    assert code == 0 and out.startswith("SELECT")
    code, _, err = run(capsys, "harmonise", "sc_pupil", "--concepts", "sexx")
    assert code == 1 and "Did you mean sex" in err


def test_concepts_and_explain(capsys):
    code, out, _ = run(capsys, "concepts", "sc_pupil", "--json")
    assert code == 0 and "sen_stage" in {row["concept"] for row in json.loads(out)}
    code, out, _ = run(capsys, "explain", "sc_pupil.sen_stage")
    assert code == 0 and "senprovision" in out
    code, out, _ = run(capsys, "explain", "sc_pupil.sen_stage", "--json")
    assert json.loads(out)["name"] == "sc_pupil.sen_stage"


def test_check_finds_what_is_wrong_with_rules(capsys, tmp_path):
    code, out, _ = run(capsys, "check", "--crosswalk")
    assert code == 0 and "Every rule is in order" in out
    (tmp_path / "concepts.csv").write_text("concept\n")
    code, out, _ = run(capsys, "check", "--rules", str(tmp_path))
    assert code == 1 and "The column 'table_id' is missing" in out
