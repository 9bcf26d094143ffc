// The tab's one WebSocket. Code says subscribe(topic, handler); an element says data-live="topic …" and gets bubbling
// live:<kind> events {topic, html, data} while it is in the document. Besides what the server publishes, the kinds are:
//   subscribed  from now on nothing is missed: ask the server for what came since the page was made
//   resume      {away: ms} something may have been missed: ask the server for what came since
//   refused     the topic isn't ours        cut  it isn't ours any more
// data-live-refresh (on the element too) turns changed and resume into one live:refresh, a moment later, once the tab is seen:
//   <section data-live="org:1" data-live-refresh hx-get="…" hx-trigger="live:refresh" hx-swap="outerMorph">
// <html data-live> is connecting, on, reconnecting (for more than a moment) or off (signed out).

const QUIET = 34_000; // the server says something every 25 s
const MOMENT = 2_500;
const LONGEST = 30_000;
const REST = 120_000; // a tab that is seen but not touched for so long isn't in use any more
const SIGNED_OUT = 4001, MOVED = [1012, 4003], SLOW_DOWN = [4029, 4400];

const root = document.documentElement;
const handlers = new Map(); // topic → Set of handlers
const live = new Set(); // topics that the server has confirmed since the socket opened
const known = new Set(); // topics that were confirmed on some socket before
const changes = new Map(); // topic → wanted, to be told to the server
let socket, retry, warning, tries = 0, heardAt = 0, lostAt = 0, isFlushing = false;

// Hear what is published to a topic: handler({topic, kind, html, data}). Returns what ends it.
export function subscribe(topic, handler) {
  const listeners = handlers.get(topic) ?? handlers.set(topic, new Set()).get(topic);
  if (!listeners.size) change(topic, true);
  else if (live.has(topic)) queueMicrotask(() => listeners.has(handler) && handler({ topic, kind: "subscribed" }));
  listeners.add(handler);
  return () => {
    if (listeners.delete(handler) && !listeners.size) {
      handlers.delete(topic);
      change(topic, false);
    }
  };
}

// Say something that nobody keeps (typing) to those who listen to a topic. Lost while there is no connection.
export function say(topic, kind, data) {
  if (live.has(topic)) send({ say: { t: topic, k: kind, d: data } });
}

function change(topic, isWanted) {
  changes.set(topic, isWanted);
  if (isFlushing) return;
  isFlushing = true;
  queueMicrotask(flush);
}

function flush() {
  isFlushing = false;
  if (socket?.readyState !== WebSocket.OPEN) return;
  const sub = [], unsub = [];
  for (const [topic, isWanted] of changes) {
    if (isWanted && !live.has(topic)) sub.push(topic);
    if (!isWanted) {
      known.delete(topic);
      if (live.delete(topic)) unsub.push(topic);
    }
  }
  changes.clear();
  if (sub.length || unsub.length) send({ sub, unsub });
}

function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

// -- the connection

function connect() {
  clearTimeout(retry);
  const opening = (socket = new WebSocket(new URL("/live", location.href.replace(/^http/, "ws"))));
  heardAt = Date.now();
  opening.onopen = () => opening === socket && opened();
  opening.onmessage = ({ data }) => opening === socket && heard(data);
  opening.onclose = ({ code }) => opening === socket && lost(code);
}

function opened() {
  heardAt = Date.now();
  for (const topic of handlers.keys()) changes.set(topic, true);
  flush();
  toldUse = true; // what the server takes for granted
  tellUse();
}

function heard(text) {
  heardAt = Date.now();
  if (root.dataset.live !== "on") {
    clearTimeout(warning);
    root.dataset.live = "on";
    tries = 0;
  }
  const away = lostAt ? heardAt - lostAt : 0;
  for (const { t: topic, k: kind, h: html, d: data } of JSON.parse(text)) {
    if (kind === "refetch") handlers.forEach((_, each) => resume(each, 0));
    else if (kind === "subscribed") confirmed(topic, away);
    else {
      if (kind === "cut") live.delete(topic);
      if (kind === "cut" || kind === "refused") known.delete(topic);
      deliver({ topic, kind, html, data });
    }
  }
}

function confirmed(topic, away) {
  live.add(topic);
  if (!handlers.has(topic)) return change(topic, false); // let go while the server was still looking
  if (known.has(topic)) return resume(topic, away);
  known.add(topic);
  deliver({ topic, kind: "subscribed" });
}

const resume = (topic, away) => deliver({ topic, kind: "resume", data: { away } });

