// The variable explorer: search, filters, list, one variable in full. Nothing leaves the browser.
(function () {
  "use strict";

  const { unpack, exists, termsIn, column, view, sql, pandas, TERMS } = window.LeoCore;
  const PAGE = 40;
  const FILTERS = ["table", "dataset", "type", "term", "request", "sensitivity"];
  const WORDS = {
    request: { default: "standard extract", by_request: "by request", included: "comes with the table" },
    dataset: { npd: "School (NPD)", lilr: "Further education", hesa: "Higher education", ucas: "UCAS", leo: "Work, pay, benefits" },
    term: { PLASC: "PLASC (to 2005)", AUT: "autumn", SPR: "spring", SUM: "summer" },
    status: { seen: "seen in public code", implied: "implied", assumed: "assumed" },
  };
  const $ = (id) => document.getElementById(id);
  const el = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null && child !== ""));
    return node;
  };

  const box = $("leo-explorer");
  if (!box) return;
  const items = unpack(window.LEO_CATALOGUE);
  const byId = new Map(items.map((item) => [item.id, item]));
  let search = null, lists = null, shown = PAGE, found = items, current = null;

  // ---- search ---------------------------------------------------------------------------------
  const spaced = (text) => text.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_[\]]/g, " ");
  const options = {
    idField: "number",
    fields: ["name", "label", "old", "concepts", "title"],
    extractField: (item, field) =>
      field === "name" ? `${item.name} ${spaced(item.name)}` :
      field === "title" ? item.table.title :
      field === "number" ? item.number : item[field] || "",
    searchOptions: {
      boost: { label: 3, name: 2, old: 2, concepts: 2, title: 1 },
      prefix: (term) => term.length > 2,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      combineWith: "AND",
    },
  };

  async function buildIndex() {
    const index = new window.MiniSearch(options);
    await index.addAllAsync(items, { chunkSize: 150 });
    const codes = new window.MiniSearch({ idField: "list", fields: ["words"], searchOptions: { ...options.searchOptions, boost: {} } });
    await codes.addAllAsync(
      Object.entries(window.LEO_CODES).map(([list, rows]) => ({ list, words: rows.map((r) => `${r[0]} ${r[1]}`).join(" ") })),
      { chunkSize: 60 }
    );
    search = index;
    lists = codes;
    $("leo-state").textContent = "";
    if ($("leo-q").value) update();
  }

  /** Variables that match the words, best first; code labels count for the lists they stand in. */
  function matching(words) {
    if (!words) return items;
    if (!search) {
      const plain = words.toLowerCase();
      return items.filter((i) => `${i.name} ${i.label}`.toLowerCase().includes(plain));
    }
    const scores = new Map(search.search(words).map((hit) => [hit.id, hit.score]));
    if (!scores.size) {
      for (const hit of search.search(words, { combineWith: "OR" })) scores.set(hit.id, hit.score / 4);
    }
    const named = new Map(lists.search(words).map((hit) => [hit.id, hit.score]));
    for (const item of items) {
      const extra = item.list ? named.get(item.list) : 0;
      if (extra) scores.set(item.number, (scores.get(item.number) || 0) + extra / 20);
    }
    return [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([number]) => items[number]);
  }

  // ---- filters --------------------------------------------------------------------------------
  const chosen = () => {
    const wanted = Object.fromEntries(FILTERS.map((name) => [name, $(`leo-${name}`).value]));
    wanted.from = Number($("leo-from").value) || 0;
    wanted.to = Number($("leo-to").value) || 9999;
    return wanted;
  };

  function passes(item, want) {
    return (
      (!want.table || item.table.id === want.table) &&
      (!want.dataset || datasetOf(item) === want.dataset) &&
      (!want.type || item.type === want.type) &&
      (!want.request || item.request === want.request) &&
      (!want.sensitivity || item.sensitivity === want.sensitivity) &&
      (!want.term || want.term in item.byTerm) &&
      ((!want.from && want.to === 9999) || !item.years ||
        item.allYears.some((y) => y >= want.from && y <= want.to))
    );
  }
  const datasetOf = (item) => item.table.dataset;

  function update() {
    const want = chosen();
    found = matching($("leo-q").value.trim()).filter((item) => passes(item, want));
    shown = PAGE;
    draw();
    remember();
  }

  // ---- list -----------------------------------------------------------------------------------
  function spanOf(item) {
    return item.years ? item.years.replace(/-/g, "–").replace(/;/g, ", ") : "every year";
  }

  function row(item) {
    const open = el("button", { type: "button", class: "leo-link", "aria-expanded": String(item === current), onclick: () => show(item) }, item.name);
    return el("tr", { "data-id": item.id },
      el("td", {}, window.LeoBasket ? window.LeoBasket.tick(item) : ""),
      el("th", { scope: "row" }, open),
      el("td", {}, item.label),
      el("td", {}, item.table.title),
      el("td", {}, spanOf(item)),
      el("td", {}, WORDS.request[item.request] || item.request));
  }

  function draw() {
    $("leo-rows").replaceChildren(...found.slice(0, shown).map(row));
    const many = found.length.toLocaleString("en-GB");
    $("leo-count").textContent = found.length
      ? `${many} ${found.length === 1 ? "variable" : "variables"}${found.length > shown ? `, the first ${shown} shown` : ""}`
      : "No variable matches. Try fewer words, or clear the filters.";
    $("leo-more").hidden = found.length <= shown;
  }

  // ---- one variable ---------------------------------------------------------------------------
  function grid(item) {
    const first = item.table.first || Math.min(...item.allYears), last = item.table.last || Math.max(...item.allYears);
    const span = Array.from({ length: last - first + 1 }, (_, n) => first + n);
    const broken = new Set(breaksOf(item).map(([, year]) => year));
    const lines = item.terms ? TERMS.filter((t) => t in item.byTerm) : [""];
    const head = el("tr", {}, el("td", {}), ...span.map((y) => el("th", { scope: "col" }, `${String(y % 100).padStart(2, "0")}${broken.has(y) ? " ▲" : ""}`)));
    const body = lines.map((term) =>
      el("tr", {}, el("th", { scope: "row" }, term ? WORDS.term[term] : "year"),
        ...span.map((y) => {
          const here = exists(item, y, term);
          const renamed = here && item.byYear.some(([, , years]) => years.includes(y) !== years.includes(y - 1) && exists(item, y - 1, term));
          return el("td", { class: here ? (renamed ? "leo-yes leo-new" : "leo-yes") : "leo-no" }, here ? (renamed ? "◆" : "●") : "·");
        })));
    return el("div", { class: "leo-scroll", tabindex: "0", role: "group", "aria-label": "Availability by year" },
      el("table", { class: "leo-grid" }, el("caption", {}, "● in the data, ◆ under a new name, · not collected, ▲ a break begins"), el("thead", {}, head), el("tbody", {}, ...body)));
  }

  /** Breaks of the concepts that the variable feeds, oldest first. */
  function breaksOf(item) {
    const own = item.concepts.split(";").filter(Boolean);
    return (window.LEO_CATALOGUE.breaks[item.table.id] || []).filter(([concept]) => own.includes(concept));
  }

  function changes(item) {
    const found = breaksOf(item);
    if (!found.length) return "";
    return el("section", { "aria-label": "What changed" }, el("h3", {}, "What changed"),
      el("ul", {}, ...found.map(([, year, kind, what, advice]) =>
        el("li", {}, el("strong", {}, `${year ? `${year}, ` : ""}${kind}: `), `${what} `, el("em", {}, advice)))));
  }

  function codeTable(item) {
    const rows = (item.list && window.LEO_CODES[item.list]) || [];
    if (!rows.length) return "";
    const from = ([, , a, b]) => (a || b ? `${a || ""}–${b || ""}` : "");
    const table = el("table", { class: "leo-codes" }, el("caption", {}, `Codes (list ${item.list})`),
      el("thead", {}, el("tr", {}, ...["Code", "Meaning", "Years"].map((w) => el("th", { scope: "col" }, w)))),
      el("tbody", {}, ...rows.slice(0, 400).map((r) => el("tr", {}, el("th", { scope: "row" }, el("code", {}, r[0])), el("td", {}, r[1]), el("td", {}, from(r))))));
    return el("details", rows.length <= 25 ? { open: "" } : {}, el("summary", {}, `${rows.length} codes`), table);
  }

  function copy(text, label) {
    const button = el("button", { type: "button", class: "leo-copy" }, label);
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
      const kept = term.value;
      const held = termsIn(item, year.value);
      term.replaceChildren(...held.map((t) => el("option", { value: t }, WORDS.term[t] || "all year")));
      if (held.includes(kept)) term.value = kept; else if (held.includes("SPR")) term.value = "SPR";
      name();
    };
    const name = () => {
      const held = view(item, year.value, term.value);
      if (!held) { out.replaceChildren(el("p", {}, "No view is known for this year.")); return; }
      const query = sql(item, year.value, term.value, "2002237"), frame = pandas(item, year.value, term.value);
      out.replaceChildren(
        el("p", {}, "Column ", el("code", {}, column(item, year.value, term.value)), " of ",
          el("code", {}, `${item.table.database}.[project].${held.name}`), ` (name of the view: ${WORDS.status[held.status]}).`),
        el("pre", { tabindex: "0" }, query), copy(query, "Copy T-SQL"),
        el("pre", { tabindex: "0" }, frame), copy(frame, "Copy pandas"));
    };
    year.addEventListener("change", fill);
    term.addEventListener("change", name);
    fill();
    return el("div", { class: "leo-place" },
      el("p", {}, el("label", { for: "leo-year" }, "Year (end) "), year, " ",
        item.terms ? el("label", { for: "leo-one-term" }, "Term ") : "", item.terms ? term : ""), out);
  }

  function show(item, quietly) {
    current = item;
    const facts = [
      ["Table", el("a", { href: `tables/${item.table.id.replaceAll("_", "-")}.html` }, item.table.title)],
      ["Kind", item.type], ["Years", spanOf(item)], ["Request", WORDS.request[item.request] || ""],
      ["Sensitivity", item.sensitivity], ["Identifiability", item.identifiability],
      ["Earlier names", item.old.replaceAll(";", ", ")], ["Harmonised as", item.concepts.replaceAll(";", ", ")],
      ["Years are", item.status === "ok" ? "" : item.status.replaceAll("_", " ")], ["Note", item.notes],
    ].filter(([, value]) => value);
    const heading = el("h2", { tabindex: "-1", id: "leo-heading" }, item.name);
    $("leo-one").replaceChildren(
      heading, el("p", { class: "leo-label" }, item.label),
      el("dl", {}, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
      el("p", {}, window.LeoBasket ? window.LeoBasket.tick(item, "Put in my basket") : "", " ",
        copy(`${location.href.split("#")[0]}#v=${encodeURIComponent(item.id)}`, "Copy link")),
      item.allYears.length ? grid(item) : "", changes(item), place(item), codeTable(item));
    $("leo-one").hidden = false;
    for (const line of $("leo-rows").children) {
      line.querySelector("button.leo-link").setAttribute("aria-expanded", String(line.dataset.id === item.id));
    }
    if (!quietly) { heading.focus(); remember(); }
  }

  // ---- the address ----------------------------------------------------------------------------
  function remember() {
    const words = new URLSearchParams();
    if ($("leo-q").value.trim()) words.set("q", $("leo-q").value.trim());
    for (const name of [...FILTERS, "from", "to"]) if ($(`leo-${name}`).value) words.set(name, $(`leo-${name}`).value);
    if (current) words.set("v", current.id);
    history.replaceState(null, "", words.size ? `#${words}` : location.pathname + location.search);
  }

  function restore() {
    const words = new URLSearchParams(location.hash.slice(1));
    if (words.get("basket") && window.LeoBasket) window.LeoBasket.take(words.get("basket"));
    $("leo-q").value = words.get("q") || "";
    for (const name of [...FILTERS, "from", "to"]) $(`leo-${name}`).value = words.get(name) || "";
    const item = byId.get(words.get("v"));
    const want = chosen();
    found = matching($("leo-q").value.trim()).filter((i) => passes(i, want));
    draw();
    if (item) show(item, true);
  }

  function fillChoices() {
    const add = (id, pairs) => $(id).append(...pairs.map(([value, text]) => el("option", { value }, text)));
    add("leo-table", window.LEO_CATALOGUE.tables.map((t) => [t.id, t.title]));
    for (const name of ["dataset", "term", "request"]) add(`leo-${name}`, Object.entries(WORDS[name]));
    for (const name of ["type", "sensitivity"]) {
      add(`leo-${name}`, [...new Set(items.map((i) => i[name]))].filter(Boolean).sort().map((v) => [v, v]));
    }
  }

  fillChoices();
  if (window.LeoBasket) window.LeoBasket.start(items, el, () => draw());
  restore();
  box.hidden = false;
  $("leo-form").addEventListener("submit", (event) => event.preventDefault());
  $("leo-q").addEventListener("input", update);
  for (const name of [...FILTERS, "from", "to"]) $(`leo-${name}`).addEventListener("change", update);
  $("leo-clear").addEventListener("click", () => { $("leo-form").reset(); current = null; $("leo-one").hidden = true; update(); $("leo-q").focus(); });
  $("leo-more").addEventListener("click", () => { shown += PAGE; draw(); });
  window.addEventListener("hashchange", restore);
  setTimeout(buildIndex, 30);
})();
