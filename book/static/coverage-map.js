// The coverage map: birth cohort by age, for one table, one source or all of them.
(function () {
  "use strict";

  const box = document.getElementById("leo-map");
  if (!box) return;

  /** Whether a table sees a cohort at an age. The year is the one in which the year ends. */
  function sees(table, cohort, age) {
    return age >= table.youngest && (table.oldest === null || age <= table.oldest) &&
      table.years.includes(cohort + age + 2);
  }

  /** Ages at which a table sees a cohort, in order. */
  function agesOf(table, cohort) {
    return table.years.map((year) => year - cohort - 2).filter((age) => sees(table, cohort, age));
  }

  /** Numbers as ranges: 1-3, 5. */
  function ranges(numbers) {
    const parts = [];
    for (const number of numbers) {
      const last = parts[parts.length - 1];
      if (last && last[1] === number - 1) last[1] = number;
      else parts.push([number, number]);
    }
    return parts.map(([a, b]) => (a === b ? `${a}` : `${a}–${b}`)).join(", ");
  }

  const yearName = (end) => `${end - 1}/${String(end % 100).padStart(2, "0")}`;

  const { el } = window.LeoSite, data = window.LEO_COHORTS, $ = (id) => document.getElementById(id);
  const cohorts = Array.from({ length: data.last - data.first + 1 }, (_, n) => data.first + n);
  const oldest = Math.max(...data.tables.flatMap((t) => cohorts.flatMap((c) => agesOf(t, c))));
  const W = 26, H = 15, LEFT = 44, TOP = 8, BOTTOM = 40;
  const SVG = "http://www.w3.org/2000/svg";
  const svg = $("leo-map-drawing"), choice = $("leo-map-table"), cohort = $("leo-map-cohort"), age = $("leo-map-age");

  function draw(tag, attributes, text) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }
  const x = (c) => LEFT + (c - data.first) * W, y = (a) => TOP + (oldest - a) * H;
  // Sides of empty squares are lines in the middle of a pixel, shared with the next; the others lie between.
  const empty = (c, a) => `M${x(c) + 0.5} ${y(a) + 0.5}h${W}v${H}h${-W}z`;
  const square = (c, a) => `M${x(c) + 1} ${y(a) + 1}h${W - 1}v${H - 1}h${1 - W}z`;
  const levels = [];
  let cursor, numbers, noting = 0;

  /** The tables that are chosen: one, those of a source, or all. */
  function chosen() {
    const [kind, name] = choice.value.split(":");
    return data.tables.filter((t) => !kind || (kind === "source" ? t.source === name : t.id === name));
  }

  /** Axes, and one path for each shade: a thousand squares as elements would take half a second. */
  function build() {
    const width = LEFT + cohorts.length * W + 8, height = TOP + (oldest + 1) * H + BOTTOM;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    const parts = [];
    for (let level = 0; level <= 4; level += 1) parts.push(levels[level] = draw("path", { class: `leo-map-${level}` }));
    parts.push(numbers = draw("g", {}));
    for (let a = 0; a <= oldest; a += 5) parts.push(draw("text", { x: LEFT - 6, y: y(a) + H - 4, "text-anchor": "end" }, a));
    for (const c of cohorts) if (c % 4 === 0) parts.push(draw("text", { x: x(c) + W / 2, y: y(-1) + 14, "text-anchor": "middle" }, c));
    const middle = TOP + (oldest * H) / 2;
    parts.push(
      draw("text", { x: LEFT + (cohorts.length * W) / 2, y: height - 6, "text-anchor": "middle" }, "born from September of"),
      draw("text", { x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` }, "age before the year begins"),
      cursor = draw("g", { class: "leo-map-cursor" }));
    cursor.append(...[1, 2].map(() => draw("rect", { width: W + 2, height: H + 2 })));
    svg.append(...parts);
    for (const [source, title] of Object.entries(data.sources)) {
      const own = data.tables.filter((t) => t.source === source);
      if (!own.length) continue;
      const group = el("optgroup", { label: title });
      if (own.length > 1) group.append(el("option", { value: `source:${source}` }, "how many of these tables"));
      group.append(...own.map((t) => el("option", { value: `table:${t.id}` }, t.title)));
      choice.append(group);
    }
  }

  /** Take the cohort and age of a place in the drawing that was clicked. */
  function take(event) {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const c = data.first + Math.floor((place.x - LEFT) / W), a = oldest - Math.floor((place.y - TOP) / H);
    if (c < data.first || c > data.last || a < 0 || a > oldest) return;
    cohort.value = c;
    age.value = a;
    point();
  }

  /** How many of some tables see each cohort at each age, as {"1997 15": 4}. */
  function counts(tables) {
    const found = new Map();
    for (const table of tables) for (const c of cohorts) for (const a of agesOf(table, c)) {
      found.set(`${c} ${a}`, (found.get(`${c} ${a}`) || 0) + 1);
    }
    return found;
  }

  /** Fill the squares for the tables that are chosen. */
  function paint() {
    const tables = chosen(), one = tables.length === 1, found = counts(tables), most = Math.max(1, ...found.values());
    const shapes = ["", "", "", "", ""], words = [];
    for (const c of cohorts) for (let a = 0; a <= oldest; a += 1) {
      const count = found.get(`${c} ${a}`) || 0;
      const level = count ? (one ? 3 : Math.max(1, Math.ceil((count / most) * 4))) : 0;
      shapes[level] += level ? square(c, a) : empty(c, a);
      if (count) words.push(draw("text", { class: `leo-map-on-${level}`, x: x(c) + W / 2, y: y(a) + H - 4 }, one ? "●" : count));
    }
    shapes.forEach((shape, level) => levels[level].setAttribute("d", shape));
    numbers.replaceChildren(...words);
    $("leo-map-key").textContent = one
      ? `● marks the ages at which ${tables[0].title} holds a cohort${tables[0].status === "assumed" ? "; its ages are our assumption" : ""}.`
      : `A number says how many of ${tables.length} tables hold the cohort at that age; the stronger its colour, the more.`;
    point();
  }

  /** Say what is at the cohort and age that are pointed at. */
  function point() {
    const c = Number(cohort.value), a = Number(age.value), year = yearName(c + a + 2);
    $("leo-map-cohort-is").textContent = `September ${c} to August ${c + 1}`;
    $("leo-map-age-is").textContent = `${a}, in the year ${year}`;
    cohort.setAttribute("aria-valuetext", `September ${c} to August ${c + 1}`);
    age.setAttribute("aria-valuetext", `${a}, in ${year}`);
    cursor.setAttribute("transform", `translate(${x(c) - 0.5} ${y(a) - 0.5})`);
    const here = chosen().filter((t) => sees(t, c, a));
    const which = choice.value ? choice.selectedOptions[0].textContent : "";
    $("leo-map-title").textContent = `Birth cohort by age. ${$("leo-map-key").textContent}`;
    const where = here.length ? here.map((t) => t.title).join(", ") : `not in ${chosen().length === 1 ? which : "any of these tables"}`;
    $("leo-map-here").replaceChildren(el("p", {}, `Born ${yearName(c + 1)}, aged ${a}, in ${year}: ${where}.`));
    $("leo-map-caption").textContent = `Born from September ${c} to August ${c + 1}`;
    $("leo-map-rows").replaceChildren(...chosen().map((t) => {
      const own = agesOf(t, c);
      return el("tr", {}, el("th", { scope: "row" }, el("a", { href: t.page }, t.title)),
        el("td", {}, own.length ? ranges(own) : "never"),
        el("td", {}, own.length ? ranges(own.map((n) => n + c + 2)) : ""));
    }));
    remember();
  }

  /** Note in the address what is shown, once the slider rests: browsers refuse a hundred a minute. */
  function remember() {
    clearTimeout(noting);
    noting = setTimeout(() => {
      const state = new URLSearchParams({ show: choice.value, cohort: cohort.value, age: age.value });
      history.replaceState(null, "", `#${state}`);
    }, 200);
  }

  /** Take table, cohort and age from a link; what does not exist is left as it is. */
  function recall() {
    const state = new URLSearchParams(location.hash.slice(1));
    if ([...choice.options].some((option) => option.value === state.get("show"))) choice.value = state.get("show");
    if (state.get("cohort")) cohort.value = state.get("cohort");
    if (state.get("age")) age.value = state.get("age");
  }

  Object.assign(cohort, { min: data.first, max: data.last, value: 1997 });
  Object.assign(age, { min: 0, max: oldest, value: 15 });
  build();
  if (location.hash.includes("cohort=")) recall();
  choice.addEventListener("change", paint);
  cohort.addEventListener("input", point);
  age.addEventListener("input", point);
  svg.addEventListener("click", take);
  box.hidden = false;
  paint();
  window.LeoMap = { agesOf }; // for the tests
})();
