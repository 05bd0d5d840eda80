"""Build the book: data first, then the generated pages, then Jupyter Book with -W."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"


def make_data() -> None:
    """Generate the default data set now, so that no chapter shows a progress bar."""
    from leo_helpers.store import data_root

    data_root()


def build_book(extra: list[str]) -> int:
    """Run Jupyter Book from an empty output folder and return its exit code."""
    shutil.rmtree(HTML, ignore_errors=True)
    start = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", start, "build", str(ROOT), "--all"]
    command += ["-W", "-n", "--keep-going", *extra]
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    return subprocess.run(command, env=environment).returncode


def copy_extras() -> None:
    """Put beside the pages what Jupyter Book does not: redirects, the page for a wrong address."""
    import redirects

    shutil.copy(ROOT / "book" / "404.html", HTML / "404.html")
    redirects.write_redirects(HTML)
    (HTML / ".nojekyll").touch()


def main(words: list[str]) -> int:
    """Build everything and say how long it took."""
    started = time.perf_counter()
    sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "ext")]
    import conformance
    import coverage_map
    import explorer
    import explorer_page
    import gathered
    import harmonisation
    import playground
    import reference

    if "--no-data" in words:
        words = [word for word in words if word != "--no-data"]
    else:
        make_data()
    pages = reference.write_all() + gathered.write_all()
    pages += conformance.write_page() + harmonisation.write_all()
    explorer.write_all()
    pages += explorer_page.write_page() + coverage_map.write_all()
    missing = playground.write_all()
    if missing:
        print(f"The playground is left out: {missing}")
    code = build_book(words)
    if code:
        print("The book has warnings or errors (listed above); correct them and build again.")
        return code
    copy_extras()
    seconds = time.perf_counter() - started
    print(f"Built the book with {pages} generated pages in {seconds:.0f} seconds.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
