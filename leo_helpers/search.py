"""Find variables and tables by words: ranked, and forgiving about spelling."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, lru_cache
from math import log
from typing import TYPE_CHECKING, Any

from .browse import frame
from .catalogue import load_catalogue
from .catalogue_parse import name_entries
from .errors import LeoError, UnknownName

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["search", "search_rows"]

#: How much a match counts by where it was found.
_WEIGHTS = {"name": 3.0, "column": 3.0, "old name": 2.5, "label": 3.0, "code": 1.6, "table": 1.2}
_STOP = frozenset(
    ("a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the")
)
#: Words and abbreviations that stand for one another.
_SAME = (
    ("fsm", "free school meals"),
    ("sen", "special educational needs"),
    ("eal", "english additional language"),
    ("ethnicity", "ethnic group"),
    ("gender", "sex"),
    ("postcode", "lsoa"),
    ("deprivation", "idaci"),
    ("suspension", "exclusion"),
    ("attendance", "absence"),
    ("foster", "looked after"),
    ("salary", "earnings"),
    ("wage", "earnings"),
    ("pay", "earnings"),
    ("university", "higher education"),
    ("job", "employment"),
    ("hmrc", "paye"),
    ("id", "identifier"),
    ("dob", "date of birth"),
    ("key stage", "ks"),
    ("school year", "academic year"),
    ("good gcse", "gcse pass"),
    ("reason", "why"),
    ("leaving", "left"),
    ("drop out", "left"),
    ("dropout", "left"),
    ("excluded", "exclusion"),
    ("expelled", "permanent exclusion"),
    ("truancy", "unauthorised absence"),
    ("race", "ethnic group"),
    ("unemployed", "jobseeker"),
    ("employer", "enterprise"),
    ("first generation", "parent higher education"),
    ("ucas points", "ucas tariff"),
)
_NUMBERS = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "eight": "8"}
#: "A level", "AS level" and "T Level" are one word each; "a level 2 pass" is not.
_A_LEVEL = re.compile(r"\b(a|as|t)[ -]levels?\b(?! ?\d)", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_PLACEHOLDER = re.compile(r"_?[\[{](term|yy|n)[\]}]", re.IGNORECASE)
_SUFFIX = re.compile(r"_(aut|spr|sum)?\d\d(?=_anon$|$)")
_COLUMNS = ("table_id", "name", "label", "years", "why", "score")


#: Where a word stands: the number of the item, the field, and its text.
_Place = tuple[int, str, str]


class _Index:
    """Every word of the catalogue and where it stands."""

    def __init__(self) -> None:
        catalogue = load_catalogue()
        self.items: list[tuple[str, str, str, tuple[int, ...]]] = []
        self.lengths: list[int] = []
        self.places: dict[str, list[_Place]] = defaultdict(list)
        self.names: dict[str, list[int]] = defaultdict(list)
        self.titles: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self.phrases: dict[tuple[str, ...], list[tuple[str, list[int]]]] = defaultdict(list)
        self.groups: dict[str, list[tuple[str, str, list[int]]]] = defaultdict(list)
        self.values: dict[str, list[tuple[str, str, list[int]]]] = defaultdict(list)
        self.seen: set[int] = set()
        users: dict[str, list[int]] = defaultdict(list)
        for table in catalogue.tables.values():
            self._add_table(table)
            members: list[int] = []
            for word in set(_words(f"{table.title} {' '.join(table.aliases)}")):
                self.groups[word].append(("table", table.title, members))
            for variable in catalogue.variables(table):
                item = len(self.items)
                self.items.append((table.table_id, variable.name, variable.label, variable.years))
                self.lengths.append(len(_words(variable.label)))
                self._add(item, "name", variable.name, whole=True)
                if variable.column_pattern != variable.name.casefold():
                    self._add(item, "column", variable.base, whole=True)
                for pattern, _, _ in name_entries(variable.columns_by_year):
                    self._add(item, "column", pattern, whole=True)
                for old in variable.old_names:
                    self._add(item, "old name", old, whole=True)
                self._add(item, "label", variable.label)
                members.append(item)
                if variable.view_status == "seen":
                    self.seen.add(item)
                if variable.codelist:
                    users[variable.codelist].append(item)
        for codelist, items in users.items():
            for code in catalogue.codes(codelist):
                text = f"{code.code} = {code.label}"
                for word in set(_words(code.label)):
                    self.groups[word].append(("code", text, items))
                self.phrases[_words(re.split("[:(]", code.label)[0])].append((text, items))
                if re.fullmatch(r"[A-Za-z]{3,}", code.code):
                    self.values[code.code.casefold()].append(("code", text, items))
        self.vocabulary = list(dict.fromkeys([*self.places, *self.groups]))

    def _add_table(self, table: Any) -> None:
        item = len(self.items)
        years = (table.first_year, table.last_year) if table.first_year else ()
        self.items.append((table.table_id, "", table.title, years))
        self.lengths.append(len(_words(table.title)))
        self._add(item, "name", table.table_id, whole=True)
        self._add(item, "label", table.title)
        for alias in table.aliases:
            self._add(item, "old name", alias)
        for name in {table.title.casefold(), *table.aliases}:
            self.titles[_words(name)].append(item)

    def _add(self, item: int, field: str, text: str, whole: bool = False) -> None:
        plain = _PLACEHOLDER.sub("", text) if "[" in text or "{" in text else text
        words = set(_words(plain))
        place = (item, field, text)
        if whole and plain:
            words.add(plain.casefold())
            self.names[plain.casefold()].append(item)
        for word in words:
            self.places[word].append(place)

    def at(self, word: str) -> Iterator[_Place]:
        """Yield every place of a word, those of codes and table titles for each variable."""
        yield from self.places.get(word, ())
        for field, text, items in (*self.groups.get(word, ()), *self.values.get(word, ())):
            for item in items:
                yield item, field, text

    def near(self, word: str) -> dict[str, float]:
        """Return the words of the catalogue that a word may stand for, with a closeness."""
        from rapidfuzz import fuzz, process

        known = (self.places, self.groups, self.values)
        found = {word: 1.0} if any(word in held for held in known) else {}
        found.update(dict.fromkeys(_same_words().get(word, ()), 0.9))
        if len(word) >= 3:
            for other in self.vocabulary:
                if other.startswith(word) and other != word:
                    found[other] = 0.6 + 0.35 * len(word) / len(other)
        if len(word) >= 4 and word not in found:
            close = process.extract(
                word, self.vocabulary, scorer=fuzz.ratio, limit=8, score_cutoff=74
            )
            for other, score, _ in close:
                found.setdefault(other, (score / 100) ** 2)
                for same in _same_words().get(other, ()):
                    found.setdefault(same, 0.9 * (score / 100) ** 2)
        return found


def search(text: str, limit: int = 20) -> pd.DataFrame:
    """Find variables and tables by words.

    Looks in names, columns, former names, labels, the labels of codes and the titles of
    tables. Misspelt words are matched to the nearest ones.

    Parameters
    ----------
    text : str
        Words, an abbreviation, or a name: ``"free school meals"``, ``"KS4_LEVEL2_EM"``.
    limit : int, default 20
        How many hits to return at most.

    Returns
    -------
    pandas.DataFrame
        Best hit first; ``why`` says what matched. A hit without a name is a table.

    Raises
    ------
    LeoError
        If there is no word to look for, or the limit is below 1.

    Examples
    --------
    >>> search("freee scool meals").loc[0, "table_id"]  # codespell:ignore freee
    'sc_pupil'
    """
    return frame(search_rows(text, limit), columns=_COLUMNS)


def search_rows(text: str, limit: int = 20) -> list[dict[str, Any]]:
    """Return the rows of `search` as plain dictionaries.

    Parameters
    ----------
    text : str
        As for `search`.
    limit : int, default 20
        As for `search`.

    Returns
    -------
    list of dict
        One per hit, best first.

    Examples
    --------
    >>> search_rows("KS4_LEVEL2_EM", limit=1)[0]["name"]
    'KS4_LEVEL2_EM'
    """
    from .years import format_ranges

    if limit < 1:
        raise LeoError(f"A limit of {limit} leaves nothing to show.", "Use 1 or more.")
    if not re.search(r"\w", text):
        raise LeoError("There is no word to search for.", 'Try leo.search("free school meals").')
    index = _index()
    rows = []
    for item, score, why in _rank(" ".join(text.split()))[:limit]:
        table_id, name, label, years = index.items[item]
        held = format_ranges(years) if name else "-".join(map(str, years))
        rows.append(dict(zip(_COLUMNS, (table_id, name, label, held, why, score), strict=True)))
    return rows


def written_out(name: str) -> str:
    """Return how to name a variable, with the nearest ones to a name that has no table.

    Parameters
    ----------
    name : str
        What somebody took for the name of a variable.

    Returns
    -------
    str
        The second half of a sentence.

    Examples
    --------
    >>> written_out("school census")
    'sc_pupil.variable'
    >>> written_out("ks4_gender")
    'table.variable, such as ks4_pupil.KS4_GENDER'
    """
    catalogue = load_catalogue()
    with suppress(UnknownName):
        return f"{catalogue.resolve_table(name).table_id}.variable"
    rows = search_rows(name, 20) if re.search(r"\w", name) else []
    named = [row for row in rows if row["name"]]
    exact = [row for row in named if row["why"].startswith("name: ") and row["score"] > 100]
    shown = [f"{row['table_id']}.{row['name']}" for row in (exact or named)[:3]]
    return "table.variable" + (", such as " if shown else "") + ", ".join(shown)


@cache
def _index() -> _Index:
    return _Index()


@lru_cache(maxsize=256)
def _rank(text: str) -> list[tuple[int, float, str]]:
    best: dict[int, tuple[float, str]] = {}
    for variant, worth in _variants(text):
        for item, (score, why) in _score(variant).items():
            if score * worth > best.get(item, (0.0, ""))[0]:
                best[item] = (score * worth, why)
    for item, bonus, why in _meant(text):
        best[item] = (best.get(item, (0.0, ""))[0] + bonus, why)
    ranked = sorted(best.items(), key=lambda hit: (-round(hit[1][0], 3), hit[0]))
    return [(item, round(score, 2), why) for item, (score, why) in ranked]


def _meant(text: str) -> Iterator[tuple[int, float, str]]:
    """Yield what bears the whole text as its name, with how much that is worth."""
    index = _index()
    others = [other for other, _ in _variants(text) if other.casefold() != text.casefold()]
    for variant, bonus in ((text, 100.0), *((other, 6.0) for other in others)):
        key = _SUFFIX.sub("", _PLACEHOLDER.sub("", variant.casefold())).rstrip("_")
        for item in index.names.get(key, ()):
            yield item, bonus, f"name: {variant}"
    phrase = _words(text)
    for item in index.titles.get(phrase, ()):
        yield item, 50.0, f"table: {text}"
    if len(phrase) > 1:  # One word is more often the subject of a label than a code.
        codes = {item: code for code, items in index.phrases.get(phrase, ()) for item in items}
        for item, code in codes.items():
            yield item, 3.5, f"code: {code}"


def _score(text: str) -> dict[int, tuple[float, str]]:
    """Score every item that holds at least half of the words."""
    index = _index()
    words = [w for w in _words(text) if w not in _STOP] or [*_words(text)] or [text.casefold()]
    words = list(dict.fromkeys(words))
    totals: dict[int, float] = defaultdict(float)
    hits: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    counts: dict[int, int] = defaultdict(int)
    labelled: dict[int, int] = defaultdict(int)
    for word in words:
        found: dict[int, tuple[float, str]] = {}
        in_label = set()
        for other, closeness in index.near(word).items():
            for item, field, text in index.at(other):
                worth = _WEIGHTS[field] * closeness
                if field == "label":
                    in_label.add(item)
                if worth > found.get(item, (0.0, ""))[0]:
                    found[item] = (worth, f"{field}: {text}")
        rarity = log(2 + len(index.items) / (1 + len(found)))
        for item in in_label:
            labelled[item] += 1
        for item, (worth, why) in found.items():
            totals[item] += worth * rarity
            counts[item] += 1
            hits[item][why].append(word)
    scores = {}
    for item, total in totals.items():
        share = counts[item] / len(words)
        if share < 0.5:
            continue
        # A short label that is mostly what was asked for beats a long one that mentions it,
        # and a column that was met in public code beats one known from the form alone.
        focus = labelled[item] / max(index.lengths[item], len(words), 1)
        why = max(hits[item], key=lambda place: len(hits[item][place]))
        known = 1.15 if item in index.seen else 1.0
        # All words in the label of one code: the phrase was meant.
        if why.startswith("code: ") and len(hits[item][why]) == len(words):
            focus = max(focus, len(words) / len(_words(why.partition(" = ")[2])))
        scores[item] = (total / len(words) * share**2 * (1 + 0.5 * focus) * known, why)
    return scores


def _variants(text: str) -> list[tuple[str, float]]:
    """Return the text and what it becomes when a word gives way to another for the same."""
    plain = f" {' '.join(map(_singular, text.casefold().split()))} "
    variants = [(text, 1.0)]
    if text.casefold() != text:
        variants.append((text.casefold(), 1.0))
    for pair in _SAME:
        for one, other in (pair, pair[::-1]):
            old = f" {' '.join(map(_singular, one.split()))} "
            if old in plain:
                variants.append((plain.replace(old, f" {other} ").strip(), 0.9))
    return variants


@lru_cache(maxsize=30_000)
def _words(text: str) -> tuple[str, ...]:
    """Split a text or a name in mixed case into words without their plural endings."""
    text = _A_LEVEL.sub(lambda found: f"{found[1]}level".casefold(), text)
    words = (_singular(found.casefold()) for found in _WORDS.findall(text))
    return tuple(_NUMBERS.get(word, word) for word in words)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word


@cache
def _same_words() -> dict[str, list[str]]:
    """Return the single words that stand for one another."""
    same: dict[str, list[str]] = defaultdict(list)
    for one, other in _SAME:
        if " " not in one + other:
            same[one].append(other)
            same[other].append(one)
    return same
