// Requests of the chat's own scripts. Answers are the same fragments as everywhere; toasts come in a header.
export class Refusal extends Error {}

/** The answer's text. Throws Refusal with the server's words, or TypeError without a connection. */
export async function ask(method, url, body, headers = {}) {
  const answer = await fetch(url, { method, body, headers: { "HX-Request": "true", ...headers } });
  const events = JSON.parse(answer.headers.get("HX-Trigger") ?? "{}");
  if (answer.ok) {
    if (events.toast) tell(events.toast);
    return answer.status === 205 ? null : answer.text();
  }
  throw new Refusal(events.toast?.text ?? "");
}

/** As `ask`, but says by itself what went wrong; undefined then. */
export async function tryTo(method, url, body) {
  try {
    return await ask(method, url, body);
  } catch (error) {
    if (error instanceof Refusal) tell({ kind: "error", ...(error.message ? { text: error.message } : { word: "failed" }) });
    else tell({ kind: "error", word: "lost" });
  }
}

export const tell = (detail) => document.dispatchEvent(new CustomEvent("toast", { detail }));
export const parse = (html) => document.createRange().createContextualFragment(html);
export const me = () => document.body.dataset.account;
