"""Every value is a function of seed, names, person and occurrence: the hashes of parts add up."""

import itertools
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synth_cases import PEOPLE, SEED, VIEWS, default_data, draw, spine

from leo_helpers.synth import engine, generate, luts
from leo_helpers.synth.digest import logical_hash, schema_text, table_hash
from leo_helpers.synth.faults import fault_rates
from leo_helpers.synth.hashing import LANES, counter, derive, lane, mix, name_key, scramble

GOLDEN = Path(__file__).parent / "data" / "golden.json"
FEW = ["leo_earnings", "sc_pupil", "lookup_pmr", "cin_overall", "leo_idbr"]
WRAP = 1 << 64
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


def test_a_person_is_the_same_in_any_block():
    rates = fault_rates("harsh")
    cuts = [0, 7, 8, PEOPLE]  # person 7 alone, among the first 8, among 300
    blocks = [spine(a, b) for a, b in itertools.pairwise(cuts)]
    wrong = []
    for name, view in VIEWS.items():
        if view.year and view.year % 4 != 3:
            continue
        whole = draw(view, spine(), rates)
        parts = [draw(view, block, rates) for block in blocks]
        same = sum(map(table_hash, parts)) % WRAP == table_hash(whole)
        schemas = {schema_text(part.schema) for part in (whole, *parts)}
        if not same or len(schemas) > 1:
            wrong.append(name)
    assert not wrong


def test_another_seed_gives_other_people():
    other = spine(0, PEOPLE, SEED + 1)
    for name in (
        "leo_i2.leo_earnings",
        "npd_i2.spring_census_2011",
        "hesa_i2.hesa_2012",
        "leo_i2.learner_ae_id_to_edukey_lookup",
    ):
        faults = fault_rates("documented")
        assert table_hash(draw(VIEWS[name], spine(), faults)) != table_hash(
            draw(VIEWS[name], other, faults)
        ), name


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return generate(
        tmp_path_factory.mktemp("a") / "d",
        people=60,
        tables=FEW,
        years=[2011],
        workers=1,
        progress=False,
    )


@pytest.mark.parametrize("workers,block", [(1, 23), (2, 31), (1, 1)])
def test_blocks_and_workers_change_nothing(made, tmp_path, monkeypatch, workers, block):
    if block == 1:
        people, block = 7, 3
    else:
        people = 60
    monkeypatch.setattr(engine, "BLOCK", block)
    root = generate(
        tmp_path / "d", people=people, tables=FEW, years=[2011], workers=workers, progress=False
    )
    parts = list((root / "leo_i2" / "leo_earnings").glob("*.parquet"))
    assert len(parts) == -(-people // block)
    if people == 60:
        assert logical_hash(root) == logical_hash(made)
    else:
        assert logical_hash(root) != logical_hash(made)


def test_other_tables_and_years_change_nothing(made, tmp_path):
    root = generate(
        tmp_path / "d",
        people=60,
        tables=["cin_cpp", "ks4_exam", *FEW[:3]],
        years=[2010, 2011],
        progress=False,
    )
    ours, theirs = logical_hash(made), logical_hash(root)
    common = ours.keys() & theirs.keys()
    assert {"npd_i2.cin_2009_to_2021", "npd_i2.spring_census_2011"} <= common
    assert "npd_i2.spring_census_2010" in theirs.keys() - ours.keys()
    assert {v: ours[v] for v in common} == {v: theirs[v] for v in common}


@pytest.mark.slow
def test_default_data_set_is_the_golden_one(tmp_path_factory):
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))["views"]
    views = logical_hash(default_data(tmp_path_factory))
    changed = sorted(v for v in {*views, *golden} if views.get(v) != golden.get(v))
    assert not changed, "views changed; if wanted: python tools/golden.py"


# ---- the hash itself ---------------------------------------------------------------------------
TABLE = pa.table(
    {
        "a": pa.array([1, 2, None], pa.int32()),
        "b": ["x", None, ""],
        "c": pa.array([0.5, None, -1.0]),
    }
)


def test_hash_ignores_order_and_encoding():
    turned = TABLE.take([2, 0, 1])
    coded = TABLE.set_column(1, "b", TABLE["b"].dictionary_encode())
    longer = coded["b"].combine_chunks()
    unused = pa.DictionaryArray.from_arrays(
        pa.array([2, None, 0], pa.int8()), pa.array(["", "never", "x"])
    )
    assert longer.null_count == unused.null_count == 1
    hashes = {table_hash(t) for t in (TABLE, turned, coded, TABLE.set_column(1, "b", unused))}
    assert len(hashes) == 1


