// Dialogs: [data-close] and a click outside close them (not while something typed would be lost). #dialog, the host of
// hx-target="#dialog", opens when content arrives, empties when it closes, and closes at the event dialog:close.
export default function connect(dialog) {
  const isHost = dialog.id === "dialog";
  let outside = false;

  const changed = () =>
    [...dialog.querySelectorAll("input:not([type=hidden], [type=search]), textarea")].some((field) =>
      /checkbox|radio/.test(field.type) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);
  const down = ({ target }) => (outside = target === dialog);
  const click = ({ target }) => {
    if (target.closest("[data-close]") || (outside && target === dialog && !changed())) dialog.close();
  };

  function swapped({ detail: { ctx } }) {
    if (!isHost || ctx.target !== dialog || !dialog.childElementCount || dialog.open) return;
    const heading = dialog.querySelector("h1, h2");
    if (heading) dialog.setAttribute("aria-labelledby", (heading.id ||= "dialog-title"));
    dialog.showModal();
  }
  const closed = () => isHost && dialog.replaceChildren();
  const close = () => isHost && dialog.close();

  dialog.addEventListener("pointerdown", down);
  dialog.addEventListener("click", click);
  dialog.addEventListener("close", closed);
  document.addEventListener("htmx:after:swap", swapped);
  document.addEventListener("dialog:close", close);
  return () => {
    document.removeEventListener("htmx:after:swap", swapped);
    document.removeEventListener("dialog:close", close);
  };
}
