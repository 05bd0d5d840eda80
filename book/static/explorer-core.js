// What the variable explorer knows about a variable: years, terms, columns and views.
// Plain functions over LEO_CATALOGUE; no page is touched here, so the tests can call them.
(function () {
  "use strict";

  const PREFIX = { PLASC: "", AUT: "aut", SPR: "spr", SUM: "sum" };
  const TERMS = ["PLASC", "AUT", "SPR", "SUM"];

  /** Years of "2002-2005;2007" as a list of numbers. */
  function years(text) {
    return (text || "").split(";").filter(Boolean).flatMap((part) => {
      const [first, last] = part.split("-").map(Number);
      return Array.from({ length: (last || first) - first + 1 }, (_, n) => first + n);
    });
  }

  /** Terms of "SPR 2006-2021; AUT 2007" as {SPR: [..], AUT: [..]}. */
  function terms(text) {
    const found = {};
    for (const part of (text || "").split("|").filter(Boolean)) {
      const [term, span] = part.split(":");
      found[term.trim()] = years(span);
    }
    return found;
  }

  /** A function that keeps what it found: the same few texts stand beside thousands of variables. */
  function kept(work) {
    const found = new Map();
    return (text) => {
      if (!found.has(text)) found.set(text, work(text));
      return found.get(text);
    };
  }

  /**
   * All variables as objects, in the catalogue's order, each with an id such as sc_pupil.Gender.
   * They look up what they are asked for: thousands of them cost next to nothing to make.
   */
  function unpack({ fields, tables, columns }) {
    const yearsOf = kept(years), termsOf = kept(terms);
    const shared = {
      get id() { return `${this.table.id}.${this.name}`; },
      get allYears() { return yearsOf(this.years); },
      get byTerm() { return termsOf(this.terms); },
    };
    for (const field of fields) {
      const held = columns[field], few = held.is ? held.of : field === "table" ? tables : null;
      const numbers = held.is || held;
      Object.defineProperty(shared, field, { get() { return few ? few[numbers[this.number]] : held[this.number]; } });
    }
    return columns.name.map((_, number) => Object.assign(Object.create(shared), { number }));
  }

  /** Whether a variable exists in a year, and in a term if one is given. */
  function exists(item, year, term) {
    const held = term && item.terms ? item.byTerm[term] || [] : item.allYears;
    return !item.years || held.includes(Number(year));
  }

  /** The terms in which a variable exists in a year; one blank entry where there are no terms. */
  function termsIn(item, year) {
    if (!item.terms) return exists(item, year) ? [""] : [];
    return TERMS.filter((term) => (item.byTerm[term] || []).includes(Number(year)));
  }

  /** The name of the column in a year and term, with marks where year and term stand. */
  function pattern(item, year, term) {
    const other = item.byYear.find(
      ([, only, span]) => span.includes(Number(year)) && (!only.length || only.includes(term))
    );
    return other ? other[0] : item.pattern;
  }

  /** The name of the column in the view of a year and term. */
  function column(item, year, term) {
    const yy = String(Number(year) % 100).padStart(2, "0");
    return pattern(item, year, term).replace("{term}", PREFIX[term] ?? "").replace("{yy}", yy).replace("{n}", "1");
  }

  /** The view that holds a year and term, as {name, status}. */
  function view(item, year, term) {
    const found = item.table.views.find(
      ([, own, of, span]) =>
        (own === null ? !span.length || span.includes(Number(year)) : own === Number(year)) &&
        (!term || !of || of === term)
    );
    return found ? { name: found[0], pooled: found[1] === null, status: found[4] } : null;
  }

  /** A statement that reads the variable in the secure service. */
  function sql(item, year, term, project) {
    const held = view(item, year, term);
    if (!held) return "";
    const name = column(item, year, term);
    const own = /^[a-z_][a-z0-9_]*$/i.test(name) ? name : `[${name}]`;
    const years = item.table.yearColumn;
    const note = held.pooled && years && years !== name ? `, ${years}` : "";
    return (
      `SELECT ${own}${note}, COUNT(*) AS n\n` +
      `FROM ${item.table.database}.[${project}].${held.name}\n` +
      `GROUP BY ${own}${note}\nORDER BY ${own}${note};`
    );
  }

  /** The same for the synthetic copy in Python. */
  function pandas(item, year, term) {
    const name = column(item, year, term);
    const when = item.years && item.table.byYear ? `, years=${year}` : "";
    const which = term ? `, terms="${{ PLASC: "plasc", AUT: "autumn", SPR: "spring", SUM: "summer" }[term]}"` : "";
    return (
      "import leo_helpers as leo\n\n" +
      `df = leo.load("${item.table.id}"${when}${which}, columns=["${name}"])\n` +
      `df["${name}"].value_counts(dropna=False)`
    );
  }

  window.LeoCore = { TERMS, unpack, exists, termsIn, pattern, column, view, sql, pandas };
})();
