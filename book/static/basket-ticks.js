// On the page of a table: a box beside each variable that puts it in the basket.
(function () {
  "use strict";

  const line = document.getElementById("leo-ticks");
  if (!line) return;
  const { tick, ids, shared, watch } = window.LeoStore;
  const SLICE = 100; // rows at a time, so that the page answers meanwhile
  const table = line.dataset.table;
  const count = line.querySelector("span"), open = line.querySelector("a");
  const explorer = open.getAttribute("href");

  function say() {
    const all = ids();
    count.textContent = all.length
      ? `${all.length} ${all.length === 1 ? "variable" : "variables"} in your basket:`
      : "Tick a variable to put it in your basket.";
    open.textContent = all.length ? "open it" : "Open the basket";
    // Where pages do not share what they keep, the link carries it.
    open.href = all.length && !shared() ? `${explorer}#basket=${encodeURIComponent(all.join("|"))}` : explorer;
  }

  function fill(names) {
    for (const name of names.slice(0, SLICE)) {
      const id = `${table}.${name.textContent}`;
      name.before(tick(id, `Add ${id} to the basket`), " ");
    }
    if (names.length > SLICE) setTimeout(() => fill(names.slice(SLICE)), 0);
    else line.dataset.ready = "";
  }

  watch(say);
  say();
  const names = [...line.closest("section").querySelectorAll("tbody tr > td:first-child code, tbody tr > th:first-child code")];
  requestAnimationFrame(() => setTimeout(() => fill(names), 0)); // once the page is seen
})();
