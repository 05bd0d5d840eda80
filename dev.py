#!/usr/bin/env python3
"""Set up, build and test Learning LEO. Needs only Python 3.11 or newer.

    python dev.py book      install what a reader needs, build the book and open it
    python dev.py test      install what a maintainer needs, build the book, run every test
    python dev.py serve     show the built book on a local address
    python dev.py site DIR  build the book and make the folder to publish (--base-url URL)
    python dev.py shots     take pictures of the main pages, light, dark and on a telephone
    python dev.py lint      style, spelling and notebook checks (--fix repairs what it can)
    python dev.py refresh   run the chapters again and rewrite notebooks/
    python dev.py bench     run the benchmarks (never part of the tests)
    python dev.py canary X  would newer tools (sphinx, book2) still build the book? never blocks
    python dev.py server H  the T-SQL cases, or scripts, on a T-SQL server H: what differs
    python dev.py lock      work out the lock files afresh

Words after the command go to the tool behind it: python dev.py test -k exercises
"""

import functools
import hashlib
import http.server
import os
import pathlib
import shutil
import subprocess
import sys
import webbrowser

ROOT = pathlib.Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
PYTEST = [PYTHON, "-m", "pytest", "-n", "auto", "--maxprocesses", "4", "--dist", "loadscope"]
SITE = ROOT / "_build" / "html"
TOOLS = {name: name for name in ("test", "shots", "lint", "refresh", "bench", "canary", "lock")}
TOOLS |= {"site": "publish", "server": "tsql_server"}  # site.py would hide a standard module
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-engines.lock")
ENV = {**os.environ, "VIRTUAL_ENV": str(VENV), "PYTHONUTF8": "1", "JUPYTER_PREFER_ENV_PATH": "1"}
#: Notebooks run with these settings, whatever the user's own profile of IPython holds.
PROFILE = VENV / "ipython" / "profile_default"
ENV["IPYTHONDIR"] = str(PROFILE.parent)
ENV["PATH"] = str(BIN) + os.pathsep + ENV.get("PATH", "")


def run(*command, env=None):
    """Run one command in the project folder and stop with its exit code when it fails."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env={**ENV, **(env or {})})
    if done.returncode:
        sys.exit(done.returncode)


def setup(lock):
    """Make .venv and install what the lock file lists, unless that was done already."""
    parts = [sys.version.encode()] + [(ROOT / f).read_bytes() for f in (lock, "pyproject.toml")]
    wanted = hashlib.sha256(b"\0".join(parts)).hexdigest()
    stamp = VENV / f"{lock}.stamp"
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    if not PYTHON.exists() or not any(VENV.glob("*.stamp")):  # a first run may have been stopped
        print("Making .venv ...", flush=True)
        run(sys.executable, "-m", "venv", VENV)
    print(f"Installing from {lock} (a minute or two the first time) ...", flush=True)
    uv = shutil.which("uv")
    pip = [uv, "pip"] if uv else [PYTHON, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--requirement", lock)
    run(*pip, "install", "--quiet", "--no-deps", "--editable", ".")
    PROFILE.mkdir(parents=True, exist_ok=True)
    quiet = "c.IPKernelApp.log_level = 'ERROR'  # it warns of every kernel on one's own machine\n"
    (PROFILE / "ipython_kernel_config.py").write_text(quiet, encoding="utf-8")
    for old in VENV.glob("*.stamp"):
        old.unlink()
    stamp.write_text(wanted)


def build(*words):
    """Write the generated pages and build the book; every warning is an error."""
    run(PYTHON, "tools/build.py", *words)


def serve(*words):
    """Show the built book on http://127.0.0.1:8000 until Ctrl-C."""
    port = int(words[0]) if words else 8000
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=SITE)
    print(f"The book is at http://127.0.0.1:{port} (Ctrl-C stops)")
    try:
        http.server.ThreadingHTTPServer(("127.0.0.1", port), handler).serve_forever()
    except KeyboardInterrupt:
        print()


def main(command="help", *words):
    """Carry out one command."""
    held = [lock for lock in LOCKS if (VENV / f"{lock}.stamp").exists()]
    if command == "book":
        setup(held[0] if held else LOCKS[0])
        build(*(word for word in words if word != "--no-open"))
        page = (SITE / "index.html").as_uri()
        print(f"The book is ready: {page}")
        if "--no-open" not in words and not os.environ.get("CI"):
            webbrowser.open(page)
    elif command == "serve":
        serve(*words)
    elif command in TOOLS:
        with_spark = os.environ.get("CI") and shutil.which("java")
        setup("requirements-engines.lock" if with_spark else "requirements-dev.lock")
        if command != "test":
            run(PYTHON, f"tools/{TOOLS[command]}.py", *words)
        elif words:
            run(*PYTEST, "--nbval", "leo_helpers", "tests", "notebooks", *words)
        else:
            build()
            run(*PYTEST, "--cov", "--leo-site", "leo_helpers", "tests")
            run(*PYTEST, "--nbval", "notebooks")  # coverage would hang the kernels of nbval
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - the message is for older versions
        sys.exit("Learning LEO needs Python 3.11 or newer; this is " + sys.version.split()[0])
    main(*sys.argv[1:])
