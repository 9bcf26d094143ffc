// A month: a press on a day makes an event, a drag over days one of several, and events move to other days.
import { create, move as put } from "../calendar/asking.js";
import { holding } from "../calendar/holding.js";
import { between, later, ordered } from "../calendar/moments.js";

export default function connect(month) {
  const cells = () => [...month.querySelectorAll(".cal-cell")];
  const cellAt = ({ clientX, clientY }) => document.elementsFromPoint(clientX, clientY).find((element) => element.matches(".cal-cell"));
  let drag = null;

  function take(event) {
    const held = event.target.closest(".cal-event");
    const cell = cellAt(event);
    if (!cell || (held ? !("canEdit" in held.dataset) : event.target.closest("a"))) return false;
    drag = { held, first: cell.dataset.date };
    return true;
  }

  const begin = () => drag.held?.classList.add("moving");

  function move(event) {
    const cell = cellAt(event);
    if (!cell) return;
    drag.last = cell.dataset.date;
    const [from, to] = drag.held ? [drag.last, drag.last] : ordered(drag.first, drag.last);
    for (const each of cells()) each.classList.toggle("over", each.dataset.date >= from && each.dataset.date <= to);
  }

  async function drop() {
    const { held, first, last } = end();
    if (!held) return last && create(...span(first, last));
    const by = last ? between(first, last) : 0;
    if (by) await put(held, later(held.dataset.start, by), later(held.dataset.end, by));
    held.classList.remove("moving");
  }

  function span(first, last) {
    const [from, to] = ordered(first, last);
    return [from, later(to, 24 * 60)];
  }

  const cancel = () => end().held?.classList.remove("moving");

  function end() {
    const was = drag ?? {};
    drag = null;
    cells().forEach((cell) => cell.classList.remove("over"));
    return was;
  }

  function click(event) {
    const cell = !event.target.closest("a") && cellAt(event);
    if (cell) create(cell.dataset.date, later(cell.dataset.date, 24 * 60));
  }

  function key(event) {
    const held = event.target.closest(".cal-event");
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[event.key];
    if (!held || !by || !event.altKey || !("canEdit" in held.dataset)) return;
    event.preventDefault();
    put(held, later(held.dataset.start, by * 24 * 60), later(held.dataset.end, by * 24 * 60));
  }

  month.addEventListener("click", click);
  month.addEventListener("keydown", key);
  return holding(month, { take, begin, move, drop, cancel });
}
