// Sending: the message appears at once and goes through the outbox, which keeps it on the device until the server has it. The same key
// makes it one message, however often it is sent; the answer and the live event both put the real one in its place, once.
import { discard, enqueue, entries, retry, words } from "../outbox.js";
import { parse } from "./http.js";
import { place } from "./place.js";
import { learn } from "./writes.js";

const logOf = (path) => [...document.querySelectorAll(".chat-scroll")].find((one) => `${one.dataset.url}/messages` === path)?.querySelector(".chat-log");
const pendingOf = (key) => document.querySelector(`.msg.pending[data-key="${CSS.escape(key)}"]`);
const newKey = () => [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-");
const kept = async (key) => (await entries()).find((entry) => entry.key === key);

/** Send what a composer holds: a POST to its action with an Idempotency-Key. */
export async function send(form, tokens = [], files = []) {
  const key = newKey();
  const text = form.elements.text.value;
  const url = new URL(form.action).pathname;
  const mentions = [...form.querySelectorAll('input[name="mention"]')].map((field) => ["mention", field.value]);
  show(logOf(url), key, [text, ...files.map((name) => `📎 ${name}`)].filter(Boolean).join("\n"))?.dispatchEvent(new CustomEvent("chat:sent", { bubbles: true }));
  settle(await enqueue({ url, body: new URLSearchParams([["text", text], ...mentions, ...tokens.map((token) => ["upload", token]), ...(form.elements.asks?.checked ? [["asks", "on"]] : [])]), key, label: words("post", document.querySelector("#main h1")?.textContent.trim() ?? "") }));
}

/** Show what was written in a channel before the page was left, and isn't sent yet. */
export async function restore(url) {
  for (const entry of await entries()) {
    if (entry.url !== `${url}/messages` || pendingOf(entry.key)) continue;
    const article = show(logOf(entry.url), entry.key, entry.body.find(([name]) => name === "text")?.[1] ?? "");
    if (article) state(article, entry.state, entry.reason);
  }
}

function show(log, key, text) {
  if (!log) return;
  const article = document.getElementById("log-pending").content.firstElementChild.cloneNode(true);
  article.dataset.key = key;
  article.dataset.at = String(Date.now());
  article.querySelector(".msg-raw").textContent = text.trim();
  article.querySelector("[data-retry]").addEventListener("click", async () => {
    state(article, "sending");
    const entry = await kept(key);
    if (entry) await retry(entry);
  });
  article.querySelector("[data-discard]").addEventListener("click", async () => {
    article.remove();
    const entry = await kept(key);
    if (entry) await discard(entry);
  });
  log.append(article);
  return article;
}

function settle({ key, state: outcome, html, reason }) {
  const article = pendingOf(key);
  if (!article) return;
  if (outcome === "discarded") article.remove();
  else if (outcome !== "sent") state(article, outcome, reason);
  else if (html) {
    const shown = parse(html).querySelector(".msg");
    learn(shown.dataset.id, article.querySelector(".msg-raw").textContent, 0);
    place(article.parentElement, shown, key);
  }
}

function state(article, name, reason) {
  article.dataset.state = { "sign-in": "waiting", added: "sending" }[name] ?? name;
  if (reason) article.querySelector("[data-why]").textContent = reason;
}

document.addEventListener("outbox:entry", ({ detail }) => settle(detail));
