// The playground's engine: DuckDB and, for T-SQL, Python with our translator, in one worker.
// Both answer at once instead of later, so that the translator can ask DuckDB in mid-statement.
const ENGINE = new URL("playground/engine/", import.meta.url);
const DATA = new URL("playground/data/", import.meta.url);
let duck = null, connection = null, python = null, project = "", views = {};
const loaded = new Map(), last = new Map();
let current = 0;

const say = (text) => postMessage({ id: current, state: text });

/** Bytes of a file that the build has compressed, unless the host has unpacked it already. */
async function unpacked(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address.pathname.split("/").pop()} could not be fetched (${answer.status}).`);
  const blob = await answer.blob();
  const [a, b] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  if (a !== 0x1f || b !== 0x8b) return blob;
  return new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).blob();
}

async function open(asked) {
  ({ project, views } = asked);
  say("Fetching the engine…");
  const { createDuckDB, getPlatformFeatures, VoidLogger, BROWSER_RUNTIME } = await import(new URL("duckdb.mjs", ENGINE));
  if (!(await getPlatformFeatures()).wasmExceptions) throw new Error("This browser is too old for the engine: it lacks exceptions in WebAssembly.");
  const blob = await unpacked(new URL("duckdb-eh.wasm.gz", ENGINE));
  const address = URL.createObjectURL(new Blob([blob], { type: "application/wasm" }));
  say("Starting the engine…");
  const bundle = { mainModule: address, mainWorker: null };
  duck = await createDuckDB({ mvp: bundle, eh: bundle }, new VoidLogger(), BROWSER_RUNTIME);
  await duck.instantiate(() => {});
  URL.revokeObjectURL(address);
  duck.open({ path: ":memory:", query: { castBigIntToDouble: false, castDecimalToDouble: false } });
  connection = duck.connect();
  // Parts of the engine that are not here would be fetched from their maker.
  for (const word of ["autoinstall_known_extensions", "autoload_known_extensions"]) connection.query(`SET ${word} = false`);
  connection.query("CREATE SCHEMA leo_files");
  for (const database of new Set(Object.keys(views).map((name) => name.split(".")[0]))) {
    connection.query(`ATTACH ':memory:' AS ${database}`);
    connection.query(`CREATE SCHEMA ${database}."${project}"`);
  }
  return { version: duck.getVersion() };
}

/** Make the views that a text names; all of them where the text may put names together. */
async function bring(text) {
  const words = new Set(text.toLowerCase().match(/\w+/g) || []);
  const all = words.has("exec") || words.has("execute") || words.has("sp_executesql") || words.has("information_schema") || words.has("sys");
  for (const [name, facts] of Object.entries(views)) {
    const [database, view] = name.split(".");
    if (loaded.has(name) || !(all || words.has(view.toLowerCase()))) continue;
    say(`Fetching ${view} (${facts.rows.toLocaleString("en-GB")} rows)…`);
    const blob = await unpacked(new URL(facts.file, DATA));
    const bytes = new Uint8Array(await blob.arrayBuffer());
    connection.insertArrowFromIPCStream(bytes, { schema: "leo_files", name, create: true });
    connection.query(`CREATE VIEW ${database}."${project}"."${view}" AS FROM memory.leo_files."${name}"`);
    loaded.set(name, true);
  }
}

const two = (number) => String(number).padStart(2, "0");
const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** A whole number of any length out of Arrow's words, lowest first. */
function whole(words) {
  let value = 0n;
  for (let i = words.length - 1; i >= 0; i--) value = (value << 32n) | BigInt(words[i] >>> 0);
  const bits = BigInt(32 * words.length);
  return value >> (bits - 1n) ? value - (1n << bits) : value;
}
function decimal(words, scale) {
  const value = typeof words === "bigint" ? words : whole(new Uint32Array(words.buffer, words.byteOffset, words.byteLength / 4));
  if (!scale) return String(value);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
function clock(micros) {
  const seconds = micros / 1_000_000n, rest = micros % 1_000_000n;
  const text = `${two(seconds / 3600n)}:${two(seconds / 60n % 60n)}:${two(seconds % 60n)}`;
  return rest ? `${text}.${String(rest).padStart(6, "0")}` : text;
}
function dated(days) {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}
function moment(micros) {
  const day = 86_400_000_000n, days = micros >= 0n ? micros / day : -((-micros + day - 1n) / day);
  return `${dated(Number(days))} ${clock(micros - days * day)}`;
}

/** Kind of a column and how one of its raw values becomes text, number or yes and no. */
function reader(field) {
  const type = field.type, name = type.toString();
  if (name === "Bool") return ["bool", (v) => v];
  if (/^U?int/i.test(name)) return ["int", String];
  if (/^Float/.test(name)) return ["float", (v) => (Number.isFinite(v) ? v : String(v))];
  if (name.startsWith("Decimal")) return [type.scale ? "decimal" : "int", (v) => decimal(v, type.scale)];
  if (/^Binary/.test(name)) return ["bytes", hex];
  if (/^Date/.test(name)) return ["date", (v) => dated(Math.round(Number(v) / 86_400_000))];
  if (/^Timestamp/.test(name)) return ["timestamp", moment];
  if (/^Time/.test(name)) return ["time", clock];
  return ["text", (v) => (typeof v === "string" ? v : String(v))];
}

/** Microseconds of a column of times, read past Arrow's getters, which round to milliseconds. */
function micros(vector) {
  const unit = [1_000_000n, 1000n, 1n, 0n][vector.type.unit], all = [];
  for (const part of vector.data) {
    const words = part.values, raw = words instanceof BigInt64Array ? words : new BigInt64Array(words.slice().buffer);
    for (let i = 0; i < part.length; i++) all.push(unit ? raw[i] * unit : raw[i] / 1000n);
  }
  return all;
}

/** What went wrong in plain words: some errors of the engine come as JSON. */
function words(error) {
  const text = String(error.message || error);
  if (text.startsWith("Traceback")) return `The translator failed: ${text.trim().split("\n").pop()}`;
  try {
    const { exception_type: kind, exception_message: message } = JSON.parse(text);
    return message ? `${kind} Error: ${message}` : text;
  } catch { return text; }
}

/** Run one statement: names, kinds and rows. */
function query(sql) {
  const table = connection.query(sql), fields = table.schema.fields;
  const kinds = fields.map((field) => reader(field)[0]);
  const columns = fields.map((field, i) => {
    const vector = table.getChildAt(i), read = reader(field)[1], values = [];
    const times = kinds[i] === "timestamp" || kinds[i] === "time" ? micros(vector) : null;
    for (let row = 0; row < table.numRows; row++) {
      const value = vector.get(row);
      values.push(value === null ? null : read(times ? times[row] : value));
    }
    return values;
  });
  const rows = Array.from({ length: table.numRows }, (_, row) => columns.map((column) => column[row]));
  return { names: fields.map((field) => field.name), kinds, rows };
}

async function startPython() {
  if (python) return;
  say("Fetching Python and the translator…");
  const { loadPyodide } = await import(new URL("pyodide.mjs", ENGINE));
  python = await loadPyodide({ indexURL: ENGINE.href });
  const bundle = await (await fetch(new URL("translator.zip", ENGINE))).arrayBuffer();
  python.unpackArchive(bundle, "zip", { extractDir: "/translator" });
  python.registerJsModule("leo_engine", {
    query(sql) {
      try { return JSON.stringify(query(sql)); } catch (error) { return JSON.stringify({ error: words(error) }); }
    },
  });
  say("Starting the translator…");
  python.runPython("import sys; sys.path.insert(0, '/translator')");
  python.runPython("import bridge");
}

/** Keep all rows of what an editor ran last, for its files, and send the first of them. */
function kept(from, results) {
  last.set(from, results);
  return results.map(cut);
}

async function run({ from, language, text }) {
  await bring(text);
  if (language === "tsql") {
    await startPython();
    say("Running…");
    const answer = JSON.parse(python.globals.get("bridge").run(text));
    return { ...answer, results: kept(from, answer.results) };
  }
  say("Running…");
  // SQL Server's brackets around a name are quotes to DuckDB.
  const held = query(text.replace(/\.\[(\w+)\]/g, '."$1"'));
  const rows = held.rows.map((row) => row.map((v) => (v === null ? null : String(v))));
  return { error: null, messages: [], results: kept(from, [{ names: held.names, types: held.kinds, rows }]) };
}

const MOST = 200;
const cut = (result) => ({ ...result, rows: result.rows.slice(0, MOST), total: result.rows.length });

const quoted = (value) => (value === null ? "" : /[",\r\n]/.test(value) || value === "" ? `"${value.replaceAll('"', '""')}"` : value);
function csv({ from, which }) {
  const { names, rows } = last.get(from)[which];
  return { text: [names, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n" };
}

const JOBS = { open, run, csv };
let queue = Promise.resolve();
addEventListener("message", ({ data }) => {
  queue = queue.then(async () => {
    current = data.id;
    try {
      postMessage({ id: data.id, answer: await JOBS[data.job](data) });
    } catch (error) {
      postMessage({ id: data.id, failed: words(error) });
    }
  });
});
