// Who is there and what they say about themselves: one snapshot for the organisation, kept up to date live. Avatars (data-person) get
// their dot's state; <span data-said="id"> after a name gets the emoji, and for screen readers the state in words.
import { subscribe } from "./live.js";
import { language } from "./times.js";

const FOREVER = Date.UTC(9000, 0);
const MOMENT = 120; // several events are one question
const SPREAD = 3_000; // after a restart of the server everybody asks, but not in the same instant
const people = new Map(); // id → {state, emoji, text, until}
const listeners = new Set();
const formats = new Map();
const root = document.documentElement;
let words = {}, asking, mine = {};
let question; // the one under way, with what was heard meanwhile: its answer may be older than that

/** Begin: members listen to their organisation, guests only to what the server tells them of the people they know. */
export function start(org, isGuest, stateWords) {
  words = stateWords;
  const me = `account:${document.body.dataset.account}`;
  const stops = [subscribe(me, heard)];
  if (!isGuest) stops.push(subscribe(`presence:${org}`, heard));
  const watching = new MutationObserver(mutated);
  watching.observe(document.body, { childList: true, subtree: true, attributeFilter: ["data-state", "data-person", "data-said"] });
  return () => [watching.disconnect(), ...stops.map((stop) => stop())];
}

/** Call `listener` with what the reader chose, now and after each change. */
export function onMine(listener) {
  listeners.add(listener);
  listener(mine, of(document.body.dataset.account));
  return () => listeners.delete(listener);
}

/** How somebody is: {state, emoji, text, until}. */
export const of = (id) => ({ state: "offline", emoji: "", text: "", until: null, ...people.get(String(id)) });

/** "Working remotely · until 18:00" */
export function describe({ text, until }) {
  return [text, until && until < FOREVER ? words.until.replace("{}", moment(until)) : ""].filter(Boolean).join(" · ");
}

export function moment(instant) {
  const at = new Date(instant);
  const day = (date) => format("en-CA", { ...zone(), year: "numeric", month: "2-digit", day: "2-digit" }).format(date);
  const time = { hour: "numeric", minute: "2-digit" };
  const near = Math.abs(at - Date.now()) < 6 * 86_400_000 ? { weekday: "short" } : { day: "numeric", month: "short" };
  return format(language(), { ...zone(), ...(day(at) === day(new Date()) ? {} : near), ...time }).format(at);
}

// A format takes a millisecond to make, and a page tells many times.
function format(locale, options) {
  const key = JSON.stringify([locale, options]);
  return formats.get(key) ?? formats.set(key, new Intl.DateTimeFormat(locale, options)).get(key);
}

const zone = () => (root.dataset.timezone ? { timeZone: root.dataset.timezone } : {});

function heard({ kind, data }) {
  if (kind === "presence") data.forEach(([id, state]) => told(id, { state }));
  else if (kind === "status") data.forEach(([id, emoji, text, until]) => told(id, { emoji, text, until }));
  else if (["subscribed", "presence.me", "chat.places"].includes(kind)) ask(MOMENT);
  else if (kind === "resume") ask(MOMENT + Math.random() * SPREAD);
}

function ask(wait) {
  clearTimeout(asking);
  asking = setTimeout(async () => {
    const asked = (question = { heard: [] });
    const answer = await fetch("/presence", { headers: { Accept: "application/json" } }).catch(() => null);
    const snapshot = answer?.ok && !answer.redirected ? await answer.json().catch(() => null) : null;
    if (question !== asked) return;
    question = undefined;
    if (snapshot) fill(snapshot, asked.heard);
    else if (!answer || answer.status >= 429) ask(SPREAD + Math.random() * SPREAD);
  }, wait);
}

function fill({ states, statuses, me }, heardSince) {
  people.clear();
  for (const [state, ids] of Object.entries(states)) for (const id of ids) people.set(String(id), { state });
  for (const [id, emoji, text, until] of statuses) people.set(String(id), { ...people.get(String(id)), emoji, text, until });
  for (const [id, facts] of heardSince) know(id, facts);
  mine = me;
  show(document.body);
  tellMine();
}

const know = (id, facts) => people.set(String(id), { ...people.get(String(id)), ...facts });

function told(id, facts) {
  question?.heard.push([id, facts]);
  know(id, facts);
  document.querySelectorAll(`[data-person="${id}"]`).forEach(showDot);
  document.querySelectorAll(`[data-said="${id}"]`).forEach(showSaid);
  if (String(id) === document.body.dataset.account) tellMine();
}

const tellMine = () => listeners.forEach((listener) => listener(mine, of(document.body.dataset.account)));

// -- what is on the page

function show(element) {
  if (element.matches("[data-person]")) showDot(element);
  if (element.matches("[data-said]")) showSaid(element);
  element.querySelectorAll("[data-person]").forEach(showDot);
  element.querySelectorAll("[data-said]").forEach(showSaid);
}

function showDot(avatar) {
  const dot = avatar.querySelector(":scope > .dot[data-live-dot]");
  const { state } = of(avatar.dataset.person);
  if (dot && dot.dataset.state !== state) dot.dataset.state = state;
}

function showSaid(element) {
  const person = of(element.dataset.said);
  const state = "withState" in element.dataset && person.state !== "offline" ? words[person.state] ?? "" : "";
  const parts = [];
  if (state) parts.push(part("sr", `, ${state}`));
  if (person.emoji || person.text) parts.push(...spoken(person, element.classList.contains("full")));
  const key = parts.map((one) => one.outerHTML).join("");
  if (element.innerHTML !== key) element.replaceChildren(...parts);
}

function spoken(person, isFull) {
  if (isFull) return [...(person.emoji ? [part("said-emoji", person.emoji)] : []), part("said-text", person.text, describe(person))].filter((one) => one.textContent);
  const sign = part("said-emoji", person.emoji || "💬", describe(person));
  sign.role = "img";
  sign.ariaLabel = describe(person) || person.emoji;
  return [sign];
}

function part(name, text, tip = "") {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = text;
  if (tip) made.dataset.tip = tip;
  return made;
}

function mutated(records) {
  for (const { type, target, addedNodes } of records) {
    const about = target.nodeType === 1 && target.closest("[data-said], [data-person]");
    if (about) show(about);
    if (type === "childList") for (const node of addedNodes) if (node.nodeType === 1 && !about) show(node);
  }
}
