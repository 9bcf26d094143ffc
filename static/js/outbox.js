// Writes that survive a lost connection, a closed tab and a crash. What a form would post goes through enqueue(); it is kept on
// the device first, then sent, in order within its lane, and done once by the server however often it arrives.
//
//   const { state, status, html, reason } = await enqueue({ url, body, label, lane, key });
//
// state is sent (status and html are the answer), waiting (no connection: sent later), sign-in (sent once its person has signed
// in again) or failed (refused, `reason` says why; it stays in the outbox's panel). Whatever becomes of an entry, also later and
// also in another tab, `document` hears as outbox:entry with {key, state, status, html, reason}; state may then be discarded.
import "./outbox-store.js";

const store = self.outbox;
export const holder = document.querySelector('meta[name="chalet"]')?.dataset.for ?? "";
const channel = new BroadcastChannel("outbox");
const FIRST_PAUSE = 3_000, LONGEST_PAUSE = 60_000;
let pause = FIRST_PAUSE, timer;

const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

// `body`: FormData, URLSearchParams or an object. `lane`: entries of one lane keep their order; by default the address is the lane.
// `label`: what the person sees in the panel; `field`: the name of the field that holds what they typed, which they may then edit.
// `isQuiet`: not worth a strip, and only the latest of its lane counts. `kept` is called once it is on the device: nothing is promised before.
export async function enqueue({ url, method = "POST", body = {}, key = random(), label = "", lane = url, field = "text", isQuiet = false, kept = () => {} }) {
  const fields = Symbol.iterator in body ? [...body] : Object.entries(body).map(([name, value]) => [name, String(value)]);
  const entry = { key, holder, lane, url, method, label, field, body: fields, at: Date.now(), state: "waiting", reason: "", tries: 0, isQuiet, isHeld: false };
  try {
    if (isQuiet) await Promise.all((await entries()).filter((one) => one.isQuiet && one.lane === lane).map(({ order }) => store.remove(order)));
    await store.add(entry);
  } catch {
    return unkept(entry);
  }
  const answered = answer(key);
  tell({ key, lane, state: "added" });
  kept();
  send().then(() => answered.resolve({ key, lane, state: "waiting", status: 0, html: "", reason: "" }));
  return answered.promise;
}

// Send what waits. Called when there is reason to believe that the server can be reached.
export async function send() {
  if (!holder) return;
  clearTimeout(timer);
  if (await store.drain(holder, tell)) pause = FIRST_PAUSE;
  else later();
}

export const entries = () => (holder ? store.list(holder) : Promise.resolve([]));

export async function retry(entry, text) {
  const renewed = { ...(text === undefined ? {} : { [entry.field]: text }), ...(entry.theirs ? { base: String(entry.theirs.base) } : {}) };
  const body = entry.body.map(([name, value]) => [name, renewed[name] ?? value]);
  await store.change(entry.order, { body, state: "waiting", reason: "", tries: 0, theirs: undefined });
  tell({ key: entry.key, lane: entry.lane, state: "waiting", status: 0 });
  await send();
}

// What a kind of write is called in the panel; the words are in the page (pwa/_overlays.html).
export const words = (kind, text) => (document.getElementById("outbox-words")?.dataset[kind] ?? "{text}").replace("{text}", text);

export async function discard(entry) {
  await store.remove(entry.order);
  tell({ key: entry.key, lane: entry.lane, state: "discarded" });
}

// A browser that keeps nothing (some private windows): now or never.
async function unkept(entry) {
  const answer = await store.deliver(entry);
  return { key: entry.key, ...answer, state: answer.state === "sent" ? "sent" : "failed" };
}

function answer(key) {
  const { promise, resolve } = Promise.withResolvers();
  const hear = ({ detail }) => detail.key === key && detail.state !== "added" && settle(detail);
  const settle = (detail) => resolve(detail, document.removeEventListener("outbox:entry", hear));
  document.addEventListener("outbox:entry", hear);
  return { promise, resolve: settle };
}

function tell(detail, isOurs = true) {
  if (isOurs) channel.postMessage(detail);
  document.dispatchEvent(new CustomEvent("outbox:entry", { detail }));
}

function later() {
  timer = setTimeout(send, pause * (0.75 + Math.random() / 2));
  pause = Math.min(LONGEST_PAUSE, pause * 2);
  navigator.serviceWorker?.ready.then(({ sync }) => sync?.register("outbox")).catch(() => {});
}

function soon() {
  pause = FIRST_PAUSE;
  send();
}

channel.onmessage = ({ data }) => tell(data, false);
addEventListener("online", soon);
document.addEventListener("visibilitychange", () => document.hidden || soon());
new MutationObserver(() => document.documentElement.dataset.live === "on" && soon()).observe(document.documentElement, { attributeFilter: ["data-live"] });
send();
