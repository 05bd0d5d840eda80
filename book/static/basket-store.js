// What is in the basket, for every page that shows it: kept in this browser only.
(function () {
  "use strict";

  const KEY = "leo-basket", { el } = window.LeoSite;
  const watching = [];
  let held = new Map(), lasting = true; // by id, such as sc_pupil.Gender: why it is needed

  function recall() {
    try { held = new Map(Object.entries(JSON.parse(localStorage.getItem(KEY) || "{}"))); } catch { lasting = false; }
  }
  function save() {
    try { localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(held))); } catch { lasting = false; /* kept for this page only */ }
  }
  /** Show in the boxes of a part of the page what is held. */
  function mark(part) {
    for (const input of part.querySelectorAll(".leo-tick")) input.checked = held.has(input.dataset.id);
  }
  function tell() {
    mark(document);
    for (const act of watching) act();
  }

  /** Change what is held. Another page may have changed it meanwhile, so look first. */
  function change(act) {
    if (lasting) recall();
    act(held);
    save();
    tell();
  }
  function refresh() {
    if (lasting) recall();
    tell();
  }

  /** A box that puts a variable in the basket and shows whether it is there. */
  function tick(id, label) {
    // No autocomplete: the basket knows, not the browser's memory of the form.
    const input = el("input", { type: "checkbox", class: "leo-tick", autocomplete: "off", "data-id": id });
    input.checked = held.has(id);
    if (label) input.setAttribute("aria-label", label);
    return input;
  }

  /** Take up what a box says. */
  const heed = ({ checked, dataset: { id } }) => change((all) => (checked ? all.set(id, all.get(id) || "") : all.delete(id)));

  recall();
  document.addEventListener("change", ({ target }) => { if (target.matches(".leo-tick")) heed(target); });
  document.querySelectorAll(".leo-tick:checked").forEach(heed); // ticked before this ran
  tell();
  // Another tab, or a page that the browser has put by and shows again.
  addEventListener("storage", (event) => { if (event.key === KEY || event.key === null) refresh(); });
  addEventListener("pageshow", (event) => { if (event.persisted) refresh(); });

  window.LeoStore = {
    tick, mark, change,
    has: (id) => held.has(id),
    why: (id) => held.get(id) || "",
    ids: () => [...held.keys()],
    note: (id, why) => { held.set(id, why); save(); },
    watch: (act) => watching.push(act),
    /** Whether other pages see this basket: a browser may keep it, or a folder's pages, apart. */
    shared: () => lasting && location.protocol !== "file:",
  };
})();
