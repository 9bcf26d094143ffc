// Uploads of Drive: a queue that goes on after a lost connection, a reload, and a move to another page. Files are sent by tus, in
// parts at once when they are large. What waits is remembered in IndexedDB: the file itself while it is small, else the handle that
// the browser gave for it; where there is neither, the file is asked for again and goes on where it stopped.
import { open } from "./upload-store.js";

const AT_ONCE = 4;
const AT_A_TIME = 200; // remembered in one go
const MOST_ROWS = 100; // of thousands, those that wait have a row later and those that are done have none
const CHUNK = 32 << 20;
const PARALLEL_FROM = 256 << 20;
const SMALL = 24 << 20; // kept whole in IndexedDB
const store = open();
const queue = new Map(); // id → item
let panel, running = 0, tus, allPaused = false, started = 0, told, frame;

const text = () => document.getElementById("drive-words")?.dataset ?? words;
let words = {};
const template = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
const filled = (pattern = "", values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** Everything in a drop: files with their paths, folders opened. */
export async function dropped(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => ({ entry: item.webkitGetAsEntry?.(), file: item.getAsFile(), handle: item.getAsFileSystemHandle?.() }));
  const found = [];
  for (const { entry, file, handle } of entries) {
    if (entry?.isDirectory) await walk(entry, entry.name, found);
    else if (file) found.push({ file, path: "", handle: await handle?.catch?.(() => undefined) });
  }
  return found;
}

async function walk(folder, path, found) {
  const reader = folder.createReader();
  for (;;) {
    const entries = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!entries.length) return;
    for (const entry of entries) {
      if (entry.isDirectory) await walk(entry, `${path}/${entry.name}`, found);
      else found.push({ file: await new Promise((done, failed) => entry.file(done, failed)), path });
    }
  }
}

/** Upload files into a folder; names that are taken are asked about once. */
export async function send(files, folder) {
  if (!files.length || !folder) return;
  const paths = files.map(({ file, path }) => (path ? `${path}/${file.name}` : file.name));
  const { taken } = await fetch(`/drive/folders/${folder}/conflicts`, { method: "POST", body: JSON.stringify(paths), headers: { "Content-Type": "application/json" } }).then((answer) => answer.json()).catch(() => ({ taken: [] }));
  const conflict = taken?.length ? await ask(taken) : "keep";
  if (!conflict) return;
  const items = files.map(({ file, path, handle }) => ({ id: crypto.randomUUID(), folder, path, name: file.name, size: file.size, modified: file.lastModified, conflict, url: "", at: Date.now(), file, handle }));
  for (let at = 0; at < items.length; at += AT_A_TIME) {
    const some = items.slice(at, at + AT_A_TIME);
    await store.put(some.map((item) => ({ ...item, file: item.size <= SMALL ? item.file : undefined })));
    some.forEach(add);
    pump();
  }
}

/** Go on with what a reload interrupted. */
export async function resume() {
  if (queue.size || !store) return;
  for (const item of await store.all()) {
    if (queue.has(item.id)) continue;
    const granted = item.handle && (await item.handle.queryPermission?.({ mode: "read" }).catch(() => "denied")) === "granted";
    const file = item.file ?? (granted ? await item.handle.getFile().catch(() => undefined) : undefined);
    add({ ...item, file });
    if (!file) lost(queue.get(item.id));
  }
  pump();
}

function ask(taken) {
  const dialog = template("drive-conflict-template");
  dialog.querySelector("[data-conflicts]").textContent = filled(document.getElementById("drive-conflict-text").content.textContent, { count: taken.length });
  dialog.querySelector("ul").append(...taken.slice(0, 50).map((name) => Object.assign(document.createElement("li"), { textContent: name })));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => (done(dialog.returnValue), dialog.remove()), { once: true }));
}

function add(item) {
  show();
  item.state = "waits";
  item.sent = 0;
  queue.set(item.id, item);
  if (panel.querySelector("ul").childElementCount < MOST_ROWS) face(item);
  sum();
}

function face(item) {
  if (item.row) return;
  item.row = template("drive-upload-template");
  item.row.querySelector(".upload-name").textContent = item.path ? `${item.path}/${item.name}` : item.name;
  item.row.querySelector("[data-pause]").addEventListener("click", () => (item.state === "lost-file" ? pick(item) : ["paused", "failed"].includes(item.state) ? go(item) : pause(item)));
  item.row.querySelector("[data-stop]").addEventListener("click", () => stop(item));
  panel.querySelector("ul").append(item.row);
  say(item, text().waits);
}

