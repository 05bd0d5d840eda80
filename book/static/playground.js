// The playground page: an editor, the queries of the book, results. The engine is in a worker.
(function () {
  "use strict";

  const facts = window.LEO_PLAYGROUND, box = document.getElementById("leo-playground");
  if (!facts || !box) return;
  const own = document.currentScript.src;
  const $ = (id) => document.getElementById(`leo-play-${id}`);
  const text = $("text"), state = $("state"), alarm = $("error"), out = $("results");
  const language = $("language"), choice = $("example"), stop = $("stop"), start = $("run");
  let worker = null, waiting = new Map(), number = 0;

  function element(name, words, attributes) {
    const made = document.createElement(name);
    if (words !== undefined) made.textContent = words;
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    return made;
  }
  const fail = (words) => { alarm.textContent = words; alarm.hidden = !words; };

  /** Why nothing can run here, or an empty text. */
  function obstacle() {
    if (facts.missing) return `The playground was left out of this build: ${facts.missing} The queries can still be read and copied.`;
    if (location.protocol === "file:") return "A page opened from a folder may not start the engine. Open the published site, or run python dev.py serve.";
    if (typeof WebAssembly !== "object" || typeof Worker !== "function") return "WebAssembly is blocked in this browser, often by an organisation's policy or a strict security mode. The playground cannot run here; the queries can still be copied.";
    if (typeof DecompressionStream !== "function") return "This browser is too old for the playground. Any browser since 2023 will do.";
    try {
      new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    } catch {
      return "WebAssembly is blocked on this page, often by an organisation's policy. The playground cannot run here; the queries can still be copied.";
    }
    return "";
  }

  function ask(job, words) {
    number += 1;
    const id = number;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, job, ...words });
    });
  }
  function halt(why) {
    if (worker) worker.terminate();
    worker = null;
    for (const one of waiting.values()) one.reject(new Error(why));
    waiting = new Map();
  }
  async function engine() {
    if (worker) return;
    worker = new Worker(new URL("playground-worker.js", own), { type: "module" });
    worker.addEventListener("message", ({ data }) => {
      if (data.state !== undefined) { state.textContent = data.state; return; }
      const one = waiting.get(data.id);
      waiting.delete(data.id);
      if (!one) return;
      if (data.failed !== undefined) one.reject(new Error(data.failed));
      else one.resolve(data.answer);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      halt(`The engine stopped (${event.message || "its script could not be loaded"}).`);
    });
    try {
      await ask("open", { project: facts.project, views: facts.views });
    } catch (error) {
      halt("");
      throw error;
    }
  }

  /** A sentence for each view of LEO that a query names and the playground has not. */
  function absent(query) {
    const words = new Set(query.toLowerCase().match(/\w+/g) || []);
    const names = (facts.others || []).filter((name) => words.has(name.split(".")[1].toLowerCase()));
    return names.map((name) => ` ${name} is not among the views of the playground; it is in the package's data set.`).join("");
  }

  function table(result, place, count) {
    const part = element("section", undefined, { "aria-label": `Result ${place + 1}` });
    const rows = result.total.toLocaleString("en-GB"), more = result.total > result.rows.length;
    const caption = `Result ${place + 1} of ${count}: ${rows} row${result.total === 1 ? "" : "s"}${more ? `, the first ${result.rows.length} shown` : ""}. Synthetic data.`;
    const scroll = element("div", undefined, { class: "leo-scroll", tabindex: "0", role: "group", "aria-label": `Rows of result ${place + 1}` });
    const grid = element("table", undefined, { class: "table" });
    grid.append(element("caption", caption));
    const head = element("tr"), body = element("tbody"), top = element("thead");
    result.names.forEach((name, i) => head.append(element("th", name || `(column ${i + 1}, no name)`, { scope: "col", title: result.types[i] })));
    top.append(head);
    for (const row of result.rows) {
      const line = element("tr");
      row.forEach((value) => {
        const cell = element("td");
        if (value === null) cell.append(element("span", "NULL", { class: "leo-null" }));
        else cell.textContent = value;
        line.append(cell);
      });
      body.append(line);
    }
    grid.append(top, body);
    scroll.append(grid);
    const button = element("button", `Download result ${place + 1} as CSV`, { type: "button" });
    button.addEventListener("click", () => save(place).catch((error) => fail(error.message)));
    part.append(scroll, button);
    return part;
  }
  async function save(which) {
    const { text: words } = await ask("csv", { which });
    const link = element("a", undefined, { download: `leo-playground-${which + 1}.csv` });
    link.href = URL.createObjectURL(new Blob(["\ufeff", words], { type: "text/csv" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  async function run() {
    if (start.disabled || !text.value.trim()) return;
    fail("");
    out.replaceChildren();
    start.disabled = true;
    stop.hidden = false;
    const began = performance.now(), query = text.value;
    try {
      await engine();
      const answer = await ask("run", { language: language.value, text: query });
      if (answer.messages.length) out.append(element("pre", answer.messages.join("\n"), { tabindex: "0", "aria-label": "Messages" }));
      out.append(...answer.results.map((result, i) => table(result, i, answer.results.length)));
      if (answer.error) fail(answer.error + absent(query));
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      state.textContent = answer.error ? "The script stopped." : `Done in ${seconds} seconds.`;
    } catch (error) {
      state.textContent = "";
      fail((error.message || "Stopped.") + absent(query));
    } finally {
      start.disabled = false;
      stop.hidden = true;
    }
  }

  // Letters, digits, hyphens and underscores only: scripts of the theme read ends of links as selectors.
  function packed(words) {
    const bytes = Array.from(new TextEncoder().encode(words), (byte) => String.fromCharCode(byte));
    return btoa(bytes.join("")).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  }
  function unpacked(words) {
    const bytes = Uint8Array.from(atob(words.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  }
  function address() {
    return `${location.href.split("#")[0]}#${language.value === "tsql" ? "tsql" : "sql"}-${packed(text.value)}`;
  }
  function readAddress() {
    const found = /^#(sql|tsql)-([\w-]+)$/.exec(location.hash);
    if (!found) return false;
    try { text.value = unpacked(found[2]); } catch { fail("The link is cut off or damaged, so its query cannot be read."); return false; }
    language.value = found[1] === "tsql" ? "tsql" : "duckdb";
    return true;
  }

  const groups = new Map();
  facts.examples.forEach((one, i) => {
    const title = one.title;
    groups.set(title, (groups.get(title) || 0) + 1);
    const name = groups.get(title) > 1 ? `${title} (${groups.get(title)})` : title;
    choice.append(element("option", name, { value: String(i) }));
  });
  choice.addEventListener("change", () => {
    if (choice.value === "") return;
    const chosen = facts.examples[Number(choice.value)];
    text.value = chosen.sql;
    if (chosen.language === "tsql") language.value = "tsql";  // the others run in both
    state.textContent = "The query is in the editor.";
  });
  start.addEventListener("click", run);
  stop.addEventListener("click", () => halt("Stopped. The next run starts the engine afresh."));
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
  });
  $("share").addEventListener("click", async () => {
    const field = $("address");
    field.value = address();
    field.hidden = false;
    field.focus();
    field.select();
    try { await navigator.clipboard.writeText(field.value); state.textContent = "The link is copied."; } catch { state.textContent = "The link is selected: copy it with the keyboard."; }
  });
  addEventListener("hashchange", readAddress);

  const sizes = facts.sizes || {}, mega = (names) => (names.reduce((sum, name) => sum + (sizes[name] || 0), 0) / 1e6).toFixed(1);
  const why = obstacle();
  if (why) {
    fail(why);
    start.disabled = true;
    language.disabled = true;
  } else {
    const python = Object.keys(sizes).filter((name) => !name.startsWith("duckdb"));
    $("weight").textContent = `The first run fetches ${mega(["duckdb-eh.wasm.gz", "duckdb.mjs"])} MB from this site, T-SQL ${mega(python)} MB more, and each view when a query first names it.`;
    for (const [name, held] of Object.entries(facts.views)) {
      const line = element("li");
      line.append(element("code", `${name.split(".")[0]}."${facts.project}".${name.split(".")[1]}`), ` (${held.rows.toLocaleString("en-GB")} rows)`);
      $("views").append(line);
    }
  }
  if (!readAddress()) text.value = (facts.examples.findLast((one) => one.language === "sql") || { sql: "" }).sql;
  box.hidden = false;
})();
