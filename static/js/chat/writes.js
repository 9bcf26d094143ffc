// Changes to messages that are there: they go through the outbox, so that they are kept without a connection and done once.
import { discard, enqueue, entries, words } from "../outbox.js";
import { ask, parse, tell } from "./http.js";
import { place } from "./place.js";

const waiting = new Map(); // key of a change that isn't sent → id of its message
const sources = new Map(); // id of one's own message → {text, base}, to edit it without a connection
const logs = () => [...document.querySelectorAll(".chat-log")];
const articleOf = (id) => logs().map((log) => log.querySelector(`#m${id}`)).find(Boolean);

/** Send a change of message `id`; gives what became of it (outbox.js). `what` names it in words, with `text` in them. */
export async function change(id, { method = "POST", path = "", body = {}, what, text = "" }) {
  const answer = await enqueue({ url: `/chat/messages/${id}${path}`, method, body, lane: `message ${id}`, label: words(what, text) });
  if (answer.state === "failed") refuse(answer);
  return answer;
}

async function refuse({ key, reason }) {
  tell({ kind: "error", ...(reason ? { text: reason } : { word: "failed" }) });
  const entry = (await entries()).find((one) => one.key === key);
  if (entry) await discard(entry);
}

/** What one wrote, as it was typed, with the state that an edit of it is based on. */
export const sourceOf = (id) => sources.get(String(id));
export const learn = (id, text, base) => sources.set(String(id), { text, base });

export function learnAll(template) {
  for (const area of template?.content.querySelectorAll("textarea") ?? []) learn(area.dataset.id, area.value, Number(area.dataset.base));
}

/** Show the changes in this log that aren't sent yet. */
export async function restoreChanges() {
  for (const entry of await entries()) {
    const [, id] = entry.lane.match(/^message (-?\d+)$/) ?? [];
    if (!id || !articleOf(id)) continue;
    waiting.set(entry.key, id);
    mark(id);
    const text = entry.url === `/chat/messages/${id}` && entry.body.find(([name]) => name === "text")?.[1];
    if (text) showText(articleOf(id).querySelector(".prose"), text);
  }
}

export function showText(prose, text) {
  const paragraph = document.createElement("p");
  paragraph.className = "msg-raw";
  paragraph.textContent = text;
  prose?.replaceChildren(paragraph);
}

function mark(id) {
  const article = articleOf(id);
  if (article && !article.querySelector(".msg-waits")) article.querySelector(".msg-body").append(document.getElementById("log-waits").content.cloneNode(true));
}

async function again(id) {
  const html = await ask("GET", `/chat/messages/${id}`).catch(() => "");
  const article = html && parse(html).querySelector(".msg");
  if (article) articleOf(id)?.replaceWith(article);
}

function heard({ detail: { key, state, html, toast, lane } }) {
  const id = waiting.get(key) ?? lane?.match(/^message (-?\d+)$/)?.[1];
  if (!id) return;
  if (state === "waiting" || state === "sign-in" || state === "conflict") {
    waiting.set(key, id);
    mark(id);
    if (state === "conflict") document.dispatchEvent(new CustomEvent("outbox:open"));
  } else if (state === "sent" || state === "discarded" || state === "failed") {
    waiting.delete(key);
    if (![...waiting.values()].includes(id)) articleOf(id)?.querySelector(".msg-waits")?.remove();
    if (state === "sent" && toast) tell(toast);
    if (state === "sent" && html) logs().forEach((log) => place(log, parse(html).querySelector(".msg")));
    else if (state !== "sent") again(id);
  }
}
document.addEventListener("outbox:entry", heard);