function deliver(event) {
  for (const handler of [...(handlers.get(event.topic) ?? [])]) {
    try {
      handler(event);
    } catch (error) {
      reportError(error);
    }
  }
}

function lost(code) {
  const wasOn = root.dataset.live === "on";
  socket = undefined;
  live.clear();
  if (wasOn) lostAt = heardAt;
  if (code === SIGNED_OUT) return end();
  if (wasOn) {
    root.dataset.live = "connecting";
    warning = setTimeout(() => (root.dataset.live = "reconnecting"), MOMENT);
  }
  clearTimeout(retry);
  retry = setTimeout(connect, pause(code));
}

function pause(code) {
  if (SLOW_DOWN.includes(code)) return LONGEST * (1 + Math.random());
  const longest = MOVED.includes(code) ? 2_000 : Math.min(LONGEST, 500 * 2 ** tries);
  tries += 1;
  return longest * (0.5 + Math.random() / 2);
}

function end() {
  clearTimeout(warning);
  root.dataset.live = "off";
  document.dispatchEvent(new CustomEvent("live:signed-out"));
}

// A socket whose network went away says nothing about it: notice the silence, and don't wait for its goodbye.
function check() {
  if (!socket || Date.now() - heardAt < QUIET) return;
  const silent = socket;
  lost(1006);
  silent.close();
}

function wake() {
  check();
  if (root.dataset.live === "off") return end(); // Back, after signing out, shows the page as it was
  if (socket) return;
  tries = 0;
  connect();
}

// -- whether somebody uses this tab: the server makes of it who is there, and who needs a push

let touchedAt = performance.now(), toldUse = true;

function tellUse() {
  const isInUse = !document.hidden && performance.now() - touchedAt < REST;
  if (isInUse === toldUse || socket?.readyState !== WebSocket.OPEN) return;
  toldUse = isInUse;
  send({ active: isInUse });
}

function touched() {
  touchedAt = performance.now();
  if (!toldUse) tellUse();
}

// -- elements

const watched = new Map(); // element → Map(topic → unsubscribe)
const due = new Set(); // elements that want a refresh once the tab is seen

function follow(element) {
  const before = watched.get(element) ?? new Map();
  const topics = element.isConnected ? new Set((element.dataset.live ?? "").split(/\s+/).filter(Boolean)) : new Set();
  for (const [topic, unsubscribe] of before) {
    if (topics.has(topic)) continue;
    unsubscribe();
    before.delete(topic);
  }
  for (const topic of topics) {
    if (!before.has(topic)) before.set(topic, subscribe(topic, (event) => tell(element, event)));
  }
  if (before.size) watched.set(element, before);
  else watched.delete(element);
}

function tell(element, { topic, kind, html, data }) {
  element.dispatchEvent(new CustomEvent(`live:${kind}`, { bubbles: true, detail: { topic, html, data } }));
  if ("liveRefresh" in element.dataset && (kind === "changed" || kind === "resume")) refresh(element);
}

// Everybody hears of a change in the same instant: ask for it within the next third of a second (or so many milliseconds), not at once.
function refresh(element) {
  if (due.has(element)) return;
  due.add(element);
  if (!document.hidden) setTimeout(() => refreshed(element), Math.random() * (Number(element.dataset.liveRefresh) || 300));
}

function refreshed(element) {
  if (document.hidden || !due.delete(element) || !element.isConnected) return;
  element.dispatchEvent(new CustomEvent("live:refresh"));
}

function mutated(records) {
  const touched = new Set();
  for (const { type, target, addedNodes, removedNodes } of records) {
    if (type === "attributes") touched.add(target);
    for (const node of [...removedNodes, ...addedNodes]) {
      if (node.nodeType !== 1) continue;
      if (node.matches("[data-live]")) touched.add(node);
      node.querySelectorAll("[data-live]").forEach((element) => touched.add(element));
    }
  }
  touched.delete(root);
  touched.forEach(follow);
}

root.dataset.live = "connecting";
document.body.querySelectorAll("[data-live]").forEach(follow);
if (document.body.matches("[data-live]")) follow(document.body);
new MutationObserver(mutated).observe(root, { childList: true, subtree: true, attributeFilter: ["data-live"] });
setInterval(check, 5_000);
setInterval(tellUse, 5_000);
for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchmove", "focusin"]) addEventListener(kind, touched, { capture: true, passive: true });
addEventListener("online", wake);
addEventListener("pageshow", wake);
document.addEventListener("resume", wake);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return tellUse();
  touched();
  wake();
  due.forEach((element) => refreshed(element));
});
connect();
