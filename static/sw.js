// The service worker. The server puts VERSION, SHELL (the addresses of this version's files) and self.outbox in front of it.
// Files of the shell come from this device. Pages and their parts come from the network and, when it is away or slow, as they
// were last seen here; each person's copies are apart, bounded, and wiped when they sign out. Places that somebody chose, and those
// every device keeps, are fetched again while there is a connection. Nothing depends on this device's clock: only the server's counts.
const KEPT_SHELL = `shell ${VERSION}`;
const LOOK = "look"; // the brand’s stylesheet, icons and pictures
const pagesOf = (holder) => `pages ${holder}`;
const MOST_PAGES = 300;
const MOST_BYTES = 50_000_000;
const MOST_CHOSEN = 40;
const TRIM_AFTER = 20; // pages kept since the last look at how much there is
const MOST_LOOKS = 30;
const DAY = 86_400_000;
const OLDEST = 30 * DAY;
const REFRESH_AFTER = 600_000;
const PATIENCE = 4_000;
const VIEW = "div#view"; // what htmx says it asks for on a move inside the shell
const NEVER_KEPT = /^\/(search|manager|setup|sign-in|sign-out|offline$|styleguide|api|account\/(security|confirm|sync|two-factor))(\/|$)/;

const latest = { holder: undefined, prepared: "", looked: 0, serverTime: 0, keptSinceTrim: 0 };

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => answer(event));
addEventListener("sync", (event) => event.tag === "outbox" && event.waitUntil(sendOutbox()));
addEventListener("periodicsync", (event) => event.tag === "places" && event.waitUntil(refresh()));
addEventListener("message", (event) => {
  if (event.data === "version") event.ports[0].postMessage(VERSION);
  if (event.data === "activate") skipWaiting();
  if (event.data === "keep") event.waitUntil(keepOpen(event.source));
  if (event.data === "refresh") event.waitUntil(refresh());
  if (event.data === "refresh now") event.waitUntil(refresh(true).then(() => event.ports[0]?.postMessage("done")));
  if (event.data === "wipe") event.waitUntil(wipe().then(() => event.ports[0]?.postMessage("done")));
});

async function install() {
  const cache = await caches.open(KEPT_SHELL);
  await cache.addAll(SHELL);
  await cache.put("/offline", await fetch("/offline", { credentials: "omit", cache: "no-store" }));
}

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith("shell ") && name !== KEPT_SHELL);
  await registration.navigationPreload?.disable(); // WebKit gives a page the body of one answer and the policy, with its nonce, of the other
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
  if (isShare(request, url)) return event.respondWith(takeShare(request, url));
  if (request.method === "POST") event.waitUntil(posted(url));
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(file(request, url));
  else if (url.pathname === "/brand.css" || /^\/(icons|brand)\//.test(url.pathname)) event.respondWith(look(event, url));
  else if (isDownload(url)) return; // of any size, so no copy is made of it
  else if (request.mode === "navigate" || request.headers.has("HX-Request")) event.respondWith(page(event, url));
}

const isDownload = ({ pathname }) => /^\/(drive|s)\/(.*\/)?(content|zip)$/.test(pathname);
const isKept = (url) => !NEVER_KEPT.test(url.pathname);

// What the system's share sheet sends waits on the device for the page on which one picks where it goes; so it needs no connection.
// A form on another site is not the share sheet: it has a referrer, or reaches the server, which refuses it.
const isShare = ({ method, mode, referrer }, url) => method === "POST" && /^(\/[a-z]+)?\/share$/.test(url.pathname) && mode === "navigate" && (!referrer || referrer.startsWith(location.origin));

async function takeShare(request, { pathname }) {
  const form = await request.formData();
  const text = (name) => (typeof form.get(name) === "string" ? form.get(name) : "");
  const shared = { for: accountOf(await whoIsHere()), title: text("title"), text: text("text"), url: text("url") };
  const files = form.getAll("file").filter((one) => one instanceof File && one.name);
  await outbox.remember("shared", { ...shared, files }).catch(() => outbox.remember("shared", { ...shared, lost: files.length })); // the device is full
  return Response.redirect(pathname, 303);
}

