"""The workflow files call what is there, and the examples in tools and extensions are true."""

import ast
import contextlib
import doctest
import importlib
import re
import shlex
import sys
from importlib import metadata
from string import Template

import canary
import publish
import pytest
import yaml
from common import ROOT

FLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
#: The first version of each action that runs on Node 24: GitHub took 20 away in September 2026.
NODE_24 = {"checkout": 5, "setup-python": 6, "setup-node": 5, "configure-pages": 6}
NODE_24 |= {"upload-pages-artifact": 5, "deploy-pages": 5}
MODULES = sorted(
    path.stem
    for folder in ("tools", "book/ext")
    for path in (ROOT / folder).glob("*.py")
    if ">>>" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_workflows_call_commands_that_exist(path):
    flow = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = set(re.findall(r"python dev\.py (\w+)", (ROOT / "dev.py").read_text("utf-8")))
    steps = [step for job in flow["jobs"].values() for step in job["steps"]]
    called = [name for step in steps for name in re.findall(r"dev\.py (\w+)", step.get("run", ""))]
    assert called and set(called) <= known
    assert all("@" in step["uses"] for step in steps if "uses" in step)


def test_the_canaries_of_the_workflow_exist():
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "canaries.yml").read_text("utf-8"))
    job = flow["jobs"]["canary"]
    assert set(job["strategy"]["matrix"]["canary"]) == set(canary.CANARIES)
    assert job["continue-on-error"] is True
    assert "schedule" in flow[True]  # YAML reads the key "on" as a truth value


def test_the_canary_of_sphinx_has_what_our_extensions_import():
    """Without one of them Sphinx stops at once, and the report says nothing of its version."""
    own = {path.stem for folder in ("book/ext", "tools") for path in (ROOT / folder).glob("*.py")}
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "book" / "ext").glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    wanted = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    wanted |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    wanted = {name.split(".")[0] for name in wanted} - own - sys.stdlib_module_names
    known, waiting = set(), canary.newest()
    while waiting:
        name = re.match(r"[\w.-]+", waiting.pop())[0].lower().replace("_", "-")
        if name not in known:
            known.add(name)
            with contextlib.suppress(metadata.PackageNotFoundError):  # one for another platform
                waiting += [r for r in metadata.requires(name) or [] if "extra ==" not in r]
    of = metadata.packages_distributions()
    missing = {
        n for n in wanted - {"leo_helpers"} if not known & {d.lower() for d in of.get(n, [])}
    }
    assert {"bs4", "tinycss2"} <= wanted and not missing


def test_the_site_is_published_with_its_history_and_every_file():
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "pages.yml").read_text("utf-8"))
    steps = flow["jobs"]["build"]["steps"]
    assert steps[0]["with"]["fetch-depth"] == 0
    upload = next(step for step in steps if "upload-pages-artifact" in step.get("uses", ""))
    assert upload["with"] == {"path": "site", "include-hidden-files": True}


@pytest.mark.parametrize("base", ["https://someone.github.io", "https://someone.github.io/book"])
def test_the_words_of_the_workflow_are_understood(base, monkeypatch):
    """The folder that is made is the one that is uploaded, at the address that GitHub gives."""
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "pages.yml").read_text("utf-8"))
    step = next(s for s in flow["jobs"]["build"]["steps"] if "dev.py" in s.get("run", ""))
    values = {"ADDRESS": base, "SOURCE": "https://github.com/someone/book"}
    assert set(step["env"]) == set(values)
    words = [Template(word).substitute(values) for word in shlex.split(step["run"])]
    assert words[:3] == ["python", "dev.py", "site"]
    asked = publish.told(words[3:])
    assert str(asked.out) == "site" and asked.repository == values["SOURCE"]
    assert publish.address_of("a.html", asked.base_url) == f"{base}/a.html"


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_workflows_run_on_what_github_still_has_and_with_few_rights(path):
    flow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert flow["permissions"] == {}
    for name, job in flow["jobs"].items():
        used = [step["uses"] for step in job["steps"] if "uses" in step]
        if "id-token" in job["permissions"]:
            assert used == [f"actions/deploy-pages@v{NODE_24['deploy-pages']}"], name
        for one in used:
            action, version = one.removeprefix("actions/").split("@v")
            assert int(version) >= NODE_24[action], one
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), "text from elsewhere would be run as code"
            assert "|" not in step.get("run", "") or step["shell"] == "bash", "a failure is lost"
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_tools_are_true(name):
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted and not found.failed
