// The service worker. The server puts VERSION, SHELL (the addresses of this version's files) and self.outbox in front of it.
// Files of the shell come from this device. Pages and their parts come from the network and, when it is away or slow, as they
// were last seen here; each person's copies are apart, bounded, and wiped when they sign out. Nothing else is touched.
const KEPT_SHELL = `shell ${VERSION}`;
const LOOK = "look"; // the brand's stylesheet and icons
const pagesOf = (holder) => `pages ${holder}`;
const MOST_PAGES = 300;
const MOST_LOOKS = 30;
const DAY = 86_400_000;
const OLDEST = 30 * DAY;
const PATIENCE = 4_000;
const VIEW = "div#view"; // what htmx says it asks for on a move inside the shell
const NEVER_KEPT = /^\/(search|manager|setup|sign-in|sign-out|offline|styleguide|api|account\/(security|confirm|sync|two-factor))(\/|$)/;

const latest = { holder: undefined, prepared: "", looked: 0 };

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => answer(event));
addEventListener("sync", (event) => event.tag === "outbox" && event.waitUntil(sendOutbox()));
addEventListener("message", (event) => {
  if (event.data === "version") event.ports[0].postMessage(VERSION);
  if (event.data === "activate") skipWaiting();
  if (event.data === "keep") event.waitUntil(keepOpen(event.source));
});

async function install() {
  const cache = await caches.open(KEPT_SHELL);
  await cache.addAll(SHELL);
  await cache.put("/offline", await fetch("/offline", { credentials: "omit", cache: "no-store" }));
}

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith("shell ") && name !== KEPT_SHELL);
  await registration.navigationPreload?.enable();
  await clients.claim();
  await Promise.all(old.map((name) => caches.delete(name)));
}

// A page that was loaded before there was a worker is kept, too.
async function keepOpen(client) {
  const place = new URL(client.url);
  if (isKept(place)) await note(await fetch(place), place, "");
}

// -- which requests are ours

function answer(event) {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST") event.waitUntil(posted(url));
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(file(request, url));
  else if (url.pathname === "/brand.css" || url.pathname.startsWith("/icons/")) event.respondWith(look(event, url));
  else if (request.mode === "navigate" || request.headers.has("HX-Request")) event.respondWith(page(event, url));
}

const isKept = (url) => !NEVER_KEPT.test(url.pathname);

// A POST is never answered here: a form that another site made must reach the server as that site's.
async function posted({ pathname }) {
  if (pathname.startsWith("/account")) await prepareAnew(); // the offline page shows name, language and theme
  if (pathname === "/sign-out") await outbox.remember("leaving", Date.now()).catch(() => {});
}

// -- files

async function file(request, url) {
  const cache = await caches.open(KEPT_SHELL);
  const kept = await cache.match(request, { ignoreVary: true });
  if (kept) return kept;
  try {
    return await fetch(request);
  } catch (error) {
    // A page kept from before an upgrade asks for the files of then: like the server, give it those of now.
    const now = await cache.match(url.pathname.replace(/^\/static\/[^/]+/, `/static/${VERSION}`), { ignoreVary: true });
    if (now) return now;
    throw error;
  }
}

async function look(event, url) {
  const cache = await caches.open(LOOK);
  const kept = await cache.match(event.request, { ignoreVary: true });
  if (kept) return kept;
  try {
    const response = await fetch(event.request);
    if (response.headers.get("Cache-Control")?.includes("immutable")) event.waitUntil(keepLook(cache, event.request, response.clone()));
    return response;
  } catch (error) {
    const other = url.pathname === "/brand.css" && (await cache.match(event.request, { ignoreSearch: true, ignoreVary: true }));
    if (other) return other;
    throw error;
  }
}

async function keepLook(cache, request, response) {
  await cache.put(request, response);
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST_LOOKS)).map((key) => cache.delete(key)));
}

// -- pages and their parts

async function page(event, url) {
  const { request } = event;
  const part = request.mode === "navigate" ? "" : request.headers.get("HX-Target") || "-";
  const network = fromNetwork(event);
  event.waitUntil(network.then((response) => note(response.clone(), url, part)).catch(() => {}));
  const response = await Promise.race([network.catch(() => undefined), pause(PATIENCE)]);
  if (response && ![502, 503, 504].includes(response.status)) return response;
  const kept = isKept(url) && (await lastSeen(url, part));
  if (kept) return kept;
  return network.catch(() => unseen(part));
}

