// Small things on every page: copy, print, progress. Nothing leaves the browser.
(function () {
  "use strict";

  // Sphinx fetches pages to show an extract of each hit, which a page from a folder may not do.
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }

  const KEY = "leo-pages-read", own = document.currentScript.src;
  const page = document.documentElement.dataset.content_root || "./";

  /** An element with its attributes, listeners (onclick and the like) and children. */
  function el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }
  /** Run a script of the book; a page from a folder may not fetch, but it may do this. */
  function load(name) {
    return new Promise((resolve, reject) => {
      document.head.append(el("script", { src: new URL(name, own), onload: resolve, onerror: reject }));
    });
  }
  window.LeoSite = { el, load };

  /** Pages that were read, as {name: true}; empty where the browser keeps nothing. */
  function pagesRead() {
    try { return JSON.parse(localStorage.getItem(KEY) || "{}"); } catch { return {}; }
  }
  function keep(read) {
    try { localStorage.setItem(KEY, JSON.stringify(read)); } catch { /* a private window keeps nothing */ }
  }

  /** Name of a page relative to the book's root, whatever folder or address it is opened from. */
  function nameOf(address) {
    const root = new URL(page, location.href).pathname;
    const path = new URL(address, location.href).pathname;
    return path.startsWith(root) ? path.slice(root.length) : path;
  }

  const marked = () => document.querySelector("#leo-read");

  /** Chapters in the contents, in order. The build marks them, so that the count is its own. */
  function chapters() {
    return [...document.querySelectorAll(".bd-links a[data-leo-chapter]")];
  }

  function show() {
    const read = pagesRead(), links = chapters();
    for (const link of links) {
      const done = Boolean(read[nameOf(link.href)]);
      const tick = link.querySelector(".leo-done");
      if (done && !tick) {
        link.append(el("span", { class: "leo-done" },
          " ", el("span", { "aria-hidden": "true" }, "✓"), el("span", { class: "leo-hidden" }, " (read)")));
      } else if (!done && tick) tick.remove();
    }
    const button = marked();
    if (button) button.setAttribute("aria-pressed", String(Boolean(read[nameOf(location.href)])));
    const box = document.getElementById("leo-progress");
    if (!box || !links.length) return;
    const done = links.filter((link) => read[nameOf(link.href)]), next = links.find((link) => !read[nameOf(link.href)]);
    box.hidden = !done.length;
    box.replaceChildren(`You have read ${done.length} of ${links.length} chapters. `);
    if (next) box.append("Next: ", el("a", { href: next.href }, next.textContent.trim()), ". ");
    const forget = () => { keep({}); show(); document.querySelector("h1").focus(); };
    box.append(el("button", { type: "button", onclick: forget }, "Forget this"), " It is kept in this browser only.");
  }

  /** A button under a text that copies it and says so. */
  function addCopy(text) {
    const said = el("span", { role: "status" });
    async function copy() {
      try {
        await navigator.clipboard.writeText(text.innerText);
        said.textContent = " Copied.";
      } catch {
        getSelection().selectAllChildren(text);
        said.textContent = " Selected: copy it with the keyboard.";
      }
    }
    text.after(el("p", {}, el("button", { type: "button", onclick: copy }, "Copy"), said));
  }

  function print() {
    window.print();
  }
  function fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  }

  let asked = false;
  /** Fetch the playground when the first panel under a query is opened; it fills that and the rest. */
  async function tryQuery(panel) {
    if (asked || !panel.open) return;
    asked = true;
    panel.querySelector(".leo-play-error")?.remove();
    try {
      await load("playground/index.js");
      await load("playground.js");
    } catch {
      asked = false;
      panel.querySelector("summary").after(el("p", { class: "leo-play-error", role: "alert" },
        "The playground could not be fetched. Close this and open it again to try once more."));
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("details.leo-try").forEach((panel) => {
      panel.addEventListener("toggle", () => tryQuery(panel));
      tryQuery(panel);
    });
    document.querySelectorAll(".leo-copy").forEach(addCopy);
    document.querySelectorAll("[data-leo=print]").forEach((b) => b.addEventListener("click", print));
    document.querySelectorAll("[data-leo=full-screen]").forEach((b) => b.addEventListener("click", fullScreen));
    const button = marked();
    if (button) {
      button.parentElement.hidden = false;
      button.addEventListener("click", () => {
        const read = pagesRead(), name = nameOf(location.href);
        if (read[name]) delete read[name];
        else read[name] = true;
        keep(read);
        show();
      });
    }
    // The theme takes the focus away from its own buttons; a keyboard would start again at the top.
    document.addEventListener("click", (event) => {
      const own = event.target.closest(".theme-switch-button, .search-button, .primary-toggle, .secondary-toggle");
      if (own) setTimeout(() => { if (document.activeElement === document.body && own.offsetParent) own.focus(); }, 0);
    }, true);
    show();
  });

  // On paper everything is open, but for what paper cannot do.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("article details:not([open], .leo-try)")];
    opened.forEach((box) => { box.open = true; });
  });
  addEventListener("afterprint", () => { opened.forEach((box) => { box.open = false; }); });
})();
