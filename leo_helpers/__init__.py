"""Learn England's Longitudinal Education Outcomes data (LEO) on a synthetic copy.

Write ``import leo_helpers as leo``; everything is then one short verb away, such as
``leo.tables()``, ``leo.search("free school meals")`` or ``leo.load("sc_pupil", years=2011)``.
Nothing heavy is imported until a verb is used.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

#: Each public verb and the module that has it.
_VERBS = {
    "tables": "browse",
    "variables": "browse",
    "describe": "describe",
    "codes": "browse",
    "coverage": "browse",
    "search": "search",
    "generate": "synth",
    "load": "load",
    "scan": "load",
    "connect": "connect",
    "export": "export",
    "extract": "extract",
    "cohorts": "cohorts",
    "timeline": "timeline",
    "person_keys": "link",
    "harmonise": "harmonise",
    "concepts": "explain",
    "explain": "explain",
    "check_answer": "exercises",
    "academic_year": "years",
    "Catalogue": "catalogue",
    "load_catalogue": "catalogue",
    "load_crosswalk": "crosswalk",
    "LeoError": "errors",
}
#: Modules that are reached as ``leo.plots`` and so on without importing them first.
_MODULES = ("errors", "exercises", "fidelity", "plots", "store", "synth", "tsql", "years")

__all__ = ["__version__", *_VERBS, *_MODULES]


class _Package(ModuleType):
    """The package, in which a verb is not hidden by the module of the same name.

    Importing ``leo_helpers.search`` binds the module to the name ``search`` of the package;
    here the function of that name takes its place.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and _VERBS.get(name) == name:
            value = getattr(value, name)
        super().__setattr__(name, value)


def __getattr__(name: str) -> Any:
    if name in _VERBS:
        value = getattr(importlib.import_module(f".{_VERBS[name]}", __name__), name)
    elif name in _MODULES:
        value = importlib.import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


sys.modules[__name__].__class__ = _Package
