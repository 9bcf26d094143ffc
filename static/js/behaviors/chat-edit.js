// Editing in place: Enter saves, Esc leaves the message as it was; focus goes back to it. It goes through the outbox.
import { ask, parse } from "../chat/http.js";
import { place } from "../chat/place.js";
import { change, learn, showText } from "../chat/writes.js";

export default function connect(form) {
  const area = form.elements.text;
  const message = form.closest(".msg");
  const { id } = message.dataset;
  const log = message.closest(".chat-log, .thread-root"); // the message itself may be another one by the time it is saved
  const before = form.prose ?? document.createElement("div");
  before.classList.add("prose");

  function keydown(event) {
    if (event.key === "Enter" && !event.shiftKey) form.requestSubmit();
    else if (event.key === "Escape") cancel();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function close() {
    const hadFocus = form.contains(document.activeElement);
    const composer = form.closest(".chat-scroll")?.parentElement.querySelector(".composer:not(.composer-edit) textarea");
    form.replaceWith(before);
    if (hadFocus) (composer ?? message).focus({ preventScroll: true });
  }

  async function refresh() {
    const html = await ask("GET", `/chat/messages/${id}`).catch(() => "");
    if (html) place(log, parse(html).querySelector(".msg"));
  }

  function cancel() {
    close();
    refresh(); // it may have changed while it was being edited
  }

  async function submit(event) {
    event.preventDefault();
    const { text, base } = { text: area.value, base: form.elements.base.value };
    area.readOnly = true;
    const { state, base: now } = await change(id, { body: { text, base }, what: "edit" });
    area.readOnly = false;
    if (state === "failed" || !form.isConnected) return;
    close();
    if (state === "sent") await refresh();
    else showText(before, text);
    learn(id, text, Number(now ?? base));
  }

  area.addEventListener("keydown", keydown);
  form.addEventListener("submit", submit);
  form.querySelector("[data-cancel]").addEventListener("click", cancel);
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
  form.scrollIntoView({ block: "nearest" });
}
