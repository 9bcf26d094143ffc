// The page's side of being an app: the service worker and its updates, "as of" for pages seen offline, installing.
import { forgetDrafts, keepDrafts } from "./drafts.js";
import "./outbox-forms.js";
import { localise } from "./times.js";

const root = document.documentElement;
const { version } = document.querySelector('meta[name="chalet"]').dataset;
const workers = navigator.serviceWorker;
const HOUR = 3_600_000;
const RETRIES = [2_000, 5_000, 15_000, 60_000]; // after a look at which the server was still starting
let registration, next, lookedAt = Date.now(), looking, failures = 0;

// -- updates: a strip offers to reload, and what is typed comes back after it

function offer(worker) {
  next = worker ?? next;
  document.getElementById("update")?.removeAttribute("hidden");
}

function reload() {
  keepDrafts();
  if (!next) return location.reload();
  workers.addEventListener("controllerchange", () => location.reload(), { once: true });
  next.postMessage("activate");
  setTimeout(() => location.reload(), 4_000);
}

function versionOf(worker) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage("version", [port2]);
  });
}

// A page that the server made after the upgrade is newer than its worker: then there is nothing to reload.
async function waits(worker) {
  if ((await versionOf(worker)) === version) worker.postMessage("activate");
  else offer(worker);
}

async function tookOver() {
  if (!next && workers.controller && (await versionOf(workers.controller)) !== version) offer();
}

async function register() {
  registration = await workers.register("/sw.js", { updateViaCache: "none" });
  if (registration.waiting) waits(registration.waiting);
  registration.addEventListener("updatefound", () => comes(registration.installing));
  if (registration.installing) comes(registration.installing); // found before we listened
  if (workers.controller) workers.addEventListener("controllerchange", tookOver);
  else workers.addEventListener("controllerchange", () => workers.controller.postMessage("keep"), { once: true });
}

function comes(coming) {
  coming?.addEventListener("statechange", () => {
    if (coming.state === "installed" && workers.controller) waits(coming);
    if (coming.state === "redundant" && coming !== next) lookAgain(); // its files could not all be fetched
  });
}

async function look() {
  lookedAt = Date.now();
  clearTimeout(looking);
  try {
    await registration?.update();
  } catch {
    lookAgain();
  }
}

// The server answers with another version than this page's.
function notice() {
  if (!next && Date.now() - lookedAt > 10_000) look();
}

function lookAgain() {
  clearTimeout(looking);
  if (failures < RETRIES.length) looking = setTimeout(look, RETRIES[failures]);
  failures += 1;
}

if (workers) {
  const start = () => register().catch(() => {}); // without a worker everything works, but for being offline
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
}
document.addEventListener("visibilitychange", () => document.hidden || Date.now() - lookedAt < HOUR || look());
// The socket comes back after the server was started anew, perhaps upgraded, however young the page; not everybody asks at once.
new MutationObserver(() => {
  if (root.dataset.live !== "on") return;
  failures = 0;
  clearTimeout(looking);
  looking = setTimeout(look, Math.random() * 3_000);
}).observe(root, { attributeFilter: ["data-live"] });

document.addEventListener("click", ({ target }) => target.closest?.("[data-reload]") && reload());
document.addEventListener("submit", ({ target, defaultPrevented }) => {
  if (target.getAttribute("action") !== "/sign-out" || defaultPrevented) return;
  forgetDrafts();
  self.outbox?.remember?.("leaving", Date.now()).catch(() => {}); // where no worker sees it, the next one knows
});

// -- pages seen offline

function showAge() {
  const time = document.querySelector(".strip-as-of time");
  if (!time || !root.dataset.asOf) return;
  const at = new Date(Number(root.dataset.asOf));
  time.dateTime = at.toISOString();
  time.dataset.format = at.toDateString() === new Date().toDateString() ? "time" : "datetime";
  localise(time);
}

document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const { headers } = ctx.response ?? {};
  if (!headers) return;
  if (ctx.target?.id === "view") {
    if (headers.has("Chalet-As-Of")) root.dataset.asOf = headers.get("Chalet-As-Of");
    else delete root.dataset.asOf;
    showAge();
  }
  const theirs = headers.get("Chalet-Version");
  if (theirs && theirs !== version && !headers.has("Chalet-As-Of")) registration ? notice() : offer();
});
showAge();

// -- installing: the manifest is that of the app that is shown

let prompt;
const wantsInstalling = new URLSearchParams(location.search).has("install");
const manifest = document.querySelector('link[rel="manifest"]');

function installable(isIt) {
  root.toggleAttribute("data-installable", isIt);
}

// Whoever came to install sees how, also where the browser has no prompt of its own.
if (wantsInstalling && !matchMedia("(display-mode: standalone)").matches) document.getElementById("install-offer")?.removeAttribute("hidden");

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  prompt = event;
  installable(true);
});
addEventListener("appinstalled", () => {
  installable(false);
  document.getElementById("install-offer")?.setAttribute("hidden", "");
});
document.addEventListener("click", ({ target }) => target.closest?.("[data-install-now]") && install());

export async function install() {
  const asked = prompt;
  prompt = undefined;
  installable(false);
  await asked?.prompt();
}

// Moves inside the shell leave the head as it was.
function nameApp() {
  const here = document.querySelector('#rail [aria-current="page"]')?.dataset.app;
  const app = manifest.dataset.apps.split(" ").includes(here) ? here : "home";
  const address = new URL(manifest.href);
  if (address.searchParams.get("app") === app) return;
  address.searchParams.set("app", app);
  manifest.href = address;
  prompt = undefined;
  installable(false);
  const touch = document.querySelector('link[rel="apple-touch-icon"]');
  touch.href = touch.href.replace(/(icons\/[^/]+\/).*$/, `$1${app === "home" ? "" : `${app}/`}touch-180.png`);
  const title = document.querySelector('meta[name="apple-mobile-web-app-title"]');
  title.content = app === "home" ? title.dataset.suite : document.querySelector(`#rail [data-app="${app}"] > span`).textContent;
}
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => ctx.target?.id === "view" && nameApp());

// -- launching: an open window takes what the app was asked for

if ("launchQueue" in self) import("./launch.js");

// -- places that stay readable: fetched again when this page came, after being away, and by the browser itself where it can

function refreshPlaces() {
  if (!document.querySelector('meta[name="chalet"]').dataset.for) return;
  workers?.ready.then(({ active, periodicSync }) => {
    active.postMessage("refresh");
    return periodicSync?.register("places", { minInterval: 12 * HOUR });
  }).catch(() => {}); // not allowed before the app is installed
}
addEventListener("load", () => setTimeout(refreshPlaces, 5_000));
addEventListener("online", refreshPlaces);
