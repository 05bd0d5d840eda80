"""INFORMATION_SCHEMA and sys views, made from what the session knows."""

from __future__ import annotations

from .sqltypes import T
from .store import LeoView, Store, Table, View

__all__ = ["SYSTEM_VIEWS", "column_facts", "rows_sql", "system_columns", "system_query"]


_NAME, _INT, _TEXT = T("nvarchar", 128, label=1), T("int"), T("varchar", 20, label=1)

#: SQL Server's numbers of its types, from the page "sys.types".
_TYPE_IDS = {
    "bigint": 127, "int": 56, "smallint": 52, "tinyint": 48, "bit": 104, "decimal": 106,
    "money": 60, "smallmoney": 122, "float": 62, "real": 59, "date": 40, "time": 41,
    "datetime": 61, "datetime2": 42, "smalldatetime": 58, "char": 175, "varchar": 167,
    "nchar": 239, "nvarchar": 231, "binary": 173, "varbinary": 165, "uniqueidentifier": 36,
}  # fmt: skip


def rows_sql(store: Store, rows: list[list[object]], types: list[T]) -> str:
    """Return a query that gives these rows, through an Arrow table that DuckDB reads in place."""
    import pyarrow as pa

    kinds = {"VARCHAR": pa.string(), "INTEGER": pa.int32(), "BOOLEAN": pa.bool_()}
    columns = list(zip(*rows, strict=True)) or [()] * len(types)
    data = {
        f"c{i}": pa.array(column, kinds[t.duck])
        for i, (column, t) in enumerate(zip(columns, types, strict=True), 1)
    }
    store.listings += 1
    store.session.con.register(f"listing{store.listings}", pa.table(data))
    return f"SELECT * FROM listing{store.listings}"


def _kind(entry: object) -> str:
    return "BASE TABLE" if isinstance(entry, Table) else "VIEW"


def _tables(store: Store, database: str) -> str:
    shown = store.databases.get(database, database)
    return rows_sql(
        store,
        [[shown, e.schema, e.name, _kind(e)] for e in store.listed(database)],
        [_NAME] * 3 + [_TEXT],
    )


def column_facts(entry: Table | View | LeoView, store: Store) -> list[tuple[str, T, bool]]:
    """Return name, type and nullability of every column."""
    if isinstance(entry, LeoView):
        return [(name, t, True) for name, t, _ in entry.columns]
    if isinstance(entry, Table):
        return [(c.name, c.t, c.nullable) for c in entry.columns]
    _, cols = store.source(entry, "v", store.session.binder())
    return [(c.name, c.t, True) for c in cols]


def _columns(store: Store, database: str) -> str:
    rows = []
    for e in store.listed(database, columns=True):
        for i, (name, t, nullable) in enumerate(column_facts(e, store), 1):
            length = (-1 if t.n is None else t.n) if t.is_string else None
            whole = {
                "decimal": t.p,
                "int": 10,
                "bigint": 19,
                "smallint": 5,
                "tinyint": 3,
                "float": 53,
            }.get(t.name)
            rows.append(
                [
                    store.databases.get(database, database),
                    e.schema,
                    e.name,
                    name,
                    i,
                    "YES" if nullable else "NO",
                    t.name,
                    length,
                    whole,
                    t.s if t.name == "decimal" else None,
                ]
            )
    return rows_sql(store, rows, [_NAME] * 4 + [_INT, _TEXT, _NAME, _INT, _INT, _INT])


def _schemata(store: Store, database: str) -> str:
    names = [s for db, s in store.schemas if db == database]
    if store.is_leo(database):
        names = [store.project]
    return rows_sql(
        store, [[store.databases.get(database, database), n] for n in names], [_NAME] * 2
    )


def _sys_objects(kinds: str):
    def build(store: Store, database: str) -> str:
        rows = []
        for e in store.listed(database):
            kind = "U" if isinstance(e, Table) else "V"
            if kind in kinds:
                sid = store.schemas.get((database, e.schema.lower()), 5)
                long = "USER_TABLE" if kind == "U" else "VIEW"
                rows.append([e.name, e.id, sid, kind + " ", long])
        return rows_sql(store, rows, [_NAME, _INT, _INT, T("char", 2, label=1), _NAME])

    return build


