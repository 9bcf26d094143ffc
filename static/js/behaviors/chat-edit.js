// Editing in place: Enter saves, Esc leaves the message as it was; focus goes back to it.
export default function connect(form) {
  const area = form.elements.text;
  const message = form.closest(".msg");

  function keydown(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) form.requestSubmit();
    else if (event.key === "Escape") form.querySelector("[data-cancel]").click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function swapped({ detail: { ctx } }) {
    if (ctx.target?.id === message.id) (document.querySelector("#composer textarea") ?? document.getElementById(message.id))?.focus({ preventScroll: true });
  }

  area.addEventListener("keydown", keydown);
  document.addEventListener("htmx:after:swap", swapped);
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
  form.scrollIntoView({ block: "nearest" });
  return () => setTimeout(() => document.removeEventListener("htmx:after:swap", swapped), 1_000);
}
