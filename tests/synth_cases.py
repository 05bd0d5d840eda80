"""What the tests of the generator share: a few hundred people in memory, the default data set."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyarrow as pa
from filelock import FileLock

from leo_helpers.catalogue import View, load_catalogue
from leo_helpers.synth import generate
from leo_helpers.synth.engine import owner, view_table, wanted_views
from leo_helpers.synth.faults import fault_rates
from leo_helpers.synth.spine import Spine

SEED = 4242
PEOPLE = 300
CATALOGUE = load_catalogue()
#: Tables that draw their own views; the others share the view of one of these.
TABLES = tuple(t for t in CATALOGUE.tables if owner(CATALOGUE, t) == t)
VIEWS = {f"{v.database}.{v.name}": v for t in TABLES for v in wanted_views(CATALOGUE, t, None)}


@cache
def spine(start: int = 0, stop: int = PEOPLE, seed: int = SEED) -> Spine:
    """A block of people, kept so that their lives are worked out once."""
    return Spine(start, stop, seed)


def draw(view: View, people: Spine | None = None, faults=None) -> pa.Table:
    """One view of a block of people in memory."""
    return view_table(view, CATALOGUE, people or spine(), dict(faults or {}))


@cache
def whole(faults: str = "none") -> dict[str, pa.Table]:
    """Every view of 300 people in memory."""
    rates = fault_rates(faults)
    return {name: draw(view, faults=rates) for name, view in VIEWS.items()}


def tables_of(table: str, faults: str = "none") -> dict[str, pa.Table]:
    """The views of one table of 300 people."""
    return {n: t for n, t in whole(faults).items() if VIEWS[n].table_id == table}


def only(table: str, faults: str = "none") -> pa.Table:
    """The views of a pooled table, one below the other."""
    plain = []
    for view in tables_of(table, faults).values():
        kinds = [
            f.with_type(f.type.value_type) if pa.types.is_dictionary(f.type) else f
            for f in view.schema
        ]
        plain.append(view.cast(pa.schema(kinds)))
    return pa.concat_tables(plain, promote_options="default")


def default_data(tmp_path_factory) -> Path:
    """The default data set, made once for all workers of a test run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    root = shared / "default-data-set"
    with FileLock(str(root) + ".made"):
        if not root.exists():
            generate(root, progress=False, workers=1)
    return root
