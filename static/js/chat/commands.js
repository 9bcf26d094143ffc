// Slash commands: offered above the composer while one is typed, and sent to where they are carried out. What is refused stays in the composer.
import { options } from "../options.js";
import { parse, tell, Refusal } from "./http.js";
import { type } from "./marks.js";
import { place } from "./place.js";

const LINE = /^\/[a-z][a-z0-9_-]{0,39}(\s|$)/i;
const WAIT = 60;

/** Whether a text is a command: a slash and a word, and nothing like a path. */
export const isCommand = (text) => LINE.test(text);

/** Offer commands for what is typed in `area` of `form`. Returns `close`. */
export function commands(form, area) {
  const listbox = form.querySelector(".composer-commands");
  const keys = options(area, listbox, choose);
  let timer, asked = 0;

  const typed = () => /^\/([a-z0-9_-]*)$/i.exec(area.value.slice(0, area.selectionStart));

  function close() {
    clearTimeout(timer);
    asked += 1;
    listbox.hidden = true;
    keys.select(null);
  }

  function look() {
    const found = typed();
    if (!found) return listbox.hidden || close();
    clearTimeout(timer);
    timer = setTimeout(fetchOffers, WAIT, found[1]);
  }

  async function fetchOffers(text) {
    const number = ++asked;
    try {
      await htmx.ajax("GET", `${form.dataset.commands}?q=${encodeURIComponent(text)}`, { target: listbox, swap: "innerHTML" });
    } catch {
      return;
    }
    if (number !== asked || !typed()) return;
    listbox.hidden = !listbox.childElementCount;
    if (!listbox.hidden) keys.first();
  }

  function choose(option) {
    const found = typed();
    close();
    if (!found) return;
    area.setSelectionRange(0, area.selectionStart);
    type(area, option.dataset.label);
    close();
  }

  // Enter takes the offered word; a command that is typed out and needs nothing more is sent at once.
  function take(event) {
    if (listbox.hidden || event.isComposing || event.shiftKey || !["Escape", "Enter", "Tab"].includes(event.key)) return;
    const option = keys.current() ?? listbox.querySelector('[role="option"]');
    const isWhole = option?.dataset.value === area.value.trim();
    if (event.key === "Enter" && isWhole) return close();
    if (event.key === "Escape") close();
    else if (option) choose(option);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  area.addEventListener("input", look);
  area.addEventListener("keydown", take, true);
  area.addEventListener("blur", () => setTimeout(() => document.activeElement !== area && close(), 150));
  listbox.addEventListener("pointerdown", (event) => event.preventDefault());
  return { close };
}

/** Carry out what the composer holds. True when it was done; otherwise the reason stands below the text, which stays. */
export async function command(form) {
  const error = form.querySelector(".composer-error");
  const body = new URLSearchParams([["text", form.elements.text.value], ...[...form.querySelectorAll('input[name="mention"]')].map((field) => ["mention", field.value])]);
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.dataset.commands, { method: "POST", body, headers: { "HX-Request": "true", "Idempotency-Key": crypto.randomUUID?.() ?? String(Math.random()).slice(2) } });
    await use(answer);
    error.hidden = true;
    return true;
  } catch (problem) {
    if (problem instanceof Refusal && problem.message) {
      error.querySelector("span").textContent = problem.message;
      error.hidden = false;
    } else tell({ kind: "error", word: problem instanceof Refusal ? "failed" : "lost" });
    return false;
  } finally {
    form.removeAttribute("aria-busy");
  }
}

async function use(answer) {
  const { toast } = JSON.parse(answer.headers.get("HX-Trigger") ?? "{}");
  if (!answer.ok) throw new Refusal(toast?.text ?? "");
  if (toast) tell(toast);
  const moved = answer.headers.get("HX-Location");
  if (moved) {
    const { path } = JSON.parse(moved);
    await htmx.ajax("GET", path, { source: "#view", target: "#view", swap: "innerHTML" });
    history.pushState({ htmx: true }, "", path);
    return;
  }
  show(await answer.text());
}

/** Put what only the reader sees, or a message of theirs, at the end of the log. */
export function show(html) {
  const log = document.querySelector(".chat-log");
  const pieces = parse(html);
  const own = pieces.querySelector(".only-you");
  own?.querySelector("[data-dismiss]").addEventListener("click", () => own.remove());
  if (own) log?.append(own);
  const article = pieces.querySelector(".msg");
  if (article && log) place(log, article);
  log?.closest(".chat-scroll").dispatchEvent(new CustomEvent("chat:sent", { bubbles: true }));
}
