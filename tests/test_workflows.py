"""The workflow files call what is there, and the examples in tools and extensions are true."""

import doctest
import importlib
import re

import canary
import pytest
import yaml
from common import ROOT

FLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
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


def test_the_site_is_published_with_its_history():
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "pages.yml").read_text("utf-8"))
    steps = flow["jobs"]["publish"]["steps"]
    assert steps[0]["with"]["fetch-depth"] == 0
    assert any("--base-url" in step.get("run", "") for step in steps)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_tools_are_true(name):
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted and not found.failed
