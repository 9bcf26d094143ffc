// What an installed app was launched for, in the window that is open already: an address, or files of the device (app/doors.py).
// Files wait on the device until somebody is signed in and there is a connection.
import { keepDrafts } from "./drafts.js";
import { go } from "./navigation.js";
import "./outbox-store.js";

const NAME = "launched";
const store = self.outbox;
const isSomebodyHere = Boolean(document.querySelector('meta[name="chalet"]').dataset.for);
const isOffline = () => !navigator.onLine || Boolean(document.documentElement.dataset.asOf);

async function launched({ targetURL, files }) {
  const target = new URL(targetURL || location.href, location);
  if (target.origin !== location.origin) return;
  const url = target.pathname + target.search;
  if (files?.length) {
    await store.remember(NAME, { url, files: await Promise.all(files.map((file) => file.getFile())) });
    await handOn();
  } else if (!isStartOfThis(target)) go(url + target.hash);
}

// The icon of an app whose window shows one of its pages: that page is what was wanted.
function isStartOfThis({ pathname, search }) {
  const start = /^\/[a-z]*$/.test(pathname) && !search;
  return start && `${location.pathname}/`.startsWith(`${pathname}/`.replace("//", "/"));
}

async function handOn() {
  const waiting = isSomebodyHere && !isOffline() && (await store.recall(NAME).catch(() => undefined));
  if (!waiting) return;
  const { url, files, isArriving } = waiting;
  const isThere = location.pathname === new URL(url, location).pathname;
  if (isThere || isArriving) await store.forget(NAME); // led elsewhere: this app is not for this person
  if (isThere) return give(files);
  if (isArriving) return;
  keepDrafts();
  await store.remember(NAME, { ...waiting, isArriving: true });
  location.assign(url);
}

// Into the form that asks more first, or right to where they are taken.
function give(files) {
  const chosen = new DataTransfer();
  files.forEach((file) => chosen.items.add(file));
  const asking = document.querySelector('form[data-launched] input[type="file"]');
  const input = asking ?? Object.assign(document.createElement("input"), { type: "file", name: "file", multiple: true });
  input.files = chosen.files;
  if (asking) return asking.dispatchEvent(new Event("change", { bubbles: true }));
  const form = Object.assign(document.createElement("form"), { method: "post", enctype: "multipart/form-data", hidden: true });
  form.append(input, field("_key", crypto.getRandomValues(new Uint32Array(4)).join("-")));
  document.body.append(form);
  return form.submit();
}

const field = (name, value) => Object.assign(document.createElement("input"), { type: "hidden", name, value });

self.launchQueue.setConsumer(launched);
addEventListener("online", handOn);
handOn();
