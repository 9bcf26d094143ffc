// Slides change places by dragging; the buttons beside them do it for the keyboard. The form is sent when the order changed.
export default function connect(form) {
  const list = form.querySelector("[data-slides]");
  let held, before;

  const items = () => [...list.children];
  const order = () => items().map((item) => item.id).join();

  // Where something can be dragged, Firefox sets no caret in a field.
  function press({ target }) {
    const slide = target.closest("[data-slide]");
    if (slide) slide.draggable = !target.closest("input, button");
  }

  function start(event) {
    held = event.target.closest("[data-slide]");
    before = order();
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held.id);
    held.classList.add("held");
  }

  function over(event) {
    const other = event.target.closest?.("[data-slide]");
    if (!held) return;
    event.preventDefault();
    if (!other || other === held) return;
    const { top, height } = other.getBoundingClientRect();
    other[event.clientY < top + height / 2 ? "before" : "after"](held);
  }

  function end() {
    held?.classList.remove("held");
    held = undefined;
    if (order() !== before) form.requestSubmit();
  }

  list.addEventListener("pointerdown", press);
  list.addEventListener("dragstart", start);
  list.addEventListener("dragover", over);
  list.addEventListener("drop", (event) => held && event.preventDefault());
  list.addEventListener("dragend", end);
}
