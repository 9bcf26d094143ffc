// Messages outside of their log (pinned, saved, in a view): what concerns the reader is marked; reactions, polls and threads work there.
import { dress } from "../chat/arrange.js";
import "../chat/panel.js";
import { change } from "../chat/writes.js";

export default function connect(card) {
  for (const article of card.querySelectorAll(".msg")) {
    article.removeAttribute("id");
    dress(article);
  }

  function click(event) {
    const on = event.target.closest(".msg");
    if (event.target.closest(".msg-edited")) return htmx.ajax("GET", `/chat/messages/${on.dataset.id}/versions`, { source: "#dialog", target: "#dialog", swap: "innerHTML" });
    const button = event.target.closest(".reaction, .poll-answer, .receipt button");
    if (!on || !button) return;
    event.preventDefault();
    const isPressed = button.getAttribute("aria-pressed") === "true";
    if (button.matches(".receipt button")) change(on.dataset.id, { path: "/receipt", what: "confirm" }).then(again);
    else if (button.matches(".poll-answer")) change(on.dataset.id, { path: "/votes", body: isPressed ? {} : { answer: button.value }, what: "vote" }).then(again);
    else if (isPressed) change(on.dataset.id, { method: "DELETE", path: `/reactions?emoji=${encodeURIComponent(button.value)}`, what: "unreact", text: button.value }).then(again);
    else change(on.dataset.id, { path: "/reactions", body: { emoji: button.value }, what: "react", text: button.value }).then(again);
  }

  function again({ state, html }) {
    if (state !== "sent" || !html) return;
    const article = document.createRange().createContextualFragment(html).querySelector(".msg");
    card.querySelector(`.msg[data-id="${article?.dataset.id}"]`)?.replaceWith(article);
    article?.removeAttribute("id");
    dress(article);
  }

  card.addEventListener("click", click);
}
