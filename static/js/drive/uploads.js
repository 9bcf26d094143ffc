// Uploads of Drive: a queue that goes on after a lost connection, a reload, and a move to another page. Small files go many in a
// request, larger ones by tus, in parts at once when they are very large. What waits is remembered in IndexedDB: the file itself
// while it is not large, else the handle that the browser gave for it; where there is neither, the file is asked for again and goes on
// where it stopped. An item waits, runs, settles (all has arrived), or is paused, failed, nowhere (its file is asked for) or done.
import { decide } from "./upload-files.js";
import { face } from "./upload-panel.js";
import { isLost, isReadable, Refusal, sendParcel, settle } from "./upload-requests.js";
import { open } from "./upload-store.js";
import { library } from "../tus.js";
import { uniqueId } from "../unsafe.js";

const CONNECTIONS = 3; // of the six that a browser has for a server: pages go on meanwhile
const AT_A_TIME = 200; // remembered in one go
const CHUNK = 32 << 20;
const PARALLEL_FROM = 256 << 20;
const KEPT = 24 << 20; // kept whole in IndexedDB
const SMALL = 512 << 10; // goes with others
const PARCEL = { files: 100, bytes: 8 << 20, least: 1 / 16, quick: 1_500, slow: 5_000 }; // at most; and the milliseconds by which the part of it that is sent is found
const store = open();
const queue = new Map(); // id → item
const waits = new Set();
let running = 0, allPaused = false, told, part = 1 / 4, pause = 0, notBefore = 0, timer, claimed;

const seen = face(queue, {
  pauseAll() {
    allPaused = !allPaused;
    for (const item of queue.values()) allPaused ? hold(item) : item.state === "paused" && go(item);
    pump();
    return allPaused;
  },
  pause: (item) => (item.state === "nowhere" ? pick(item) : ["paused", "failed"].includes(item.state) ? go(item) : hold(item)),
  stop,
  close() {
    if ([...queue.values()].some(({ state }) => ["waits", "runs", "settles", "paused"].includes(state))) return false;
    store.remove([...queue.keys()]);
    queue.clear();
    return true;
  },
});

/** Upload files into a folder; names that are taken are asked about once. */
export async function send(files, folder) {
  if (!files.length || !folder) return;
  const conflict = await decide(files.map(({ file, path }) => (path ? `${path}/${file.name}` : file.name)), folder);
  if (!conflict) return;
  const together = files.length > 1 ? uniqueId() : ""; // one line in What I did
  const items = files.map(({ file, path, handle }) => ({
    id: uniqueId(), folder, path, name: file.name, size: file.size, modified: file.lastModified, conflict, together, file, handle,
  }));
  for (let at = 0; at < items.length; at += AT_A_TIME) {
    const some = items.slice(at, at + AT_A_TIME);
    await store.put(some.map((item) => ({ ...item, file: item.size <= KEPT ? item.file : undefined })));
    some.forEach(add);
    pump();
  }
}

/** Go on with what a reload or another tab that is gone has left. */
export const resume = () => (claimed ??= claim());

async function claim() {
  for (const item of await store.claim(claim)) {
    const granted = item.handle && (await item.handle.queryPermission?.({ mode: "read" }).catch(() => "denied")) === "granted";
    item.file ??= granted ? await item.handle.getFile().catch(() => undefined) : undefined;
    add(item);
  }
  pump();
}

function add(item) {
  item.sent = 0;
  queue.set(item.id, item);
  if (item.failed) become(item, "failed", item.failed.name, { why: item.failed.why });
  else if (item.file || item.token) become(item, "waits");
  else become(item, "nowhere", "again");
}

const STANDS = ["paused", "failed", "nowhere"];

function become(item, state, word = state, values = {}) {
  item.state = state;
  waits[state === "waits" ? "add" : "delete"](item);
  const [stands, asks] = [STANDS.includes(state), ["failed", "nowhere"].includes(state)];
  seen.tell(item, word, { ...values, stands, asks, must: asks || (stands && !allPaused) });
}