async function fromNetwork(event) {
  return (await event.preloadResponse) || fetch(event.request);
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Learn from an answer of the server: whose device this is, whether there is a newer version, and what the page looks like.
async function note(response, url, part) {
  const version = response.headers.get("Chalet-Version");
  if (!version || response.status >= 500) return;
  const holder = response.headers.get("Chalet-For") ?? "";
  if (version !== VERSION) lookForUpdate();
  await adopt(holder);
  if (holder && [403, 404, 410].includes(response.status)) await drop(holder, url, part);
  if (holder && isKept(url) && isKeepable(response)) await keep(holder, keyOf(url, part), response);
  if (holder && !part) await prepare(holder);
}

function lookForUpdate() {
  if (Date.now() - latest.looked < 60_000) return;
  latest.looked = Date.now();
  registration.update().catch(() => {});
}

const isKeepable = ({ status, type, redirected, headers }) =>
  status === 200 && type === "basic" && !redirected && headers.get("Content-Type")?.startsWith("text/html") && !/no-store/.test(headers.get("Cache-Control"));

// A page and its parts share an address: the part asked for is put into the key.
function keyOf(url, part) {
  const key = new URL(url);
  key.hash = "";
  if (part) key.searchParams.set("_part", part);
  return key.href;
}

async function keep(holder, key, response) {
  const cache = await caches.open(pagesOf(holder));
  const text = await response.text();
  const headers = new Headers(response.headers);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  headers.set("Kept-At", Date.now());
  headers.set("Kept-Title", encodeURIComponent(text.match(/<title>([^<]*)/)?.[1] ?? ""));
  await cache.put(key, new Response(text, { headers })).catch(() => Promise.all([caches.delete(pagesOf(holder)), prepareAnew()])); // the device is full
  await trim(cache);
}

// It is gone, or no longer for this person.
async function drop(holder, url, part) {
  const cache = await caches.open(pagesOf(holder));
  await Promise.all([keyOf(url, part), keyOf(url, "")].map((key) => cache.delete(key)));
}

async function trim(cache) {
  const keys = await cache.keys();
  while (keys.length > MOST_PAGES) await cache.delete(keys.shift());
  while (keys.length && !isFresh(await cache.match(keys[0]))) await cache.delete(keys.shift());
}

const isFresh = (kept) => Boolean(kept) && Date.now() - Number(kept.headers.get("Kept-At")) < OLDEST;

async function lastSeen(url, part) {
  const holder = await whoIsHere();
  if (!holder) return undefined;
  const cache = await caches.open(pagesOf(holder));
  const kept = await cache.match(keyOf(url, part), { ignoreVary: true });
  if (isFresh(kept)) return asOf(kept, part);
  if (part !== VIEW || !isFresh(await cache.match(keyOf(url, ""), { ignoreVary: true }))) return undefined;
  return new Response("", { headers: { "HX-Redirect": url.href, "HX-Reswap": "none" } }); // only the whole page was seen
}

// A kept page says when it was kept: parts in a header, whole pages on their root element, where the page's own script sees it.
async function asOf(kept, part) {
  const headers = new Headers(kept.headers);
  headers.set("Chalet-As-Of", kept.headers.get("Kept-At"));
  const text = await kept.text();
  return new Response(part ? text : text.replace("<html ", `<html data-as-of="${Number(kept.headers.get("Kept-At"))}" `), { headers });
}

// What stands in for a page that isn't kept: the holder's own offline page, else everybody's. It fills itself with the view of
// its address where only that is kept.
async function unseen(part) {
  if (part && part !== VIEW) return Response.error();
  const holder = await whoIsHere();
  const own = holder && (await (await caches.open(pagesOf(holder))).match(keyOf(new URL("/offline", location), part), { ignoreVary: true }));
  if (own) return own;
  return (!part && (await (await caches.open(KEPT_SHELL)).match("/offline", { ignoreVary: true }))) || Response.error();
}

// Keep the holder's offline page, new each day, and the page on which the installed app starts.
async function prepare(holder) {
  const mark = `${VERSION} ${holder} ${Math.floor(Date.now() / DAY)}`;
  latest.prepared ||= (await outbox.recall("prepared").catch(() => "")) ?? "";
  const cache = await caches.open(pagesOf(holder));
  const offline = new URL("/offline", location);
  if (latest.prepared === mark && (await cache.match(keyOf(offline, ""), { ignoreVary: true }))) return;
  latest.prepared = mark;
  await outbox.remember("prepared", mark).catch(() => {});
  for (const part of ["", VIEW]) await fetchAndKeep(holder, offline, part);
  const start = new URL("/", location);
  if (!(await cache.match(keyOf(start, ""), { ignoreVary: true }))) await fetchAndKeep(holder, start, "");
}

async function prepareAnew() {
  latest.prepared = "";
  await outbox.remember("prepared", "").catch(() => {});
}

async function fetchAndKeep(holder, url, part) {
  const response = await fetch(url, { headers: part ? { "HX-Request": "true", "HX-Target": part } : {} }).catch(() => undefined);
  if (response && isKeepable(response) && response.headers.get("Chalet-For") === holder) await keep(holder, keyOf(url, part), response);
}

// -- whose device this is

const accountOf = (holder) => holder.split(".")[0];

async function whoIsHere() {
  latest.holder ??= (await outbox.recall("holder").catch(() => "")) ?? "";
  return latest.holder;
}

async function adopt(holder) {
  const before = await whoIsHere();
  if (before === holder) return;
  latest.holder = holder;
  await outbox.remember("holder", holder).catch(() => {});
  if (before && accountOf(before) !== accountOf(holder)) await forget(accountOf(before));
}

// Without a session nobody reads this person's pages here. What they wrote waits for them, unless they chose to sign out.
async function forget(account) {
  const theirs = (await caches.keys()).filter((name) => name.startsWith(pagesOf(`${account}.`)));
  await Promise.all(theirs.map((name) => caches.delete(name)));
  await prepareAnew();
  const leftAt = await outbox.recall("leaving").catch(() => 0);
  if (Date.now() - (leftAt ?? 0) < 60_000) await outbox.clear(account).catch(() => {});
}

// -- the outbox, when no page is open to send it

async function sendOutbox() {
  const channel = new BroadcastChannel("outbox");
  const isDone = await outbox.drain(await whoIsHere(), (entry) => channel.postMessage(entry));
  channel.close();
  if (!isDone) throw new Error("Something still waits to be sent.");
}