function show() {
  if (panel?.isConnected) return;
  words = { ...text() };
  panel = template("drive-uploads-template");
  panel.querySelector("[data-fold]").addEventListener("click", () => panel.classList.toggle("is-folded"));
  panel.querySelector("[data-close-uploads]").addEventListener("click", close);
  panel.querySelector("[data-pause-all]").addEventListener("click", () => {
    allPaused = !allPaused;
    for (const item of queue.values()) allPaused ? pause(item) : item.state === "paused" && waiting(item);
    pump();
  });
  document.body.append(panel);
  started = performance.now();
}

function close() {
  const busy = [...queue.values()].some(({ state }) => ["waits", "runs", "settles", "paused"].includes(state));
  if (busy) return panel.classList.add("is-folded");
  queue.clear();
  panel.remove();
}

function pump() {
  for (const item of queue.values()) {
    if (running >= AT_ONCE) return;
    if (item.state === "waits" && item.file) run(item);
  }
}

async function run(item) {
  item.state = "runs";
  running++;
  face(item);
  tus ??= (await import("../../vendor/tus.min.js"), window.tus);
  if (item.state !== "runs") return void running--;
  const at = { bytes: item.sent, when: performance.now() };
  const ended = new Promise((done) => {
    item.upload = new tus.Upload(item.file, {
      endpoint: "/uploads", uploadUrl: item.url || null, chunkSize: CHUNK, retryDelays: [0, 1000, 3000, 5000, 10000, 20000, 30000, 60000],
      uploadDataDuringCreation: item.size <= SMALL && !item.url,
      parallelUploads: item.size >= PARALLEL_FROM && !item.url ? 3 : 1, storeFingerprintForResuming: false, removeFingerprintOnSuccess: true,
      metadata: { filename: item.name, filetype: item.file.type },
      onShouldRetry: (error) => retries(item, error),
      onUploadUrlAvailable: () => item.upload.url && keep(item, { url: item.upload.url }),
      onProgress: (sent) => progress(item, sent, at),
      onSuccess: () => arrived(item).then(done, (error) => (failed(item, error), done())),
      onError: (error) => (failed(item, error), done()),
    });
    item.end = done;
    item.upload.start();
  });
  await ended;
  running--;
  pump();
}

function retries(item, error) {
  const status = error.originalResponse?.getStatus() ?? 0;
  if (!status || status === 423 || status === 429 || status >= 500) {
    if (!status) say(item, text().lost);
    return status !== 507;
  }
  return false;
}

function progress(item, sent, at) {
  item.sent = sent;
  item.row.querySelector("progress").value = item.size ? sent / item.size : 1;
  const seconds = (performance.now() - at.when) / 1000;
  if (seconds > 0.5) item.rate = (sent - at.bytes) / seconds;
  if (seconds > 6) Object.assign(at, { bytes: sent, when: performance.now() });
  if (sent >= item.size) say(item, text().finishing);
  else if (item.rate > 0) say(item, filled(text().left, { rate: bytes(item.rate), time: time((item.size - sent) / item.rate) }));
  sum();
}

async function arrived(item) {
  item.state = "settles";
  const token = item.upload.url.split("/").pop();
  const body = new URLSearchParams({ upload: token, name: item.name, path: item.path, modified: item.modified || "", conflict: item.conflict });
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`/drive/folders/${item.folder}/arrivals`, { method: "POST", body, headers: { "Idempotency-Key": item.id } }).catch(() => undefined);
    if (answer?.ok) return done(item, answer.status === 204);
    if (answer && answer.status < 500 && answer.status !== 429) throw new Error((await answer.json().catch(() => ({}))).error ?? (await reason(answer)));
    say(item, text().lost);
    await new Promise((later) => setTimeout(later, Math.min(30_000, 1000 * 2 ** tries)));
  }
}

const reason = async (answer) => JSON.parse(answer.headers.get("HX-Trigger") ?? "{}").toast?.text ?? String(answer.status);

