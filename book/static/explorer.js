// The variable explorer: search, filters, list. Nothing leaves the browser.
(function () {
  "use strict";

  const box = document.getElementById("leo-explorer");
  if (!box) return;
  const own = document.currentScript.src;
  const { draw: drawOne, el, spanOf, broken, counted, WORDS } = window.LeoOne;
  const PAGE = 20, SLICE = 8; // rows at a time; milliseconds at a time
  const FILTERS = ["topic", "table", "dataset", "type", "term", "request", "sensitivity"];
  const SOURCES = { npd: "School (NPD)", lilr: "Further education", hesa: "Higher education", ucas: "UCAS", leo: "Work, pay, benefits" };
  const $ = (id) => document.getElementById(id);

  const items = window.LeoCore.unpack(window.LEO_CATALOGUE);
  let search = null, lists = null, shown = PAGE, found = items, current = null, noting = 0;

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
      combineWith: "AND",
    },
  };
  const typo = { fuzzy: (term) => (term.length > 4 ? 0.2 : false) };

  /** Load a script of the book; a page from a folder may not fetch, but it may do this. */
  const load = (name) => new Promise((resolve, reject) => {
    const script = el("script", { src: new URL(name, own).href });
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  const breath = () => new Promise((resolve) => { setTimeout(resolve, 0); });

  /** Add documents to an index a few at a time, so that typing never waits for it. */
  async function fill(index, documents) {
    let start = performance.now();
    for (const document of documents) {
      index.add(document);
      if (performance.now() - start > SLICE) {
        await breath();
        start = performance.now();
      }
    }
    return index;
  }

  /** Once the page is seen: code lists and breaks, then the search over names and code labels. */
  async function prepare() {
    await Promise.all([load("explorer/codes.js"), load("vendor/minisearch-7.2.0.js")]);
    if (current) redrawOne();
    const index = await fill(new window.MiniSearch(options), items);
    const words = Object.entries(window.LEO_MORE.codes).map(
      ([list, rows]) => ({ list, words: rows.map((r) => `${r[0]} ${r[1]}`).join(" ") }));
    const own = { idField: "list", fields: ["words"], searchOptions: { ...options.searchOptions, boost: {} } };
    lists = await fill(new window.MiniSearch(own), words);
    search = index;
    $("leo-state").textContent = "";
    if ($("leo-q").value) update();
  }

  /** What an index finds: every word as it is written, or else misspelt, or else any of them. */
  function hits(index, words) {
    const exact = index.search(words);
    return exact.length ? exact : index.search(words, typo);
  }

  /** Variables that match the words, best first; code labels count for the lists they stand in. */
  function matching(words) {
    if (!words) return items;
    if (!search) {
      const plain = words.toLowerCase();
      return items.filter((i) => `${i.name} ${i.label}`.toLowerCase().includes(plain));
    }
    const scores = new Map(hits(search, words).map((hit) => [hit.id, hit.score]));
    if (!scores.size) {
      for (const hit of search.search(words, { ...typo, combineWith: "OR" })) scores.set(hit.id, hit.score / 4);
    }
    const named = new Map(hits(lists, words).map((hit) => [hit.id, hit.score]));
    if (named.size) {
      for (const item of items) {
        const extra = item.list ? named.get(item.list) : 0;
        if (extra) scores.set(item.number, (scores.get(item.number) || 0) + extra / 20);
      }
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
      (!want.topic || item.topic === want.topic) &&
      (!want.table || item.table.id === want.table) &&
      (!want.dataset || item.table.dataset === want.dataset) &&
      (!want.type || item.type === want.type) &&
      (!want.request || item.request === want.request) &&
      (!want.sensitivity || item.sensitivity === want.sensitivity) &&
      (!want.term || want.term in item.byTerm) &&
      ((!want.from && want.to === 9999) || !item.years ||
        item.allYears.some((y) => y >= want.from && y <= want.to))
    );
  }

  function find() {
    const want = chosen();
    found = matching($("leo-q").value.trim()).filter((item) => passes(item, want));
    shown = PAGE;
    draw();
  }

  function update() {
    find();
    remember();
  }

  // ---- list -----------------------------------------------------------------------------------
  function row(item) {
    const open = el("button", { type: "button", class: "leo-link", "aria-expanded": String(item === current), onclick: () => show(item) }, ...broken(item.name));
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
    const many = counted(found.length);
    $("leo-count").textContent = found.length
      ? `${many} ${found.length === 1 ? "variable" : "variables"}${found.length > shown ? `, the first ${shown} shown` : ""}`
      : "No variable matches. Try fewer words, or clear the filters.";
    $("leo-more").hidden = found.length <= shown;
  }

  // ---- one variable ---------------------------------------------------------------------------
  function redrawOne() {
    $("leo-one").replaceChildren(...drawOne(current));
    $("leo-one").hidden = false;
  }

  function show(item) {
    current = item;
    redrawOne();
    for (const line of $("leo-rows").children) {
      line.querySelector("button.leo-link").setAttribute("aria-expanded", String(line.dataset.id === item.id));
    }
    $("leo-heading").focus();
    remember();
  }

  // ---- the address ----------------------------------------------------------------------------
  /** Note in the address what is shown, once typing rests: browsers refuse a hundred a minute. */
  function remember() {
    clearTimeout(noting);
    noting = setTimeout(() => {
      const words = new URLSearchParams();
      if ($("leo-q").value.trim()) words.set("q", $("leo-q").value.trim());
      for (const name of [...FILTERS, "from", "to"]) if ($(`leo-${name}`).value) words.set(name, $(`leo-${name}`).value);
      if (current) words.set("v", current.id);
      history.replaceState(null, "", words.size ? `#${words}` : location.pathname + location.search);
    }, 200);
  }

  function restore() {
    const words = new URLSearchParams(location.hash.slice(1));
    if (words.get("basket") && window.LeoBasket) window.LeoBasket.take(words.get("basket"));
    $("leo-q").value = words.get("q") || "";
    for (const name of [...FILTERS, "from", "to"]) $(`leo-${name}`).value = words.get(name) || "";
    current = items.find((item) => item.id === words.get("v")) || null;
    find();
    if (current) {
      redrawOne();
      $("leo-one").scrollIntoView();
    }
  }

  function fillChoices() {
    const add = (id, pairs) => $(id).append(...pairs.map(([value, text]) => el("option", { value }, text)));
    add("leo-topic", window.LEO_CATALOGUE.topics.map((title) => [title, title]));
    add("leo-table", window.LEO_CATALOGUE.tables.map((t) => [t.id, t.title]));
    for (const [name, words] of [["dataset", SOURCES], ["term", WORDS.term], ["request", WORDS.request]]) add(`leo-${name}`, Object.entries(words));
    for (const name of ["type", "sensitivity"]) {
      add(`leo-${name}`, [...window.LEO_CATALOGUE.columns[name].of].filter(Boolean).sort().map((v) => [v, v]));
    }
  }

  fillChoices();
  if (window.LeoBasket) window.LeoBasket.start(items, el, load);
  box.hidden = false;
  restore();
  // On a telephone the list comes before the filters, unless a link has set one.
  $("leo-filters").open = matchMedia("(min-width: 40rem)").matches || FILTERS.some((name) => $(`leo-${name}`).value);
  $("leo-form").addEventListener("submit", (event) => event.preventDefault());
  $("leo-q").addEventListener("input", update);
  for (const name of [...FILTERS, "from", "to"]) $(`leo-${name}`).addEventListener("change", update);
  $("leo-clear").addEventListener("click", () => { $("leo-form").reset(); current = null; $("leo-one").hidden = true; update(); $("leo-q").focus(); });
  $("leo-more").addEventListener("click", () => { shown += PAGE; draw(); });
  window.addEventListener("hashchange", restore);
  requestAnimationFrame(() => setTimeout(prepare, 0));
})();
