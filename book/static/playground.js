// The playground: an editor and results, on a page of its own and in the panel under each query of
// a chapter. The engine is in a worker, one for all panels of a page.
(function () {
  "use strict";

  const facts = window.LEO_PLAYGROUND;
  if (!facts) return;
  const { el } = window.LeoSite, own = document.currentScript.src;
  const GONE = "The engine was stopped since then and these rows went with it: run the query again.";
  let worker = null, waiting = new Map(), number = 0;

  const controls = (id) => `
    <p><label for="${id}-language">Language</label> <select id="${id}-language"><option value="duckdb">DuckDB SQL, as it stands</option><option value="tsql">T-SQL, with SQL Server's answers</option></select></p>
    <p><label for="${id}-text">Your query (Ctrl+Enter runs it)</label></p>
    <textarea id="${id}-text" rows="14" spellcheck="false" autocapitalize="off" autocomplete="off" wrap="soft"></textarea>
    <p><button type="button" id="${id}-run">Run</button> <button type="button" id="${id}-stop" hidden>Stop</button> <button type="button" id="${id}-share">Link to this query</button> <input id="${id}-address" class="leo-play-address" type="text" readonly hidden aria-label="Address of this query"></p>
    <p id="${id}-weight"></p>
    <p id="${id}-state" role="status"></p>
    <pre id="${id}-error" class="leo-play-error" role="alert" hidden></pre>
    <div id="${id}-results"></div>`;

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

  function ask(job, words, say) {
    number += 1;
    const id = number;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject, say });
      worker.postMessage({ id, job, ...words });
    });
  }
  function halt(why) {
    if (worker) worker.terminate();
    worker = null;
    for (const one of waiting.values()) one.reject(new Error(why));
    waiting = new Map();
  }
  /** Start the engine unless it runs; a second panel's jobs stand in line behind the start. */
  async function engine(say) {
    if (worker) return;
    worker = new Worker(new URL("playground-worker.js", own), { type: "module" });
    worker.addEventListener("message", ({ data }) => {
      const one = waiting.get(data.id);
      if (!one) return;
      if (data.state !== undefined) { one.say(data.state); return; }
      waiting.delete(data.id);
      if (data.failed !== undefined) one.reject(new Error(data.failed));
      else one.resolve(data.answer);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      halt(`The engine stopped (${event.message || "its script could not be loaded"}).`);
    });
    try {
      await ask("open", { project: facts.project, views: facts.views }, say);
    } catch (error) {
      halt(error.message);
      throw error;
    }
  }

  /** A sentence for each view of LEO that a query names and the playground has not. */
  function absent(query) {
    const words = new Set(query.toLowerCase().match(/\w+/g) || []);
    const names = (facts.others || []).filter((name) => words.has(name.split(".")[1].toLowerCase()));
    return names.map((name) => ` ${name} is not among the views of the playground; it is in the package's data set.`).join("");
  }

  /** What the first run fetches, in words. */
  function weight() {
    const sizes = facts.sizes || {}, python = Object.keys(sizes).filter((name) => !name.startsWith("duckdb"));
    const mega = (names) => (names.reduce((sum, name) => sum + (sizes[name] || 0), 0) / 1e6).toFixed(1);
    return `The first run fetches ${mega(["duckdb-eh.wasm.gz", "duckdb.mjs"])} MB from this site, T-SQL ${mega(python)} MB more, and each view when a query first names it.`;
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

  function table(result, place, count) {
    const rows = result.total.toLocaleString("en-GB"), more = result.total > result.rows.length;
    const caption = `Result ${place + 1} of ${count}: ${rows} row${result.total === 1 ? "" : "s"}${more ? `, the first ${result.rows.length} shown` : ""}. Synthetic data.`;
    const scroll = el("div", { class: "leo-scroll", tabindex: "0", role: "group", "aria-label": `Rows of result ${place + 1}` });
    const grid = el("table", { class: "table" });
    grid.append(el("caption", {}, caption));
    const head = el("tr"), body = el("tbody"), top = el("thead");
    result.names.forEach((name, i) => head.append(el("th", { scope: "col", title: result.types[i] }, name || `(column ${i + 1}, no name)`)));
    top.append(head);
    for (const row of result.rows) {
      const line = el("tr");
      row.forEach((value) => {
        const cell = el("td");
        if (value === null) cell.append(el("span", { class: "leo-null" }, "NULL"));
        else cell.textContent = value;
        line.append(cell);
      });
      body.append(line);
    }
    grid.append(top, body);
    scroll.append(grid);
    return scroll;
  }

  /**
   * Put editor and results into an empty element.
   *
   * @param {Element} place where
   * @param {string} id begins the ids of what is put there, and names it to the engine
   * @param {string} home address of the playground's own page, which links to a query lead to
   * @returns the parts that those who put it there add to
   */
  function playground(place, id, home) {
    place.innerHTML = controls(id);
    const $ = (part) => place.querySelector(`#${id}-${part}`);
    const text = $("text"), language = $("language"), state = $("state"), alarm = $("error");
    const start = $("run"), stop = $("stop"), out = $("results");
    const fail = (words) => { alarm.textContent = words; alarm.hidden = !words; };
    const say = (words) => { state.textContent = words; };
    const address = () => `${home}#${language.value === "tsql" ? "tsql" : "sql"}-${packed(text.value)}`;

    async function save(which, made) {
      if (worker !== made) throw new Error(GONE);
      const { text: words } = await ask("csv", { from: id, which }, say);
      const link = el("a", { download: `leo-playground-${which + 1}.csv` });
      link.href = URL.createObjectURL(new Blob(["\ufeff", words], { type: "text/csv" }));
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }
    function saver(which) {
      const made = worker, button = el("button", { type: "button" }, `Download result ${which + 1} as CSV`);
      button.addEventListener("click", () => save(which, made).catch((error) => fail(error.message)));
      return button;
    }
    async function run() {
      if (start.disabled || !text.value.trim()) return;
      fail("");
      out.replaceChildren();
      start.disabled = true;
      stop.hidden = false;
      say("Waiting for the engine…");
      const began = performance.now(), query = text.value;
      try {
        await engine(say);
        const answer = await ask("run", { from: id, language: language.value, text: query }, say);
        if (answer.messages.length) out.append(el("pre", { tabindex: "0", "aria-label": "Messages" }, answer.messages.join("\n")));
        answer.results.forEach((result, i) => out.append(table(result, i, answer.results.length), saver(i)));
        if (answer.error) fail(answer.error + absent(query));
        const seconds = ((performance.now() - began) / 1000).toFixed(1);
        say(answer.error ? "The script stopped." : `Done in ${seconds} seconds.`);
      } catch (error) {
        say("");
        fail((error.message || "Stopped.") + absent(query));
      } finally {
        start.disabled = false;
        stop.hidden = true;
      }
    }
    /** Take the query from the end of an address; say whether there was one. */
    function read(end) {
      const found = /^#(sql|tsql)-([\w-]+)$/.exec(end);
      if (!found) return false;
      try { text.value = unpacked(found[2]); } catch { fail("The link is cut off or damaged, so its query cannot be read."); return false; }
      language.value = found[1] === "tsql" ? "tsql" : "duckdb";
      return true;
    }

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
      try { await navigator.clipboard.writeText(field.value); say("The link is copied."); } catch { say("The link is selected: copy it with the keyboard."); }
    });
    const why = obstacle();
    if (why) {
      fail(why);
      start.disabled = true;
      language.disabled = true;
    } else $("weight").textContent = weight();
    return { why, text, language, say, fail, read, address };
  }

  /** The page of its own: with the queries of the book to choose from, and the list of views. */
  function fillPage(box) {
    const $ = (part) => document.getElementById(`leo-play-${part}`);
    const { why, text, language, say, read } = playground($("here"), "leo-play", location.href.split("#")[0]);
    const choice = $("example"), groups = new Map();
    facts.examples.forEach(({ title }, i) => {
      groups.set(title, (groups.get(title) || 0) + 1);
      const name = groups.get(title) > 1 ? `${title} (${groups.get(title)})` : title;
      choice.append(el("option", { value: String(i) }, name));
    });
    choice.addEventListener("change", () => {
      if (choice.value === "") return;
      const chosen = facts.examples[Number(choice.value)];
      text.value = chosen.sql;
      if (chosen.language === "tsql") language.value = "tsql";  // the others run in both
      say("The query is in the editor.");
    });
    addEventListener("hashchange", () => read(location.hash));
    for (const [name, held] of why ? [] : Object.entries(facts.views)) {
      const line = el("li"), [database, view] = name.split(".");
      line.append(el("code", {}, `${database}."${facts.project}".${view}`), ` (${held.rows.toLocaleString("en-GB")} rows)`);
      $("views").append(line);
    }
    if (!read(location.hash)) text.value = (facts.examples.findLast((one) => one.language === "sql") || { sql: "" }).sql;
    box.hidden = false;
  }

  /** The panel of a chapter: a `details` with a link to the page, which holds the query. */
  function fillPanel(panel, place) {
    const link = panel.querySelector("a"), query = link.hash, box = el("div", {
      class: "leo-panel leo-play", role: "group", "aria-label": panel.querySelector("summary").textContent,
    });
    const { why, text, language, say, fail, read, address } = playground(box, `leo-play-${place}`, link.href.split("#")[0]);
    if (why) {  // the query stands above, so an editor would add nothing
      box.replaceChildren(el("p", { class: "leo-play-error", role: "alert" }, why));
    } else {
      read(query);
      text.rows = Math.min(Math.max(text.value.split("\n").length + 1, 5), 20);
      const again = el("button", { type: "button" }, "The chapter's query again");
      again.addEventListener("click", () => { read(query); link.hash = query; fail(""); say("The query is in the editor."); });
      box.querySelector(`#leo-play-${place}-share`).after(" ", again);
      for (const part of [text, language]) part.addEventListener("input", () => { link.href = address(); });
    }
    link.parentElement.before(box);
  }

  const box = document.getElementById("leo-playground");
  if (box) fillPage(box);
  document.querySelectorAll("details.leo-try").forEach((panel, place) => {
    const fill = () => { if (panel.open && !panel.querySelector(".leo-play")) fillPanel(panel, place + 1); };
    panel.addEventListener("toggle", fill);
    fill();
  });
})();