// No other POST is answered here: a form that another site made must reach the server as that site's.
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
  const network = fetch(request);
  event.waitUntil(network.then((response) => note(response.clone(), url, part)).catch(() => {}));
  const response = await Promise.race([network.catch(() => undefined), pause(PATIENCE)]);
  if (response && ![502, 503, 504].includes(response.status)) return response;
  const kept = isKept(url) && (await lastSeen(url, part));
  if (kept) return kept;
  return network.catch(() => unseen(part));
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Learn from an answer of the server: whose device this is, whether there is a newer version, and what the page looks like.
async function note(response, url, part) {
  const version = response.headers.get("Chalet-Version");
  if (!version || response.status >= 500) return;
  await noteTime(response);
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
  const text = await response.text();
  if ((await whoIsHere()) !== holder) return;
  const cache = await caches.open(pagesOf(holder));
  const headers = new Headers(response.headers);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  headers.set("Kept-At", timeOf(response) || latest.serverTime);
  headers.set("Kept-Size", text.length);
  headers.set("Kept-Title", encodeURIComponent(text.match(/<title>([^<]*)/)?.[1] ?? ""));
  await cache.put(key, new Response(text, { headers })).catch(() => Promise.all([caches.delete(pagesOf(holder)), prepareAnew()])); // the device is full
  latest.keptSinceTrim += 1;
  if (latest.keptSinceTrim >= TRIM_AFTER) await trim(holder, cache);
}

// It is gone, or no longer for this person.
async function drop(holder, url, part) {
  const cache = await caches.open(pagesOf(holder));
  await Promise.all([keyOf(url, part), keyOf(url, "")].map((key) => cache.delete(key)));
}

// Too old, too many or too large: the oldest go first, chosen places last.
async function trim(holder, cache) {
  latest.keptSinceTrim = 0;
  const chosen = new Set((await chosenBy(holder)).map(({ url }) => new URL(url, location).pathname));
  const kept = await Promise.all((await cache.keys()).map((request) => facts(cache, request, chosen)));
  kept.sort((one, other) => other.isChosen - one.isChosen || other.at - one.at);
  let bytes = 0, number = 0;
  for (const { request, at, size, isChosen } of kept) {
    bytes += size;
    number += 1;
    if (number > MOST_PAGES || bytes > MOST_BYTES || (!isChosen && isOld(at))) await cache.delete(request);
  }
}

async function facts(cache, request, chosen) {
  const { headers } = (await cache.match(request, { ignoreVary: true })) ?? new Response();
  return { request, at: Number(headers.get("Kept-At")), size: Number(headers.get("Kept-Size")), isChosen: chosen.has(new URL(request.url).pathname) };
}

const isOld = (at) => latest.serverTime - at > OLDEST;
const isFresh = (kept) => Boolean(kept) && !isOld(Number(kept.headers.get("Kept-At")));

// -- what time it is: the latest that the server has said

const timeOf = ({ headers }) => Date.parse(headers.get("Date")) || 0;

async function noteTime(response) {
  latest.serverTime ||= (await outbox.recall("server-time").catch(() => 0)) ?? 0;
  const time = timeOf(response);
  if (time < latest.serverTime + 60_000) return;
  latest.serverTime = time;
  await outbox.remember("server-time", time).catch(() => {});
}

