// Dialogs: [data-close] and a click outside close them (not while something typed would be lost). #dialog, the host of
// hx-target="#dialog", opens when content arrives, empties when it closes, and closes at the event dialog:close.
export default function connect(dialog) {
  const isHost = dialog.id === "dialog";
  let outside = false;
  let touched = false; // by typing or choosing, so that a click outside must not throw it away

  const down = ({ target }) => (outside = target === dialog);
  const click = ({ target }) => {
    if (target.closest("[data-close]") || (outside && target === dialog && !touched)) dialog.close();
  };

  function swapped({ detail: { ctx } }) {
    if (!isHost || ctx.target !== dialog || !dialog.childElementCount || dialog.open) return;
    const heading = dialog.querySelector("h1, h2");
    if (heading) dialog.setAttribute("aria-labelledby", (heading.id ||= "dialog-title"));
    dialog.showModal();
  }
  const input = ({ target }) => (touched ||= target.type !== "search");
  function closed() {
    touched = false;
    if (isHost) dialog.replaceChildren();
  }
  const close = () => isHost && dialog.close();

  dialog.addEventListener("pointerdown", down);
  dialog.addEventListener("click", click);
  dialog.addEventListener("input", input);
  dialog.addEventListener("close", closed);
  document.addEventListener("htmx:after:swap", swapped);
  document.addEventListener("dialog:close", close);
  return () => {
    document.removeEventListener("htmx:after:swap", swapped);
    document.removeEventListener("dialog:close", close);
  };
}