// -- one after another

function pump() {
  if (allPaused || performance.now() < notBefore) return;
  for (let some; running < CONNECTIONS && (some = next()).length; ) run(some);
}

/** The item that is sent next, or the small ones that go in one request. */
function next() {
  const [first] = waits;
  if (!first || !isSmall(first)) return first ? [first] : [];
  const some = [];
  let size = 0, left = 10 * PARCEL.files;
  for (const item of waits) {
    if (!left-- || some.length >= PARCEL.files * part) break;
    if (!isSmall(item) || item.folder !== first.folder) continue;
    if (some.length && size + item.size > PARCEL.bytes * part) break;
    size += item.size;
    some.push(item);
  }
  return some;
}

const isSmall = (item) => item.size <= SMALL && !item.token && !item.resume;

async function run(some) {
  const [first] = some;
  const weight = first.size >= PARALLEL_FROM ? 2 : 1;
  running += weight;
  for (const item of some) become(item, "runs", "sends");
  try {
    await (isSmall(first) ? runParcel(some) : runUpload(first));
    pause = 0;
  } catch (error) {
    await ended(some.filter(({ state }) => ["runs", "settles"].includes(state)), error);
  }
  running -= weight;
  pump();
}

async function runParcel(some) {
  const control = new AbortController();
  for (const item of some) item.abort = () => control.abort();
  const began = performance.now();
  const results = await sendParcel(some, control.signal);
  const took = performance.now() - began;
  if (took < PARCEL.quick) part = Math.min(1, part * 2);
  if (took > PARCEL.slow) part = Math.max(PARCEL.least, part / 2);
  const ready = some.filter((item, at) => result(item, results[at]));
  store.remove(ready.map(({ id }) => id));
}

/** Whether an item of a parcel is done with. */
function result(item, { error, taken, skipped }) {
  if (error || taken) fail(item, error ? "failed" : "taken", error);
  else done(item, skipped);
  return item.state === "done";
}

async function runUpload(item) {
  if (!item.token && !(await transfer(item))) return;
  become(item, "settles", "finishing");
  const skipped = await settle(item);
  done(item, skipped);
  store.remove([item.id]);
}

/** Send it by tus, and keep the token of what has arrived; whether it all did. What tus remembers of an upload is kept with the item. */
async function transfer(item) {
  const { Upload } = await library();
  if (item.state !== "runs") return false;
  const url = await new Promise((ended, failed) => {
    const upload = new Upload(item.file, {
      endpoint: "/uploads", chunkSize: CHUNK, retryDelays: [0, 1000, 3000], ...parts(item.size),
      uploadDataDuringCreation: item.size <= KEPT, metadata: { filename: item.name, filetype: item.file.type },
      fingerprint: async () => item.id,
      urlStorage: { addUpload: async (_print, resume) => (await keep(item, { resume }), item.id), removeUpload: () => keep(item, { resume: null }), findUploadsByFingerprint: async () => [] },
      // Parts are tried again; all of them together would forget where they were, so that is ours to do.
      onShouldRetry: (error, _tries, { parallelUploads }) => parallelUploads === 1 && isLost(error) && (seen.tell(item, "lost"), true),
      onProgress: (sent) => item.upload === upload && item.state === "runs" && seen.progress(item, sent),
      onSuccess: () => ended(upload.url), onError: failed,
    });
    if (item.resume) upload.resumeFromPreviousUpload({ ...item.resume, urlStorageKey: item.id });
    item.upload = upload;
    item.abort = () => upload.abort().finally(() => ended(""));
    upload.start();
  });
  if (url) await keep(item, { token: url.split("/").pop() });
  return Boolean(url) && item.state === "runs";
}

/** Two parts at once: the server appends the second to the first, so that it is the smaller one. */
function parts(size) {
  if (size < PARALLEL_FROM) return {};
  const border = Math.floor((size / 3) * 2);
  return { parallelUploads: 2, parallelUploadBoundaries: [{ start: 0, end: border }, { start: border, end: size }] };
}

