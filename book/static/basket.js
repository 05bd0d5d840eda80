// The basket: variables for a request, kept in this browser only.
(function () {
  "use strict";

  const PROJECT_NOTE = "Made with Learning LEO from the public request form; check against the form's current version.";
  const store = window.LeoStore, { el, load } = window.LeoSite, { counted } = window.LeoOne;
  let items = [], byId = null;

  /** The variable of an id, if there is one. */
  function known(id) {
    byId ||= new Map(items.map((item) => [item.id, item]));
    return byId.get(id);
  }

  /** Variables in the order of the request form's tabs, then of the catalogue. */
  const inOrder = () => store.ids().map(known).filter(Boolean).sort((a, b) => a.number - b.number);

  /** A box for a variable, with words beside it. */
  const tick = (item, words) => el("label", {}, store.tick(item.id), ` ${words}`);

  function rows() {
    return inOrder().map((item) => ({
      sheet: item.table.sheet, table: item.table.id, title: item.table.title, name: item.name, label: item.label,
      years: item.years.replace(/;/g, "; "), request: item.request, sensitivity: item.sensitivity, why: store.why(item.id),
    }));
  }
  const HEAD = ["Form tab", "Table", "Variable", "What it says", "Years (end)", "Request status", "Sensitivity", "Why it is needed"];
  const line = (r) => [r.sheet, r.title, r.name, r.label, r.years, r.request.replace("_", " "), r.sensitivity, r.why];

  const quote = (text) => (/[",\n]/.test(text) ? `"${String(text).replaceAll('"', '""')}"` : String(text));
  const csv = (lines) => "\ufeff" + lines.map((l) => l.map(quote).join(",")).join("\r\n") + "\r\n";

  function download(name, text) {
    const link = el("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  const saveCsv = () => download("leo-variable-request.csv", csv([HEAD, ...rows().map(line)]));
  const saveApproved = () =>
    download("leo-approved-variables.csv", csv([["table_id", "variable"], ...rows().map((r) => [r.table, r.name])]).slice(1));
  async function saveXlsx() {
    if (!window.writeXlsxFile) await load("vendor/write-excel-file-4.1.1.min.js");
    const bold = HEAD.map((value) => ({ value, fontWeight: "bold" }));
    const body = rows().map((r) => line(r).map((value) => ({ value, type: String, wrap: true })));
    const note = [{ value: PROJECT_NOTE, fontStyle: "italic" }];
    return window.writeXlsxFile([bold, ...body, note], {
      columns: [18, 24, 34, 48, 18, 14, 10, 40].map((width) => ({ width })),
    }).toFile("leo-variable-request.xlsx");
  }

  const link = () => `${location.href.split("#")[0]}#basket=${encodeURIComponent(store.ids().join("|"))}`;

  /** Take the variables that a shared link names; those that do not exist are left out. */
  function take(text) {
    store.change((held) => { for (const id of text.split("|")) if (known(id) && !held.has(id)) held.set(id, ""); });
  }

  function summary() {
    const list = inOrder(), tables = new Set(list.map((i) => i.table.id));
    const asked = list.filter((i) => i.request === "by_request").length;
    const fine = list.filter((i) => i.sensitivity && i.sensitivity < "D").length;
    const share = ((100 * list.length) / items.length).toFixed(1);
    return `${list.length} of ${counted(items.length)} variables (${share} %) from ${tables.size} of ` +
      `${window.LEO_CATALOGUE.tables.length} tables; ${asked} need a reason of their own, ${fine} are of the more sensitive classes (A to C). ` +
      "A request for everything is refused: ask for what your question needs.";
  }

  function drawBasket() {
    const box = document.getElementById("leo-basket");
    const list = inOrder();
    document.getElementById("leo-basket-count").textContent = list.length ? summary() : "Your basket is empty. Tick variables in the list.";
    document.getElementById("leo-basket-buttons").hidden = !list.length;
    box.replaceChildren(...list.map((item) => {
      const why = el("input", { type: "text", value: store.why(item.id), "aria-label": `Why ${item.name} is needed`, placeholder: "why it is needed" });
      why.addEventListener("input", () => store.note(item.id, why.value));
      const out = el("button", { type: "button", "aria-label": `Take ${item.name} out of the basket` }, "Remove");
      out.addEventListener("click", () => { store.change((held) => held.delete(item.id)); document.getElementById("leo-basket-heading").focus(); });
      return el("li", {}, el("strong", {}, item.name), ` (${item.table.title}) `, why, " ", out);
    }));
  }

  function start(all) {
    items = all;
    const on = (id, act) => document.getElementById(id).addEventListener("click", act);
    on("leo-save-csv", saveCsv);
    on("leo-save-xlsx", saveXlsx);
    on("leo-save-approved", saveApproved);
    on("leo-empty", () => store.change((held) => held.clear()));
    on("leo-share", async () => {
      const address = link();
      const field = document.getElementById("leo-share-address");
      field.hidden = false; field.value = address; field.select();
      try { await navigator.clipboard.writeText(address); } catch { /* the field holds it to copy by hand */ }
    });
    store.watch(drawBasket);
    drawBasket();
  }

  window.LeoBasket = { start, tick, take };
})();