def _sys_columns(store: Store, database: str) -> str:
    rows = []
    for e in store.listed(database, columns=True):
        for i, (name, t, nullable) in enumerate(column_facts(e, store), 1):
            kind = _TYPE_IDS.get(t.name)
            rows.append([e.id, name, i, 1 if nullable else 0, kind, kind])
    return rows_sql(store, rows, [_INT, _NAME, _INT, _INT, _INT, _INT])


def _sys_types(store: Store, database: str) -> str:
    return rows_sql(store, [[name, i, i] for name, i in _TYPE_IDS.items()], [_NAME, _INT, _INT])


def _sys_schemas(store: Store, database: str) -> str:
    return rows_sql(
        store, [[s, i] for (db, s), i in store.schemas.items() if db == database], [_NAME, _INT]
    )


def _sys_databases(store: Store, database: str) -> str:
    return rows_sql(
        store, [[name, i] for i, name in enumerate(store.databases.values(), 1)], [_NAME, _INT]
    )


def _sys_indexes(store: Store, database: str) -> str:
    rows = []
    for e in store.listed(database):
        if isinstance(e, Table):
            rows += [[e.id, k.name, True] for k in e.keys] + [
                [e.id, name, False] for name in e.indexes
            ]
    return rows_sql(store, rows, [_INT, _NAME, T("bit")])


_OBJECTS = [
    ("name", _NAME),
    ("object_id", _INT),
    ("schema_id", _INT),
    ("type", T("char", 2, label=1)),
    ("type_desc", _NAME),
]


SYSTEM_VIEWS = {
    "information_schema.tables": (
        [
            ("TABLE_CATALOG", _NAME),
            ("TABLE_SCHEMA", _NAME),
            ("TABLE_NAME", _NAME),
            ("TABLE_TYPE", _TEXT),
        ],
        _tables,
    ),
    "information_schema.columns": (
        [
            ("TABLE_CATALOG", _NAME),
            ("TABLE_SCHEMA", _NAME),
            ("TABLE_NAME", _NAME),
            ("COLUMN_NAME", _NAME),
            ("ORDINAL_POSITION", _INT),
            ("IS_NULLABLE", _TEXT),
            ("DATA_TYPE", _NAME),
            ("CHARACTER_MAXIMUM_LENGTH", _INT),
            ("NUMERIC_PRECISION", _INT),
            ("NUMERIC_SCALE", _INT),
        ],
        _columns,
    ),
    "information_schema.schemata": ([("CATALOG_NAME", _NAME), ("SCHEMA_NAME", _NAME)], _schemata),
    "sys.tables": (_OBJECTS, _sys_objects("U")),
    "sys.views": (_OBJECTS, _sys_objects("V")),
    "sys.objects": (_OBJECTS, _sys_objects("UV")),
    "sys.columns": (
        [
            ("object_id", _INT),
            ("name", _NAME),
            ("column_id", _INT),
            ("is_nullable", _INT),
            ("system_type_id", _INT),
            ("user_type_id", _INT),
        ],
        _sys_columns,
    ),
    "sys.types": ([("name", _NAME), ("system_type_id", _INT), ("user_type_id", _INT)], _sys_types),
    "sys.schemas": ([("name", _NAME), ("schema_id", _INT)], _sys_schemas),
    "sys.databases": ([("name", _NAME), ("database_id", _INT)], _sys_databases),
    "sys.indexes": ([("object_id", _INT), ("name", _NAME), ("is_unique", T("bit"))], _sys_indexes),
}


def system_columns(parts: list[str]) -> list[tuple[str, T]]:
    """Return the columns of a system view."""
    return SYSTEM_VIEWS[f"{parts[-2]}.{parts[-1]}".lower()][0]


def system_query(store: Store, parts: list[str]) -> str | None:
    """Return SQL for INFORMATION_SCHEMA and sys views of the current database, if it is one."""
    database, schema, name = store.resolve(parts)
    view = SYSTEM_VIEWS.get(f"{schema}.{name}")
    return view[1](store, database) if view is not None else None