// -- what may become of it

async function ended(items, error) {
  const status = error.originalResponse?.getStatus() ?? 0;
  if (error.name === "AbortError") return items.forEach((item) => become(item, "waits")); // another of the same parcel was stopped
  const isSignedOut = error.name === "signedOut" || (error.originalResponse && status < 300); // tus was led to the page that signs in
  if (isSignedOut) return (notBefore = Infinity), items.forEach((item) => become(item, "waits", "signedOut"));
  if (error instanceof Refusal) return items.forEach((item) => (isForgotten(item, error.status) ? anew(item) : fail(item, error.name, error.why)));
  if (status === 404 && items[0].resume) return anew(items[0]);
  if (error.originalResponse && !isLost(error)) return fail(items[0], "failed", error.originalResponse.getBody() || String(status));
  for (const item of items) {
    if (item.token || (await isReadable(item.file))) become(item, "waits", "lost");
    else fail(item, "unreadable");
  }
  later();
}

// The server forgets an upload when it was made a file of, or after a week.
const isForgotten = (item, status) => status === 404 && item.token && item.file && !item.isAnew;

function anew(item) {
  item.isAnew = true;
  keep(item, { resume: null, token: "" });
  become(item, "waits");
}

/** Nobody answers: everything waits, twice as long each time. */
function later() {
  if (performance.now() < notBefore) return;
  pause = Math.min(20_000, 2 * pause || 1_000);
  notBefore = performance.now() + pause;
  clearTimeout(timer);
  timer = setTimeout(pump, pause + 10);
}

function done(item, skipped) {
  item.file = item.upload = undefined;
  become(item, "done", skipped ? "skipped" : "done");
  clearTimeout(told);
  told = setTimeout(() => document.body.dispatchEvent(new CustomEvent("drive:changed", { bubbles: true })), 400);
}

function fail(item, name, why = "") {
  keep(item, { failed: { name, why } });
  become(item, "failed", name, { why });
}

function hold(item) {
  const ran = item.state === "runs";
  if (!ran && item.state !== "waits") return;
  become(item, "paused");
  if (ran) item.abort?.();
}

function go(item) {
  keep(item, { failed: null });
  if (!item.file && !item.token) return pick(item);
  become(item, "waits");
  pump();
}

function stop(item) {
  const { state, upload } = item;
  item.state = "stopped";
  if (state === "runs") item.abort?.();
  upload?.abort(true).catch(() => {});
  waits.delete(item);
  queue.delete(item.id);
  store.remove([item.id]);
  seen.gone(item);
}

async function pick(item) {
  const allowed = item.handle && (await item.handle.requestPermission({ mode: "read" }).catch(() => "denied")) === "granted";
  const file = (allowed && (await item.handle.getFile().catch(() => undefined))) || (await chosen());
  if (!file) return;
  if (file.name !== item.name || file.size !== item.size) return become(item, "nowhere", "again");
  item.file = file;
  go(item);
}

function chosen() {
  const input = Object.assign(document.createElement("input"), { type: "file" });
  return new Promise((done) => {
    input.addEventListener("change", () => done(input.files[0]));
    input.addEventListener("cancel", () => done(undefined));
    input.click();
  });
}

function keep(item, changes) {
  Object.assign(item, changes);
  return store.change(item.id, changes);
}

/** The network or the server is back: whoever waits for its next try begins it now. */
function again() {
  notBefore = pause = 0;
  for (const item of queue.values()) {
    if (item.state !== "runs" || !item.upload) continue;
    become(item, "waits");
    item.abort();
  }
  pump();
}

const root = document.documentElement;
addEventListener("online", again);
new MutationObserver(() => root.dataset.live === "on" && again()).observe(root, { attributeFilter: ["data-live"] });
addEventListener("beforeunload", (event) => {
  if ([...queue.values()].some(({ state, size, handle }) => state === "runs" && size > KEPT && !handle)) event.preventDefault();
});
