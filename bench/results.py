"""Write one benchmark's section of ``bench/RESULTS.md`` and leave the other sections alone."""

from __future__ import annotations

import datetime
import os
import platform
import re
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = """# Benchmarks

Run `python dev.py bench` (about half an hour; `python dev.py bench generate` for one of them).
Each section is written by its script and names the command, the day and the machine.
"""


def machine() -> str:
    """One line about this machine.

    Returns
    -------
    str
        Processor, cores, memory, system and Python.
    """
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"model name\s*: (.*)", info.read_text())
        processor = found[1] if found else processor
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
        memory = f", {size:.0f} GiB"
    return (
        f"{processor}, {os.cpu_count()} cores{memory}, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def write_section(name: str, title: str, command: str, lines: list[str]) -> None:
    """Replace the section `name`, or add it at the end.

    Parameters
    ----------
    name : str
        Short name, in the comments that mark the section.
    title : str
        Heading.
    command : str
        What was run.
    lines : list of str
        Markdown.
    """
    day = datetime.date.today().isoformat()
    about = f"`{command}`, {day}, {machine()}."
    body = "\n".join(
        [f"<!-- {name} -->", f"## {title}", "", about, "", *lines, f"<!-- /{name} -->"]
    )
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEAD
    old = re.compile(rf"<!-- {name} -->.*<!-- /{name} -->", re.DOTALL)
    text = old.sub(lambda _: body, text) if old.search(text) else f"{text.rstrip()}\n\n{body}\n"
    RESULTS.write_text(text, encoding="utf-8")
