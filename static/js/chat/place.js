// Where a message that comes from the server belongs: in the place of what stood for it, else in the order of ids.
const id = (article) => Number(article.dataset.id);

/** Put an article into a log. Returns "replaced", "added", or "ignored" where it is older than what is shown, or past the log's end. */
export function place(log, article, key) {
  const pending = key ? log.querySelector(`.pending[data-key="${CSS.escape(key)}"]`) : null;
  const shown = log.querySelector(`.msg[data-id="${article.dataset.id}"]`);
  if (shown) {
    pending?.remove();
    const isNewer = Number(article.dataset.changed) > Number(shown.dataset.changed);
    if (!isNewer || shown.querySelector("form.composer-edit")) return "ignored";
    shown.querySelector(".msg-tools")?.remove();
    article.classList.toggle("target", shown.classList.contains("target"));
    const hadFocus = shown === document.activeElement;
    shown.replaceWith(article);
    if (hadFocus) article.focus({ preventScroll: true });
    return "replaced";
  }
  if ((article.dataset.thread ?? "") !== (log.closest(".chat-scroll")?.dataset.thread ?? "")) return "ignored"; // of the channel, or of another thread
  if (log.querySelector(".log-edge.newer")) {
    pending?.remove();
    return "ignored";
  }
  const first = log.querySelector(".msg[data-id]");
  if (first && id(article) < id(first) && log.querySelector(".log-edge.older")) return "ignored";
  const before = [...log.querySelectorAll(".msg[data-id]")].reverse().find((other) => id(other) < id(article));
  const hadFocus = pending?.contains(document.activeElement);
  pending?.remove();
  const waiting = log.querySelector(".msg.pending");
  if (before) before.after(article);
  else if (first) first.before(article);
  else if (waiting) waiting.before(article);
  else log.append(article);
  if (hadFocus) article.focus({ preventScroll: true });
  return pending ? "replaced" : "added";
}
