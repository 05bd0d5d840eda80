// The variable explorer: search, filters, list. Nothing leaves the browser. The page comes with its
// menus, with the template of a row and with the first rows of the whole list (tools/explorer_page.py).
(function () {
  "use strict";

  const box = document.getElementById("leo-explorer");
  if (!box) return;
  const { load } = window.LeoSite;
  const { draw: drawOne, spanOf, partsOf, counted, WORDS } = window.LeoOne;
  const $ = (id) => document.getElementById(id);
  const PAGE = $("leo-rows").children.length, SLICE = 8; // rows at a time; milliseconds at a time
  const SAME = { // filters that want one value of a variable
    topic: (item) => item.topic, table: (item) => item.table.id, dataset: (item) => item.table.dataset,
    type: (item) => item.type, request: (item) => item.request, sensitivity: (item) => item.sensitivity,
  };
  const NARROW = [...Object.keys(SAME), "term", "from", "to"], FIELDS = ["q", ...NARROW];

  const items = window.LeoCore.unpack(window.LEO_CATALOGUE);
  let search = null, lists = null, shown = PAGE, found = items, current = null, noting = 0, loading = null;

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

  /** What only search and a single variable need: code lists and breaks. */
  const more = () => (loading ||= load("explorer/codes.js"));
  /** Let the browser do what waits. It would stretch a chain of timers to four milliseconds each. */
  const breath = () => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); resolve(); };
    port2.postMessage(null);
  });

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

  /** Once the page is seen: the search over names and code labels. */
  async function prepare() {
    await Promise.all([more(), load("vendor/minisearch-7.2.0.js")]);
    const index = await fill(new window.MiniSearch(options), items);
    const words = Object.entries(window.LEO_MORE.codes).map(
      ([list, rows]) => ({ list, words: rows.map((r) => `${r[0]} ${r[1]}`).join(" ") }));
    const own = { idField: "list", fields: ["words"], searchOptions: { ...options.searchOptions, boost: {} } };
    lists = await fill(new window.MiniSearch(own), words);
    // Browsers compile what is first used, so it is used before a reader waits for it.
    for (const each of [index, lists]) hits(each, "school meals");
    items.slice(0, PAGE).forEach(row);
    items.forEach(SAME.table);
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
  /** What a variable has to fit: a test for each choice. Years are those of the term, if one is chosen. */
  function tests() {
    const value = (name) => $(`leo-${name}`).value;
    const found = Object.keys(SAME).filter(value).map((name) => {
      const same = SAME[name], wanted = value(name);
      return (item) => same(item) === wanted;
    });
    const term = value("term"), from = Number(value("from")) || 0, to = Number(value("to")) || 9999;
    const held = (item) => (term ? item.byTerm[term] : item.allYears);
    if (term) found.push(held);
    if (from || to < 9999) found.push((item) => !item.years || held(item).some((y) => y >= from && y <= to));
    return found;
  }

  function find() {
    const wanted = tests();
    found = matching($("leo-q").value.trim()).filter((item) => wanted.every((fits) => fits(item)));
    shown = PAGE;
    draw();
  }

  function update() {
    find();
    remember();
  }

  // ---- list -----------------------------------------------------------------------------------
  const TEMPLATE = $("leo-row").innerHTML, SIGNS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  const escaped = (text) => text.replace(/[&<>"]/g, (sign) => SIGNS[sign]);
  function row(item) {
    const values = {
      id: item.id, name: item.name, label: item.label, title: item.table.title,
      years: spanOf(item), request: WORDS.request[item.request] || item.request,
    };
    return TEMPLATE.replace(/\$(\w+)/g, (_, place) =>
      place === "parts" ? partsOf(item.name).map(escaped).join("<wbr>") : escaped(values[place]));
  }

  function markOpen() {
    for (const line of $("leo-rows").children) {
      line.querySelector("button.leo-link").setAttribute("aria-expanded", String(line.dataset.id === current?.id));
    }
  }

  function draw() {
    $("leo-rows").innerHTML = found.slice(0, shown).map(row).join("");
    window.LeoStore.mark($("leo-rows"));
    markOpen();
    const many = counted(found.length);
    $("leo-count").textContent = found.length
      ? `${many} ${found.length === 1 ? "variable" : "variables"}${found.length > shown ? `, the first ${shown} shown` : ""}`
      : "No variable matches. Try fewer words, or clear the filters.";
    $("leo-more").hidden = found.length <= shown;
  }

  // ---- one variable ---------------------------------------------------------------------------
  /** Show the current variable in full, once its codes and breaks are there; say whether it did. */
  async function redrawOne() {
    const wanted = current;
    await more();
    if (wanted !== current) return false; // another was asked for meanwhile
    $("leo-one").replaceChildren(...(current ? drawOne(current) : []));
    $("leo-one").hidden = !current;
    return Boolean(current);
  }

  async function show(item) {
    current = item;
    markOpen();
    remember();
    if (await redrawOne()) $("leo-heading").focus();
  }

  // ---- the address ----------------------------------------------------------------------------
  /** Note in the address what is shown, once typing rests: browsers refuse a hundred a minute. */
  function remember() {
    clearTimeout(noting);
    noting = setTimeout(() => {
      const words = new URLSearchParams();
      for (const name of FIELDS) if ($(`leo-${name}`).value.trim()) words.set(name, $(`leo-${name}`).value.trim());
      if (current) words.set("v", current.id);
      history.replaceState(null, "", words.size ? `#${words}` : location.pathname + location.search);
    }, 200);
  }

  /** Show what the address says: the basket it brings, the words and filters, the variable. */
  async function restore() {
    const words = new URLSearchParams(location.hash.slice(1));
    if (words.get("basket")) window.LeoBasket.take(words.get("basket"));
    for (const name of FIELDS) $(`leo-${name}`).value = words.get(name) || "";
    current = (words.has("v") && items.find((item) => item.id === words.get("v"))) || null;
    if (NARROW.some((name) => $(`leo-${name}`).value)) $("leo-filters").open = true;
    find();
    try {
      if (await redrawOne()) $("leo-one").scrollIntoView();
    } finally {
      box.hidden = false;
    }
  }

  window.LeoBasket.start(items);
  if (location.hash.length > 1) restore();
  else if (FIELDS.some((name) => $(`leo-${name}`).value)) update(); // typed before this ran
  $("leo-rows").addEventListener("click", ({ target }) => {
    const line = target.closest("button.leo-link")?.closest("tr");
    if (line) show(found[[...line.parentElement.children].indexOf(line)]);
  });
  $("leo-q").addEventListener("input", update);
  for (const name of NARROW) $(`leo-${name}`).addEventListener("change", update);
  $("leo-clear").addEventListener("click", () => { $("leo-form").reset(); current = null; $("leo-one").hidden = true; update(); $("leo-q").focus(); });
  $("leo-more").addEventListener("click", () => { shown += PAGE; draw(); });
  window.addEventListener("hashchange", restore);
  box.dataset.ready = "";
  requestAnimationFrame(() => setTimeout(prepare, 0));
})();
