"""Write what the playground page needs into book/static/playground: engine, data, list of queries.

The engine comes from npm, pinned; the data are views of the default data set as Arrow streams,
each fetched by the page when a query names it. Nothing of it is in git. Where npm is out of reach
the book is built all the same, and the page says that the playground was left out.
"""

from __future__ import annotations

import gzip
import importlib.metadata
import io
import json
import re
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parent.parent / "book" / "ext"))

import npm_files
import try_sql

from leo_helpers.catalogue import load_catalogue
from leo_helpers.connect import DEFAULT_PROJECT

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "book" / "static" / "playground"
SHIMS = ROOT / "book" / "pyodide"
CHAPTERS = ROOT / "chapters"

DUCKDB = npm_files.Package(
    "@duckdb/duckdb-wasm",
    "1.32.0",
    "sha512-IewXTNYEjsZCPE9weUWgtjGxUlMRo7qhX0GF6tq/KjK8bnY+RAl4cyUdYUfcdzbyb4b9ZxPC+FOsCcxgaKFWMg==",
    ("dist/duckdb-eh.wasm", "dist/duckdb-browser-blocking.mjs", "README.md"),
)
PYODIDE = npm_files.Package(
    "pyodide",
    "314.0.7",
    "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A==",
    (
        "pyodide.mjs",
        "pyodide.asm.mjs",
        "pyodide.asm.wasm",
        "python_stdlib.zip",
        "pyodide-lock.json",
    ),
)
#: The one package that the engine's script imports, bundled from npm and in git with its licence.
ARROW = "apache-arrow-17.0.0.min.mjs"

#: The parts of the package that run in the browser; a pattern of file names each.
OURS = ("errors.py", "year_ranges.py", "__init__.py", "tsql/*.py", "tsql/*.sql", "tsql/*.csv")
#: Files of our own that stand in the bundle for others: the package of the translator imports the
#: catalogue, and through it compiled modules that a browser has not.
REPLACED = {
    "leo_helpers/tsql/__init__.py": "",
    "leo_helpers/connect.py": "connect.py",
    "leo_helpers/catalogue.py": "catalogue.py",
}
#: Every entry has one time, so that two runs give the same bytes.
TIME = (1980, 1, 1, 0, 0, 0)