async function lastSeen(url, part) {
  const holder = await whoIsHere();
  if (!holder) return undefined;
  latest.serverTime ||= (await outbox.recall("server-time").catch(() => 0)) ?? 0;
  const cache = await caches.open(pagesOf(holder));
  const kept = await cache.match(keyOf(url, part), { ignoreVary: true });
  if (isFresh(kept)) return kept.headers.has("Kept-For") ? Response.redirect(kept.headers.get("Kept-For"), 303) : asOf(kept, part);
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

// Keep the holder's offline page, new each day, and the places that every device has.
async function prepare(holder) {
  const mark = `${VERSION} ${holder} ${Math.floor(latest.serverTime / DAY)}`;
  latest.prepared ||= (await outbox.recall("prepared").catch(() => "")) ?? "";
  const cache = await caches.open(pagesOf(holder));
  const offline = new URL("/offline", location);
  if (latest.prepared === mark && (await cache.match(keyOf(offline, ""), { ignoreVary: true }))) return;
  latest.prepared = mark;
  await outbox.remember("prepared", mark).catch(() => {});
  for (const part of ["", VIEW]) await fetchAndKeep(holder, offline, part);
  await refresh(true);
}

async function prepareAnew() {
  latest.prepared = "";
  await outbox.remember("prepared", "").catch(() => {});
}

async function fetchAndKeep(holder, url, part) {
  const response = await fetch(url, { headers: part ? { "HX-Request": "true", "HX-Target": part } : {} }).catch(() => undefined);
  if (!response || response.headers.get("Chalet-For") !== holder) return;
  if ([403, 404, 410].includes(response.status)) return drop(holder, url, part);
  if (response.redirected) await keepRedirect(holder, url, response);
  else if (isKeepable(response)) await keep(holder, keyOf(url, part), response);
}

// An address that leads to another page, such as that of the conversation read last.
async function keepRedirect(holder, url, response) {
  const page = new Response(response.body, { status: response.status, headers: response.headers });
  if (page.status !== 200 || !isKept(new URL(response.url))) return;
  await keep(holder, keyOf(new URL(response.url), ""), page);
  const headers = { "Kept-For": response.url, "Kept-At": String(timeOf(response) || latest.serverTime), "Kept-Size": "0" };
  await (await caches.open(pagesOf(holder))).put(keyOf(url, ""), new Response("", { headers }));
}

// -- places that stay readable: those that every device has, and those that were chosen here

const chosenBy = async (holder) => (await outbox.recall(`places ${holder}`).catch(() => undefined)) ?? [];

async function refresh(isWanted = false) {
  const holder = await whoIsHere();
  if (!holder) return;
  const last = (await outbox.recall("refreshed").catch(() => undefined)) ?? {};
  if (!isWanted && last.holder === holder && latest.serverTime - last.at < REFRESH_AFTER) return;
  await outbox.remember("refreshed", { holder, at: latest.serverTime }).catch(() => {});
  const places = [...(await everyDevices(holder)), ...(await chosenBy(holder)).slice(0, MOST_CHOSEN)];
  for (const { url } of places) {
    if ((await whoIsHere()) !== holder) return; // gone meanwhile: nothing of theirs may be made anew
    await fetchAndKeep(holder, new URL(url, location), "");
  }
  if (await caches.has(pagesOf(holder))) await trim(holder, await caches.open(pagesOf(holder)));
}

async function everyDevices(holder) {
  try {
    const response = await fetch("/offline/places", { cache: "no-store" });
    await noteTime(response);
    return response.headers.get("Chalet-For") === holder ? await response.json() : [];
  } catch {
    return [];
  }
}

// Everything that can be fetched again goes; what was written and isn't sent yet stays.
async function wipe() {
  await Promise.all((await caches.keys()).filter((name) => name.startsWith("pages ")).map((name) => caches.delete(name)));
  await prepareAnew();
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
  if (Date.now() - (leftAt ?? 0) < 60_000) await Promise.all([outbox.clear(account), outbox.forget(`places ${account}.`), outbox.forget("shared"), outbox.forget("launched")]).catch(() => {});
}

// -- the outbox, when no page is open to send it

async function sendOutbox() {
  const channel = new BroadcastChannel("outbox");
  const isDone = await outbox.drain(await whoIsHere(), (entry) => channel.postMessage(entry));
  channel.close();
  if (!isDone) throw new Error("Something still waits to be sent.");
}
