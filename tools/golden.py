"""Write the logical hash of every view of the default data set to ``tests/data/golden.json``.

Run it after a wanted change of what the synthetic people are: ``python tools/golden.py``. The
difference in git then shows which views changed. ``--check`` only compares.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from leo_helpers.synth import DEFAULT_PEOPLE, DEFAULT_SEED, generate
from leo_helpers.synth.digest import logical_hash

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "data" / "golden.json"


def main() -> int:
    """Make the default data set in a temporary folder, hash it, write or compare."""
    with tempfile.TemporaryDirectory() as folder:
        views = logical_hash(generate(Path(folder) / "default", progress=False))
    if "--check" in sys.argv:
        known = json.loads(GOLDEN.read_text(encoding="utf-8"))["views"]
        wrong = sorted(v for v in {*known, *views} if known.get(v) != views.get(v))
        print(f"{len(views) - len(wrong)} of {len(views)} views agree", *wrong, sep="\n  ")
        return bool(wrong)
    golden = {"people": DEFAULT_PEOPLE, "seed": DEFAULT_SEED, "views": views}
    GOLDEN.write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{GOLDEN.relative_to(GOLDEN.parents[2])}: {len(views)} views")
    return 0


if __name__ == "__main__":
    sys.exit(main())
