// Slash commands: offered above the composer while one is typed, and sent to where they are carried out. What is refused stays in the composer.
import { parse, tell, Refusal } from "./http.js";
import { type } from "./marks.js";
import { place } from "./place.js";
import { suggestions } from "./suggestions.js";
import { uniqueId } from "../unsafe.js";

const LINE = /^\/[a-z][a-z0-9_-]{0,39}(\s|$)/i;

/** Whether a text is a command: a slash and a word, and nothing like a path. */
export const isCommand = (text) => LINE.test(text);

/** Offer commands for what is typed in `area` of `form`; one that is typed out and needs nothing more is sent at once. Returns `close`. */
export function commands(form, area) {
  return suggestions(area, form.querySelector(".composer-commands"), {
    pattern: /^\/([a-z0-9_-]*)$/i,
    url: (text) => `${form.dataset.commands}?q=${encodeURIComponent(text)}`,
    insert(option) {
      area.setSelectionRange(0, area.selectionStart);
      type(area, option.dataset.label);
    },
    isTyped: (option) => option.dataset.value === area.value.trim(),
  });
}

/** Carry out what the composer holds. True when it was done; otherwise the reason stands below the text, which stays. */
export async function command(form) {
  const error = form.querySelector(".composer-error");
  const body = new URLSearchParams([["text", form.elements.text.value], ...[...form.querySelectorAll('input[name="mention"]')].map((field) => ["mention", field.value])]);
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.dataset.commands, { method: "POST", body, headers: { "HX-Request": "true", "Idempotency-Key": uniqueId() } });
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
