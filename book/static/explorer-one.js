// One variable in full: facts, years, what changed, the line that reads it, codes. Needs LEO_MORE.
(function () {
  "use strict";

  const { el } = window.LeoSite;
  const { exists, termsIn, pattern, column, view, sql, pandas, TERMS } = window.LeoCore;
  const WORDS = window.LEO_CATALOGUE.words, JOINT = new RegExp(window.LEO_CATALOGUE.joint, "g");
  /** A number as people read it. The browser's own way to do this takes 20 ms when first called. */
  const counted = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

  /** Years as people read them. */
  const spanOf = (item) => item.years ? item.years.replace(/-/g, "–").replace(/;/g, ", ") : "every year";

  /** The parts of a name, between which a line may end. */
  const partsOf = (name) => name.replace(JOINT, "$&\n").split("\n");

  /** Words in which what stands between backticks is code. */
  const coded = (text) => text.split("`").map((part, n) => (n % 2 ? el("code", {}, part) : part));

  /** Breaks of the concepts that the variable feeds, and those of its whole table, oldest first. */
  function breaksOf(item) {
    const own = item.concepts.split(";").filter(Boolean), every = window.LEO_MORE.breaks[item.table.id] || [];
    return { own: every.filter(([concept]) => own.includes(concept)), whole: every.filter(([concept]) => !concept) };
  }

  function grid(item) {
    const first = item.table.first || Math.min(...item.allYears), last = item.table.last || Math.max(...item.allYears);
    const span = Array.from({ length: last - first + 1 }, (_, n) => first + n);
    const { own, whole } = breaksOf(item), begun = (list, year) => list.some(([, begins]) => begins === year);
    const mark = (year) => (begun(own, year) ? " ▲" : "") + (begun(whole, year) ? " △" : "");
    const lines = item.terms ? TERMS.filter((t) => t in item.byTerm) : [""];
    const head = el("tr", {}, el("td", {}), ...span.map((y) => el("th", { scope: "col" }, `${String(y % 100).padStart(2, "0")}${mark(y)}`)));
    const body = lines.map((term) =>
      el("tr", {}, el("th", { scope: "row" }, term ? WORDS.term[term] : "year"),
        ...span.map((y) => {
          const here = exists(item, y, term);
          const renamed = here && exists(item, y - 1, term) && pattern(item, y, term) !== pattern(item, y - 1, term);
          return el("td", here ? { class: "leo-yes" } : {}, here ? (renamed ? "◆" : "●") : "·");
        })));
    return el("div", { class: "leo-scroll", tabindex: "0", role: "group", "aria-label": "Availability by year" },
      el("table", { class: "leo-grid" }, el("caption", {}, "● in the data, ◆ under a new name, · not collected, ▲ a break begins, △ one of the whole table"), el("thead", {}, head), el("tbody", {}, ...body)));
  }

  function changes(item) {
    const { own, whole } = breaksOf(item);
    return [["What changed", own], ["What changed in the whole table", whole]].filter(([, found]) => found.length).map(([title, found]) =>
      el("section", { "aria-label": title }, el("h3", {}, title),
        el("ul", {}, ...found.map(([, year, kind, what, advice]) =>
          el("li", {}, el("strong", {}, `${year ? `${year}, ` : ""}${kind}: `), ...coded(`${what} `), el("em", {}, ...coded(advice)))))));
  }

  function codeTable(item) {
    const rows = window.LEO_MORE.codes[item.list] || [];
    if (!rows.length) return "";
    const from = ([, , a, b]) => (a || b ? `${a || ""}–${b || ""}` : "");
    const table = el("table", { class: "leo-codes" }, el("caption", {}, `Codes (list ${item.list})`),
      el("thead", {}, el("tr", {}, ...["Code", "Meaning", "Years"].map((w) => el("th", { scope: "col" }, w)))),
      el("tbody", {}, ...rows.slice(0, 400).map((r) => el("tr", {}, el("th", { scope: "row" }, el("code", {}, r[0])), el("td", {}, r[1]), el("td", {}, from(r))))));
    const most = rows.length > 400 ? ", the first 400 shown" : "";
    return el("details", rows.length <= 25 ? { open: "" } : {}, el("summary", {}, `${rows.length} codes${most}`), table);
  }

  function copy(text, label) {
    const button = el("button", { type: "button" }, label);
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(text); } catch {
        const area = el("textarea", {}); area.value = text; document.body.append(area); area.select();
        document.execCommand("copy"); area.remove();
      }
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = label; }, 1500);
    });
    return button;
  }

  function place(item) {
    const years = item.allYears.length ? item.allYears : item.table.first ? [item.table.last] : [""];
    const year = el("select", { id: "leo-year" }, ...years.map((y) => el("option", { value: y }, String(y))));
    year.value = String(years.includes(2011) ? 2011 : years[years.length - 1]);
    const term = el("select", { id: "leo-one-term" });
    const out = el("div", { "aria-live": "polite" });
    const fill = () => {
      const before = term.value, held = termsIn(item, year.value);
      term.replaceChildren(...held.map((t) => el("option", { value: t }, WORDS.term[t] || "all year")));
      if (held.includes(before)) term.value = before; else if (held.includes("SPR")) term.value = "SPR";
      name();
    };
    const name = () => {
      const held = view(item, year.value, term.value);
      if (!held) { out.replaceChildren(el("p", {}, "No view is known for this year.")); return; }
      const query = sql(item, year.value, term.value, "2002237"), frame = pandas(item, year.value, term.value);
      out.replaceChildren(
        el("p", {}, "Column ", el("code", {}, column(item, year.value, term.value)), " of ",
          el("code", {}, `${item.table.database}.[project].${held.name}`), ` (name of the view: ${WORDS.status[held.status]}).`),
        el("pre", { tabindex: "0" }, query), el("p", {}, copy(query, "Copy T-SQL")),
        el("pre", { tabindex: "0" }, frame), el("p", {}, copy(frame, "Copy pandas")));
    };
    year.addEventListener("change", fill);
    term.addEventListener("change", name);
    fill();
    return el("section", { "aria-label": "How to read it" }, el("h3", {}, "How to read it"),
      el("p", { class: "leo-choices" }, el("label", {}, "Year (end) ", year), item.terms ? el("label", {}, "Term ", term) : ""), out);
  }

  /** What stands in the section of a variable, from its heading to its codes. */
  function draw(item) {
    const facts = [
      ["Table", el("a", { href: `tables/${item.table.id.replaceAll("_", "-")}.html` }, item.table.title)],
      ["Topic", item.topic], ["Kind", item.type], ["Years", spanOf(item)], ["Request", WORDS.request[item.request] || ""],
      ["Sensitivity", item.sensitivity], ["Identifiability", item.identifiability],
      ["Earlier names", item.old.replaceAll(";", ", ")], ["Harmonised as", item.concepts.replaceAll(";", ", ")],
      ["Years are", item.status === "ok" ? "" : item.status.replaceAll("_", " ")], ["Note", item.notes],
    ].filter(([, value]) => value);
    return [
      el("h2", { tabindex: "-1", id: "leo-heading" }, ...partsOf(item.name).flatMap((part) => [el("wbr"), part]).slice(1)), el("p", {}, item.label),
      el("dl", {}, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
      el("p", { class: "leo-choices" }, window.LeoBasket.tick(item, "Put in my basket"),
        copy(`${location.href.split("#")[0]}#v=${encodeURIComponent(item.id)}`, "Copy link")),
      item.allYears.length ? grid(item) : "", ...changes(item), place(item), codeTable(item),
    ];
  }

  window.LeoOne = { draw, spanOf, partsOf, counted, WORDS };
})();
