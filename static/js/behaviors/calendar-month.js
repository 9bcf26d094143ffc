// A month: a press on a day makes an event, a drag over days one of several, and events move to other days.
import { create, move } from "../calendar/asking.js";
import { between, later, ordered } from "../calendar/moments.js";

export default function connect(month) {
  const cells = () => [...month.querySelectorAll(".cal-cell")];
  const cellAt = ({ clientX, clientY }) => document.elementsFromPoint(clientX, clientY).find((element) => element.matches(".cal-cell"));
  let drag = null;

  function start(event) {
    if (event.button || !event.isPrimary || event.pointerType === "touch") return;
    const held = event.target.closest(".cal-event");
    const cell = cellAt(event);
    if (!cell || (held ? !("canEdit" in held.dataset) : event.target.closest("a"))) return;
    drag = { held, first: cell.dataset.date, x: event.clientX, y: event.clientY };
    addEventListener("pointermove", follow);
    addEventListener("pointerup", drop);
    addEventListener("pointercancel", end);
    addEventListener("keydown", escape, true);
  }

  function follow(event) {
    if (!drag.isOn && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 4) return;
    drag.isOn = true;
    drag.held?.classList.add("moving");
    const cell = cellAt(event);
    if (!cell) return;
    drag.last = cell.dataset.date;
    const [from, to] = drag.held ? [drag.last, drag.last] : ordered(drag.first, drag.last);
    for (const each of cells()) each.classList.toggle("over", each.dataset.date >= from && each.dataset.date <= to);
  }

  async function drop() {
    const { held, isOn, first, last } = end();
    if (!isOn || !last) return;
    const stop = (event) => [event.preventDefault(), event.stopPropagation()];
    addEventListener("click", stop, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", stop, true));
    if (held) {
      const by = between(first, last);
      if (by) await move(held, later(held.dataset.start, by), later(held.dataset.end, by));
      return held.classList.remove("moving");
    }
    const [from, to] = ordered(first, last);
    return create(from, later(to, 24 * 60));
  }

  function end() {
    const was = drag ?? {};
    drag = null;
    cells().forEach((cell) => cell.classList.remove("over"));
    removeEventListener("pointermove", follow);
    removeEventListener("pointerup", drop);
    removeEventListener("pointercancel", end);
    removeEventListener("keydown", escape, true);
    return was;
  }

  const escape = (event) => event.key === "Escape" && (event.stopPropagation(), end().held?.classList.remove("moving"));

  function click(event) {
    const cell = !event.target.closest("a") && cellAt(event);
    if (cell) create(cell.dataset.date, later(cell.dataset.date, 24 * 60));
  }

  function key(event) {
    const held = event.target.closest(".cal-event");
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[event.key];
    if (!held || !by || !event.altKey || !("canEdit" in held.dataset)) return;
    event.preventDefault();
    move(held, later(held.dataset.start, by * 24 * 60), later(held.dataset.end, by * 24 * 60));
  }

  month.addEventListener("pointerdown", start);
  month.addEventListener("click", click);
  month.addEventListener("keydown", key);
  month.addEventListener("dragstart", (event) => event.preventDefault());
  return end;
}
