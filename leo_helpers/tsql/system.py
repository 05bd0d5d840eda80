"""INFORMATION_SCHEMA and sys views, made from what the session knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from .sqltypes import BINARY, T, bytes_of
from .store import Key, LeoView, Store, Table, View
from .value import quote

__all__ = ["SYSTEM_VIEWS", "TYPE_IDS", "column_facts", "system_columns", "system_query"]


_TYPES = {
    "name": T("nvarchar", 128, label=1), "int": T("int"), "text": T("varchar", 20, label=1),
    "char": T("char", 2, label=1), "bit": T("bit"), "big": T("bigint"),
}  # fmt: skip
#: Precision and scale of the types that have no choice of them.
_DIGITS = {
    "int": (10, 0), "bigint": (19, 0), "smallint": (5, 0), "tinyint": (3, 0), "bit": (1, 0),
    "float": (53, None), "real": (24, None), "money": (19, 4), "smallmoney": (10, 4),
}  # fmt: skip
#: SQL Server's numbers of its types, from the page "sys.types".
TYPE_IDS = {
    "bigint": 127, "int": 56, "smallint": 52, "tinyint": 48, "bit": 104, "decimal": 106,
    "money": 60, "smallmoney": 122, "float": 62, "real": 59, "date": 40, "time": 41,
    "datetime": 61, "datetime2": 42, "smalldatetime": 58, "char": 175, "varchar": 167,
    "nchar": 239, "nvarchar": 231, "binary": 173, "varbinary": 165, "uniqueidentifier": 36,
}  # fmt: skip


Rows = Callable[[Store, str], list[list]]


def column_facts(entry: Table | View | LeoView, store: Store) -> list[tuple[str, T, bool]]:
    """Return name, type and nullability of every column."""
    if isinstance(entry, LeoView):
        return [(name, t, True) for name, t, _ in entry.columns]
    if isinstance(entry, Table):
        return [(c.name, c.t, c.nullable) for c in entry.columns]
    _, cols = store.source(entry, "v", store.session.binder())
    return [(c.name, c.t, True) for c in cols]


def _tables(store: Store, database: str) -> list[list]:
    shown = store.databases.get(database, database)
    kinds = ("VIEW", "BASE TABLE")
    return [
        [shown, store.schema_of(e)[1], e.name, kinds[isinstance(e, Table)]]
        for e in store.listed(database)
    ]


def _columns(store: Store, database: str) -> list[list]:
    shown, rows = store.databases.get(database, database), []
    for e in store.listed(database, columns=True):
        own = {c.name: c.default for c in e.columns} if isinstance(e, Table) else {}
        for i, (name, t, nullable) in enumerate(column_facts(e, store), 1):
            length = octets = coded = digits = radix = scale = None
            if t.is_string or t.name in BINARY:
                length, octets = -1 if t.n is None else t.n, bytes_of(t)
                coded = ("UNICODE" if t.name[0] == "n" else "iso_1") if t.is_string else None
            elif t.name != "bit":
                digits, scale = _digits(t)
                radix = None if digits is None else 10 if t.is_exact else 2
            rows.append([shown, store.schema_of(e)[1], e.name, name, i, _default(own.get(name)),
                         "YES" if nullable else "NO", t.name, length, octets, digits, radix, scale,
                         _places(t), *[None] * 2, coded, *[None] * 2, _collation(t),
                         *[None] * 3])  # fmt: skip
    return rows


def _default(written: exp.Expression | None) -> str | None:
    """Return a default as SQL Server writes it down: ``((0))``, ``('a')``, ``(getdate())``."""
    if written is None:
        return None
    text = written.sql("tsql")
    if written.is_number:
        return f"(({text}))"
    bare = isinstance(written, exp.Func) and not written.find(exp.Literal)
    return f"({text.lower() if bare else text})"


def _places(t: T) -> int | None:
    """Return the places of seconds of a date or time."""
    if t.name in ("time", "datetime2", "datetimeoffset"):
        return 7 if t.n is None else t.n
    return {"date": 0, "smalldatetime": 0, "datetime": 3}.get(t.name)


def _digits(t: T) -> tuple[int | None, int | None]:
    """Return precision and scale of a number type."""
    return (t.p, t.s) if t.name == "decimal" else _DIGITS.get(t.name, (None, None))


def _collation(t: T) -> str | None:
    """Return the collation of a text type; the default one by its name."""
    return (t.collation or "Latin1_General_CI_AS") if t.is_string else None


def _schemata(store: Store, database: str) -> list[list]:
    shown = store.databases.get(database, database)
    return [[shown, name] for (db, _), (_, name) in store.schemas.items() if db == database]


def _objects(kinds: str) -> Rows:
    def build(store: Store, database: str) -> list[list]:
        rows = []
        for e in store.listed(database):
            kind, long = ("U", "USER_TABLE") if isinstance(e, Table) else ("V", "VIEW")
            if kind in kinds:
                sid = store.schema_of(e)[0]
                rows.append([e.name, e.id, sid, kind + " ", long, 0, False])
        return rows

    return build


def _server_objects(count: int, kind: str, long: str, build: Rows) -> Rows:
    """Add rows that stand for the objects of the server itself, which scripts count with."""

    def built(store: Store, database: str) -> list[list]:
        own = [[f"server_{i}", -i, 4, kind, long, 0, True] for i in range(1, count + 1)]
        return build(store, database) + own

    return built


def _server_columns(objects: int) -> Rows:
    """Add eight columns for each object of the server itself."""

    def built(store: Store, database: str) -> list[list]:
        return _sys_columns(store, database) + [
            [-i, f"c{n}", n, False, 56, 56, 4, 10, 0, None, False, False]
            for i in range(1, objects + 1)
            for n in range(1, 9)
        ]

    return built


def _numbers(store: Store, database: str) -> list[list]:
    """Return the rows of type P of spt_values, the whole numbers from 0 to 2047."""
    return [[None, n, "P  ", n // 8 + 1, 1 << n % 8, 0] for n in range(2048)]


def _old_columns(store: Store, database: str) -> list[list]:
    rows = _server_columns(100)(store, database)
    return [
        [name, i, kind, user, length, n, int(nullable)]
        for i, name, n, nullable, kind, user, length, *_ in rows
    ]


def _sys_columns(store: Store, database: str) -> list[list]:
    rows = []
    for e in store.listed(database, columns=True):
        own = {c.name: c for c in e.columns} if isinstance(e, Table) else {}
        for i, (name, t, nullable) in enumerate(column_facts(e, store), 1):
            number, (digits, scale) = TYPE_IDS.get(t.name), _digits(t)
            column = own.get(name)
            rows.append([e.id, name, i, nullable, number, number, bytes_of(t), digits or 0,
                         scale or 0, _collation(t), bool(column and column.identity),
                         bool(column and column.computed is not None)])  # fmt: skip
    return rows


def _indexes(store: Store, database: str) -> list[list]:
    """Return every index, the clustered one first; without one, a table is a heap."""
    rows = []
    for e in store.listed(database):
        held = [*e.keys, *e.indexes] if isinstance(e, Table) else []
        held.sort(key=lambda index: not index.clustered)
        first = 1 if held and held[0].clustered else 2
        if isinstance(e, Table) and first == 2:
            rows.append([e.id, None, 0, 0, "HEAP", False, False, False])
        for number, index in enumerate(held, first):
            kind = index.kind if isinstance(index, Key) else ""
            form = "CLUSTERED" if index.clustered else "NONCLUSTERED"
            rows.append([e.id, index.name, number, 1 if index.clustered else 2, form,
                         kind != "", kind == "PRIMARY KEY", kind == "UNIQUE KEY"])  # fmt: skip
    return rows


def _partitions(store: Store, database: str) -> list[list]:
    tables = [e for e in store.listed(database) if isinstance(e, Table)]
    count = "SELECT count(*) FROM {}"
    return [
        [e.id, int(any(i.clustered for i in (*e.keys, *e.indexes))), 1,
         store.session.fetch(count.format(quote(e.physical)))[0][0]]
        for e in tables
    ]  # fmt: skip


def _old_objects(store: Store, database: str) -> list[list]:
    return [
        [name, i, sid, kind, kind]
        for name, i, sid, kind, *_ in SYSTEM_VIEWS["sys.objects"][1](store, database)
    ]


_OBJECT = (
    "name:name object_id:int schema_id:int type:char type_desc:name parent_object_id:int "
    "is_ms_shipped:bit"
)
_COLUMN = (
    "object_id:int name:name column_id:int is_nullable:bit system_type_id:int user_type_id:int "
    "max_length:int precision:int scale:int collation_name:name is_identity:bit is_computed:bit"
)
_TABLES_OF_SERVER = ("S ", "SYSTEM_TABLE", _objects("UV"))
#: What to say of views that hold more in SQL Server than here.
SERVER_ROWS = {
    **dict.fromkeys(("sys.all_objects", "sys.all_columns", "sys.syscolumns"),
        "SQL Server's own objects stand in this view as nameless rows, fewer than there: count "
        "rows with them, but ask nothing else of them."),
    "dbo.spt_values": "spt_values has only its numbers here, 0 to 2047 of type P.",
}  # fmt: skip
#: Each view: its columns with their types, and what makes its rows.
SYSTEM_VIEWS: dict[str, tuple[str, Rows]] = {
    "information_schema.tables": (
        "TABLE_CATALOG:name TABLE_SCHEMA:name TABLE_NAME:name TABLE_TYPE:text", _tables),
    "information_schema.views": (
        "TABLE_CATALOG:name TABLE_SCHEMA:name TABLE_NAME:name CHECK_OPTION:text IS_UPDATABLE:text",
        lambda store, database: [
            [*row[:3], "NONE", "NO"] for row in _tables(store, database) if row[3] == "VIEW"]),
    "information_schema.columns": (
        "TABLE_CATALOG:name TABLE_SCHEMA:name TABLE_NAME:name COLUMN_NAME:name "
        "ORDINAL_POSITION:int COLUMN_DEFAULT:name IS_NULLABLE:text DATA_TYPE:name "
        "CHARACTER_MAXIMUM_LENGTH:int CHARACTER_OCTET_LENGTH:int NUMERIC_PRECISION:int "
        "NUMERIC_PRECISION_RADIX:int NUMERIC_SCALE:int DATETIME_PRECISION:int "
        "CHARACTER_SET_CATALOG:name CHARACTER_SET_SCHEMA:name CHARACTER_SET_NAME:name "
        "COLLATION_CATALOG:name COLLATION_SCHEMA:name COLLATION_NAME:name DOMAIN_CATALOG:name "
        "DOMAIN_SCHEMA:name DOMAIN_NAME:name", _columns),
    "information_schema.schemata": ("CATALOG_NAME:name SCHEMA_NAME:name", _schemata),
    "sys.tables": (_OBJECT, _objects("U")),
    "sys.views": (_OBJECT, _objects("V")),
    "sys.objects": (_OBJECT, _server_objects(100, *_TABLES_OF_SERVER)),
    "sys.all_objects": (_OBJECT, _server_objects(2000, "V ", "VIEW", _objects("UV"))),
    "sys.sysobjects": ("name:name id:int uid:int xtype:char type:char", _old_objects),
    "sys.syscolumns": (
        "name:name id:int xtype:int xusertype:int length:int colid:int isnullable:int",
        _old_columns),
    "sys.columns": (_COLUMN, _server_columns(100)),
    "sys.all_columns": (_COLUMN, _server_columns(1000)),
    "dbo.spt_values": (
        "name:name number:int type:char low:int high:int status:int", _numbers),
    "sys.partitions": (
        "object_id:int index_id:int partition_number:int rows:big", _partitions),
    "sys.types": (
        "name:name system_type_id:int user_type_id:int",
        lambda store, database: [[name, i, i] for name, i in TYPE_IDS.items()]),
    "sys.schemas": (
        "name:name schema_id:int",
        lambda store, database: [
            [s, i] for (db, _), (i, s) in store.schemas.items() if db == database]),
    "sys.databases": (
        "name:name database_id:int",
        lambda store, database: [[name, i] for i, name in enumerate(store.databases.values(), 1)]),
    "sys.indexes": (
        "object_id:int name:name index_id:int type:int type_desc:name is_unique:bit "
        "is_primary_key:bit is_unique_constraint:bit", _indexes),
}  # fmt: skip
#: Views that are the same in every database, or list what the script itself has made.
_OF_ALL = {"sys.databases", "sys.schemas", "information_schema.schemata", "sys.types"}


def _key(parts: Sequence[str]) -> str:
    """Return the key of a system view; the names of old stand in dbo too."""
    schema, name = parts[-2].lower(), parts[-1].lower()
    old = name in ("sysobjects", "syscolumns") and schema == "dbo"
    return f"sys.{name}" if old else f"{schema}.{name}"


def system_columns(parts: Sequence[str]) -> list[tuple[str, T]]:
    """Return the columns of a system view."""
    pairs = (word.split(":") for word in SYSTEM_VIEWS[_key(parts)][0].split())
    return [(name, _TYPES[kind]) for name, kind in pairs]


def system_query(store: Store, parts: list[str]) -> str | None:
    """Return SQL for INFORMATION_SCHEMA and sys views of the current database, if it is one.

    The rows go into an Arrow table that DuckDB reads in place.
    """
    import pyarrow as pa

    database, schema, name = store.resolve(parts)
    key = _key([schema, name])
    view = SYSTEM_VIEWS.get(key)
    if view is None or (schema == "dbo" and name == "spt_values" and database != "master"):
        return None
    binder = store.session.last_binder
    if key in SERVER_ROWS and binder is not None:
        binder.note(SERVER_ROWS[key])
    if (database, key) in store.listed_leo:
        return store.listed_leo[database, key]
    types = [t for _, t in system_columns([schema, name])]
    kinds = {
        "VARCHAR": pa.string(),
        "INTEGER": pa.int32(),
        "BOOLEAN": pa.bool_(),
        "BIGINT": pa.int64(),
    }
    columns = list(zip(*view[1](store, database), strict=True)) or [()] * len(types)
    data = {
        f"c{i}": pa.array(column, kinds[t.duck])
        for i, (column, t) in enumerate(zip(columns, types, strict=True), 1)
    }
    store.listings += 1
    store.session.con.register(f"listing{store.listings}", pa.table(data))
    sql = f"SELECT * FROM listing{store.listings}"
    if store.is_leo(database) and key not in _OF_ALL:  # nothing can be made or dropped there
        store.listed_leo[database, key] = sql
    return sql