function done(item, skipped) {
  item.state = "done";
  item.sent = item.size;
  item.row.classList.add("is-done");
  say(item, skipped ? text().skipped : text().done);
  store.remove(item.id);
  item.file = item.upload = undefined;
  if (queue.size > MOST_ROWS) item.row.remove();
  sum();
  clearTimeout(told);
  told = setTimeout(() => document.body.dispatchEvent(new CustomEvent("drive:changed", { bubbles: true })), 400);
}

async function failed(item, error) {
  if (item.state === "done") return;
  const status = error.originalResponse?.getStatus?.();
  if (status === 404 && item.url) { // forgotten by the server: begin anew
    item.url = "";
    item.state = "waits";
    return keep(item, { url: "" });
  }
  item.state = "failed";
  item.row.classList.add("is-failed");
  button(item, true);
  say(item, filled(text().failed, { why: error.originalResponse?.getBody?.() || error.message }));
  store.remove(item.id);
}

function pause(item) {
  if (!["runs", "waits"].includes(item.state)) return;
  const wasRunning = item.state === "runs";
  item.state = "paused";
  if (item.row) [say(item, text().paused), button(item, true)];
  if (wasRunning) Promise.resolve(item.upload?.abort()).then(() => ((item.url = item.upload?.url ?? item.url), item.end?.()));
}

function waiting(item) {
  item.state = "waits";
  if (item.row) [button(item, false), say(item, text().waits)];
}

function go(item) {
  item.row?.classList.remove("is-failed");
  waiting(item);
  pump();
}

function button(item, paused) {
  face(item);
  const pressed = item.row.querySelector("[data-pause]");
  const word = paused ? text().resume : text().pause;
  pressed.setAttribute("aria-label", word);
  pressed.dataset.tip = word;
  const use = pressed.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, paused ? "#play" : "#pause"));
}

function stop(item) {
  item.upload?.abort(true).catch(() => {});
  item.end?.();
  queue.delete(item.id);
  item.row.remove();
  store.remove(item.id);
  sum();
  if (!queue.size) panel.remove();
}

function lost(item) {
  item.state = "lost-file";
  say(item, text().again);
  button(item, true);
}

async function pick(item) {
  if (item.handle && (await item.handle.requestPermission({ mode: "read" }).catch(() => "denied")) === "granted") {
    item.file = await item.handle.getFile().catch(() => undefined);
    if (item.file) return go(item);
  }
  const input = Object.assign(document.createElement("input"), { type: "file" });
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (file?.name !== item.name || file.size !== item.size) return say(item, text().again);
    item.file = file;
    go(item);
  });
  input.click();
}

function keep(item, changes) {
  Object.assign(item, changes);
  return store.change(item.id, changes);
}

function say(item, words) {
  face(item);
  item.row.querySelector("[data-state]").textContent = words ?? "";
}

function sum() {
  frame ||= requestAnimationFrame(total);
}

function total() {
  frame = 0;
  if (!panel?.isConnected) return;
  const all = [...queue.values()];
  const [sent, size] = all.reduce(([a, b], item) => [a + item.sent, b + item.size], [0, 0]);
  const ready = all.filter(({ state }) => state === "done").length;
  panel.querySelector(":scope > progress").value = size ? sent / size : all.length ? ready / all.length : 1;
  panel.querySelector("[data-summary]").textContent = filled(text().title, { done: ready, all: all.length });
  panel.dataset.done = String(ready === all.length);
}

function bytes(number) {
  const unit = number < 1e6 ? ["kilobyte", 1e3] : number < 1e9 ? ["megabyte", 1e6] : ["gigabyte", 1e9];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: unit[0], unitDisplay: "short", maximumFractionDigits: 1 }).format(number / unit[1]);
}

function time(seconds) {
  const [value, unit] = seconds < 90 ? [Math.max(1, Math.round(seconds)), "second"] : seconds < 5400 ? [Math.round(seconds / 60), "minute"] : [Math.round(seconds / 3600), "hour"];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "short" }).format(value);
}

// Back online: whoever waits for its next try begins it now.
addEventListener("online", () => {
  for (const item of queue.values()) if (item.state === "runs" && item.upload) item.upload.abort().then(() => item.state === "runs" && item.upload.start());
});
addEventListener("beforeunload", (event) => {
  if ([...queue.values()].some(({ state, size, handle }) => state === "runs" && size > SMALL && !handle)) event.preventDefault();
});
