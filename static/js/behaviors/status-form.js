// The form of a status: the emoji picker, suggestions that fill it in, and the time that belongs to "until".
import { pick } from "../chat/emoji.js";

export default function connect(form) {
  const [emoji, text, length] = ["emoji", "text", "length"].map((name) => form.elements.namedItem(name));
  const picker = form.querySelector("[data-emoji-picker]");

  async function choose(button) {
    const chosen = await pick(button, picker);
    if (chosen) emoji.value = chosen;
    if (chosen) text.focus();
    else button.focus();
  }

  function fill(button) {
    emoji.value = button.dataset.emoji;
    text.value = button.dataset.text;
    length.value = button.dataset.length;
    length.dispatchEvent(new Event("change", { bubbles: true }));
    if (length.value === "date") form.elements.until_date.focus();
    else form.querySelector("[data-save]").focus();
  }

  function click(event) {
    const pickButton = event.target.closest("[data-pick]");
    const suggestion = event.target.closest("[data-length]");
    if (!pickButton && !suggestion) return;
    event.preventDefault();
    if (pickButton) choose(pickButton);
    else fill(suggestion);
  }

  // Enter in a field saves, and doesn't press the first suggestion.
  function key(event) {
    if (event.key !== "Enter" || !event.target.matches("input")) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-save]"));
  }

  form.addEventListener("click", click);
  form.addEventListener("keydown", key);
}