@pytest.mark.parametrize(
    "other",
    [
        TABLE.slice(0, 2),
        TABLE.rename_columns(["a", "b", "d"]),
        TABLE.set_column(0, "a", TABLE["a"].cast(pa.int64())),
        TABLE.set_column(0, "a", pa.array([1, 2, 0], pa.int32())),
        TABLE.set_column(1, "b", pa.array(["x", "", None])),
        TABLE.set_column(2, "c", pa.array([0.5, None, -1.0000001])),
        pa.concat_tables([TABLE, TABLE.slice(0, 1)]),
    ],
)
def test_hash_sees_every_difference(other):
    assert table_hash(other) != table_hash(TABLE)


# ---- the arithmetic under it -------------------------------------------------------------------
def test_the_mixer_is_splitmix64():
    expected = [0, 6238072747940578789, 15839785061582574730]
    assert mix(np.array([0, 1, 2], dtype=np.uint64)).tolist() == expected
    assert int(name_key("a", 1)) == int(name_key("a", "1")) != int(name_key("a1"))


def _splitmix(z: int) -> int:
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % WRAP
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % WRAP
    return z ^ (z >> 31)


@given(st.lists(st.integers(0, WRAP - 1), min_size=1, max_size=20))
def test_mixer_and_lanes_agree_with_plain_python(numbers):
    keys = np.array(numbers, dtype=np.uint64)
    assert mix(keys).tolist() == [_splitmix(n) for n in numbers]
    odd = int(name_key("ks1", "reading"))
    assert lane(keys, "ks1", "reading").tolist() == [n * odd % WRAP >> 48 for n in numbers]
    assert keys.tolist() == numbers


@given(st.lists(st.integers(0, 2**40), min_size=2, max_size=30, unique=True), st.integers(0, 99))
def test_keys_do_not_depend_on_their_neighbours(numbers, seed):
    n = np.array(numbers)
    keys = derive(counter("person", seed, n=n), "ks4", n=n % 5)
    alone = [
        int(derive(counter("person", seed, n=n[i : i + 1]), "ks4", n=n[i : i + 1] % 5)[0])
        for i in range(len(n))
    ]
    assert keys.tolist() == alone
    assert len(set(alone)) == len(alone)


@given(st.integers(20, 60), st.integers(0, 2**18), st.integers(1, 500))
def test_identifiers_stay_distinct(bits, start, count):
    out = scramble(np.arange(start, start + count), bits, "pmr")
    assert len(np.unique(out)) == min(count, 2**bits)
    assert int(out.max()) < 2**bits


shares = st.lists(st.floats(0, 1), min_size=1, max_size=200).filter(lambda s: sum(s) > 1e-6)


@given(shares, st.floats(0, 1))
def test_category_tables_keep_their_shares(weights, missing):
    lut = luts.category_lut(weights, missing)
    assert len(lut) == LANES and (np.diff(lut.astype(int)) >= 0).all()
    counts = np.bincount(lut.astype(int) + 1, minlength=len(weights) + 1) / LANES
    wanted = np.array([missing, *(np.array(weights) / sum(weights) * (1 - missing))])
    assert np.abs(counts - wanted).max() <= 1.01 / LANES
    assert not counts[wanted == 0].any() or counts[wanted == 0].max() <= 1.01 / LANES


@given(
    st.lists(st.tuples(st.floats(0.001, 0.999), st.integers(-(10**6), 10**6)), max_size=8),
    st.integers(-(10**6), 10**6),
    st.integers(0, 10**6),
)
def test_quantile_tables_rise_and_hit_their_points(inner, low, width):
    values = sorted([low, *(v for _, v in inner), low + width])
    points = sorted({0.0, 1.0, *(p for p, _ in inner)})
    values = values[: len(points)] if len(values) >= len(points) else values
    points = points[: len(values)]
    points[-1] = 1.0
    lut = luts.quantile_lut(list(zip(points, values, strict=True)))
    if len(points) > 1:
        assert (np.diff(lut) >= 0).all()
        assert values[0] == lut[0] and lut[-1] <= values[-1]


@given(st.integers(1, 8), st.integers(0, 2**32))
def test_blended_ranks_stay_uniform(weight, seed):
    n = np.arange(20_000)
    a, b = (lane(counter(name, seed, n=n), "rank") for name in ("a", "b"))
    out = luts.blend(a, b, weight)
    assert out.min() >= 0 and out.max() < LANES
    shares = np.bincount(out * 10 // LANES, minlength=10) / len(n)
    assert np.abs(shares - 0.1).max() < 0.013  # six standard errors