BLOCK = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?::\w[^\n]*\n)*(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Views beside those that the chapters query, to look around in.
MORE = ("hesa_i2.hesa_2012", "npd_i2.spring_census_2012")


def published(chapters: Path = CHAPTERS) -> list[dict[str, str]]:
    """Return every SQL query and every T-SQL script of the chapters, in the order of the files.

    Returns
    -------
    list of dict
        ``page`` (without ``.html``), ``title`` of the chapter, ``sql`` as it is printed and its
        ``language``: ``sql`` runs in DuckDB and in T-SQL, ``tsql`` only in T-SQL.
    """
    found = []
    for path in sorted(chapters.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        title = re.search(r"^# (.*)$", text, re.MULTILINE)
        page = path.relative_to(ROOT).with_suffix("").as_posix()
        facts = {"page": page, "title": title[1] if title else page}
        found += [facts | {"language": "sql", "sql": sql.strip()} for sql in BLOCK.findall(text)]
        cells = CELL.findall(text)
        queries = filter(None, map(try_sql.query_of, cells))
        found += [facts | {"language": "sql", "sql": sql} for sql in queries]
        scripts = try_sql.whole(cells).values()
        found += [facts | {"language": "tsql", "sql": sql} for sql in scripts]
    return found


def named_views(text: str, known: set[str]) -> set[str]:
    """Return the views of LEO that a text of SQL names, as ``database.view``.

    Examples
    --------
    >>> named_views("select 1 from leo_i2.[2002237].leo_benefit as b", {"leo_i2.leo_benefit"})
    {'leo_i2.leo_benefit'}
    """
    words = set(re.findall(r"\w+", text.lower()))
    return {name for name in known if name.split(".")[1].lower() in words}


def write_view(data: Path, name: str, target: Path) -> dict[str, Any]:
    """Write one view as a compressed Arrow stream and return what the page has to know of it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = data.joinpath(*name.split("."))
    schema = pq.ParquetDataset(folder).schema
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    table = pq.read_table(folder, read_dictionary=texts).replace_schema_metadata(None)
    table = table.unify_dictionaries().combine_chunks()
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    packed = gzip.compress(stream.getvalue(), 9, mtime=0)
    target.write_bytes(packed)
    return {"rows": table.num_rows, "bytes": len(packed), "file": target.name}


def write_data(data: Path, folder: Path) -> dict[str, Any]:
    """Write the views that the chapters query, those of :data:`MORE`, and return them by name."""
    from leo_helpers.store import read_manifest

    held = set(read_manifest(data).views)
    texts = "\n".join(query["sql"] for query in published())
    wanted = sorted(named_views(texts, held) | (held & set(MORE)))
    folder.mkdir(parents=True, exist_ok=True)
    return {name: write_view(data, name, folder / f"{name}.arrow.gz") for name in wanted}


def write_python(target: Path) -> None:
    """Pack the translator, sqlglot as it is installed here, and what stands in for the rest."""
    package = ROOT / "leo_helpers"
    files = {
        p.relative_to(ROOT).as_posix(): p.read_bytes() for part in OURS for p in package.glob(part)
    }
    for name, own in REPLACED.items():
        files[name] = (SHIMS / own).read_bytes() if own else b""
    for path in SHIMS.glob("*.py"):
        if path.name not in REPLACED.values():
            files[path.name] = path.read_bytes()
    for entry in importlib.metadata.files("sqlglot") or []:
        name = entry.as_posix()
        licence = "licenses" in name.lower()
        if licence or (name.startswith("sqlglot/") and name.endswith(".py")):
            files[name] = Path(entry.locate()).read_bytes()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bundle:
        for name in sorted(files):
            bundle.writestr(zipfile.ZipInfo(name, TIME), files[name], zipfile.ZIP_DEFLATED)


def write_engine(folder: Path) -> None:
    """Write the engine and Python as the page loads them.

    Raises
    ------
    OutOfReach
        If npm cannot be reached.
    """
    engine, python = npm_files.fetch(DUCKDB), npm_files.fetch(PYODIDE)
    folder.mkdir(parents=True, exist_ok=True)
    packed = engine / "duckdb-eh.wasm.gz"
    if not packed.exists():
        # A host that does not compress would send 34 MB; the page unpacks this itself.
        packed.write_bytes(gzip.compress((engine / "duckdb-eh.wasm").read_bytes(), 9, mtime=0))
    shutil.copy(packed, folder / packed.name)
    script = (engine / "duckdb-browser-blocking.mjs").read_text(encoding="utf-8")
    script = script.replace('from"apache-arrow"', f'from"../../vendor/{ARROW}"')
    script = re.sub(r"//# sourceMappingURL=\S+", "", script)
    (folder / "duckdb.mjs").write_text(script, encoding="utf-8")
    for name in PYODIDE.files:
        if name == "pyodide-lock.json":
            continue
        shutil.copy(python / name, folder / name)
    # The list of Python's own packages would point elsewhere; the playground needs none of them.
    lock = json.loads((python / "pyodide-lock.json").read_text(encoding="utf-8"))
    lock["packages"] = {}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    write_python(folder / "translator.zip")


def write_index(folder: Path, facts: dict[str, Any]) -> None:
    """Write what the page reads at once: queries, views, sizes, or why it was left out."""
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    (folder / "index.js").write_text(f"window.LEO_PLAYGROUND={text};\n", encoding="utf-8")


def all_views() -> list[str]:
    """Return every view of the catalogue: the page tells one that was left out from no view."""
    return sorted(
        {
            f"{view.database}.{view.name}"
            for table in load_catalogue().tables.values()
            for view in table.views()
        }
    )


def is_engine(path: Path, out: Path) -> bool:
    """Say whether a file of a site is of no use in a folder: a page there may start no engine."""
    place = path.relative_to(out).parts
    return place[:2] == ("_static", "playground") and place[2:3] in (("engine",), ("data",))


def write_all(data: Path | None = None, folder: Path = FOLDER) -> str:
    """Write everything; return an empty text, or why the playground was left out.

    Parameters
    ----------
    data : Path, optional
        The data set; without it the default one.
    folder : Path
        Where to.

    Returns
    -------
    str
        A sentence if npm could not be reached.
    """
    from leo_helpers.store import data_root

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    facts = {"project": DEFAULT_PROJECT, "examples": published(), "missing": "", "views": {}}
    try:
        write_engine(folder / "engine")
    except npm_files.OutOfReach as error:
        shutil.rmtree(folder / "engine", ignore_errors=True)
        facts["missing"] = f"{error}."
    else:
        facts["views"] = write_data(data or data_root(), folder / "data")
        facts["others"] = [v for v in all_views() if v not in facts["views"]]
        facts["engine"] = {"duckdb": DUCKDB.version, "pyodide": PYODIDE.version}
        facts["sizes"] = {
            p.name: p.stat().st_size for p in sorted((folder / "engine").iterdir()) if p.is_file()
        }
    write_index(folder, facts)
    return facts["missing"]


if __name__ == "__main__":
    print(write_all() or f"{sum(p.stat().st_size for p in FOLDER.rglob('*.*')) / 1e6:.1f} MB")
