// Days beside each other: drag on free time makes an event, drag an event to move it, its lower edge to change its length; with a finger after a moment.
// Keys on an event: arrows go to the next one, Alt with arrows moves it, Alt and Shift with arrows changes its length.
import { create, move as put } from "../calendar/asking.js";
import { holding } from "../calendar/holding.js";
import { STEP, at, between, later, ordered, place, said, snap } from "../calendar/moments.js";

let scrolled; // how far down one was, kept over moves to other weeks

export default function connect(grid) {
  const days = () => [...grid.querySelectorAll(".cal-day")];
  const hour = () => days()[0].offsetHeight / 24;
  let drag = null;

  function take(event) {
    const held = event.target.closest(".cal-event");
    const day = event.target.closest(".cal-day, .cell");
    if (held ? !("canEdit" in held.dataset) : !day) return false;
    drag = { held, day: day ?? held.parentElement, y: event.clientY, isGrip: Boolean(event.target.closest(".grip")) };
    if (held && !("allDay" in held.dataset)) drag.offset = minutes(event.clientY, held.closest(".cal-day")) - between(held.closest(".cal-day").dataset.date, held.dataset.start);
    return true;
  }

  const minutes = (y, day) => ((y - day.getBoundingClientRect().top) / hour()) * 60;
  const dayAt = (x) => days().find((day) => x < day.getBoundingClientRect().right) ?? days().at(-1);
  const cellAt = (x) => [...grid.querySelectorAll(".cell")].find((cell) => x < cell.getBoundingClientRect().right) ?? grid.querySelector(".cell:last-of-type");

  function move(event) {
    const { held } = drag;
    const box = grid.getBoundingClientRect();
    if (event.clientY > box.bottom - 24) grid.scrollTop += 12;
    else if (event.clientY < box.top + 120) grid.scrollTop -= 12;
    if (!held) draw(event);
    else if ("allDay" in held.dataset) shift(event);
    else carry(event);
  }

  function begin() {
    if (drag.held) {
      drag.ghost = drag.held.cloneNode(true);
      drag.ghost.removeAttribute("href");
      drag.held.classList.add("moving");
    } else {
      drag.ghost = Object.assign(document.createElement("div"), { className: "cal-event hue-16 at-0 of-1 wide-1" });
      drag.ghost.append(document.createElement("small"));
    }
    drag.ghost.classList.add("ghost");
  }

  function draw(event) {
    if (drag.day.matches(".cell")) return span(event);
    const from = snap(Math.min(minutes(drag.y, drag.day), minutes(event.clientY, drag.day)));
    const to = snap(Math.max(minutes(drag.y, drag.day), minutes(event.clientY, drag.day)));
    const first = Math.max(0, from), last = Math.min(24 * 60, Math.max(to, first + STEP));
    show(drag.day, at(drag.day.dataset.date, first), at(drag.day.dataset.date, last));
  }

  function span(event) {
    const [first, last] = ordered(drag.day.dataset.date, cellAt(event.clientX).dataset.date);
    grid.querySelectorAll(".cell").forEach((cell) => cell.classList.toggle("over", cell.dataset.date >= first && cell.dataset.date <= last));
    Object.assign(drag, { from: first, to: later(last, 24 * 60) });
  }

  function carry(event) {
    const { start: from, end: to } = drag.held.dataset;
    if (drag.isGrip) {
      const day = drag.held.closest(".cal-day");
      const end = Math.max(snap(minutes(event.clientY, day)), between(day.dataset.date, from) + STEP);
      return show(day, from, at(day.dataset.date, end));
    }
    const day = dayAt(event.clientX);
    const begins = Math.min(24 * 60 - STEP, Math.max(0, snap(minutes(event.clientY, day) - drag.offset)));
    show(day, at(day.dataset.date, begins), later(at(day.dataset.date, begins), between(from, to)));
  }

  function shift(event) {
    const { start: from, end: to } = drag.held.dataset;
    const moved = between(drag.day.dataset.date ?? from, cellAt(event.clientX).dataset.date);
    drag.ghost.remove();
    grid.querySelectorAll(".cell").forEach((cell) => cell.classList.toggle("over", cell.dataset.date === cellAt(event.clientX).dataset.date));
    Object.assign(drag, { from: later(from, moved), to: later(to, moved) });
  }

  function show(day, from, to) {
    Object.assign(drag, { from, to });
    if (drag.ghost.parentElement !== day) day.append(drag.ghost);
    place(drag.ghost, between(day.dataset.date, from), between(from, to));
    const label = drag.ghost.querySelector("small") ?? drag.ghost;
    label.textContent = `${said(from)} – ${said(to)}`;
  }

  async function drop() {
    const { held, from, to, ghost } = end();
    if (!from || (held && from === held.dataset.start && to === held.dataset.end)) return undo(held, ghost);
    await (held ? put(held, from, to) : create(from, to));
    if (!held) ghost?.remove();
  }

  function cancel() {
    const { held, ghost } = end();
    undo(held, ghost);
  }

  function undo(held, ghost) {
    held?.classList.remove("moving");
    ghost?.remove();
  }

  function end() {
    const was = drag ?? {};
    drag = null;
    grid.querySelectorAll(".over").forEach((cell) => cell.classList.remove("over"));
    return was;
  }

  function click(event) {
    if (event.target.closest("a")) return;
    const day = event.target.closest(".cal-day, .cell");
    if (!day) return;
    if (day.matches(".cell")) return create(day.dataset.date, later(day.dataset.date, 24 * 60));
    const from = Math.min(23 * 60, Math.floor(minutes(event.clientY, day) / 30) * 30);
    create(at(day.dataset.date, from), at(day.dataset.date, from + 60));
  }

  function key(event) {
    const held = event.target.closest(".cal-event");
    const vertical = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!held || (!vertical && !sideways)) return;
    event.preventDefault();
    if (!event.altKey) return go(held, vertical, sideways);
    if (!("canEdit" in held.dataset)) return;
    const { start: from, end: to } = held.dataset;
    const isWhole = from.length === 10;
    const by = vertical ? vertical * (isWhole ? 24 * 60 : STEP) : sideways * 24 * 60;
    const longer = later(to, by);
    if (event.shiftKey && longer > from) put(held, from, longer);
    else if (!event.shiftKey) put(held, later(from, by), later(to, by));
  }

  function go(held, vertical, sideways) {
    const beside = (day) => [...(day?.querySelectorAll(".cal-event") ?? [])].sort((one, other) => (one.dataset.start < other.dataset.start ? -1 : 1));
    if (vertical) {
      const all = beside(held.closest(".cal-day, .cal-allday"));
      return all[all.indexOf(held) + vertical]?.focus();
    }
    let day = held.closest(".cal-day");
    do day = sideways > 0 ? day?.nextElementSibling : day?.previousElementSibling;
    while (day?.matches?.(".cal-day") && !day.querySelector(".cal-event"));
    const distance = (one) => Math.abs(between("2000-01-01", `2000-01-01T${one.dataset.start.slice(11)}`) - between("2000-01-01", `2000-01-01T${held.dataset.start.slice(11)}`));
    beside(day?.matches?.(".cal-day") ? day : null).sort((one, other) => distance(one) - distance(other))[0]?.focus();
  }

  function tick() {
    const line = grid.querySelector("[data-now]");
    if (!line) return;
    const [hours, mins] = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: grid.dataset.zone }).format().split(":");
    place(line, Number(hours) * 60 + Number(mins), 5);
    line.classList.remove("l-1");
  }

  grid.scrollTop = scrolled ?? (hour() * Number(grid.dataset.firstHour)) - 20;
  const kept = () => (scrolled = grid.scrollTop);
  const timer = setInterval(tick, 30_000);
  const letGo = holding(grid, { take, begin, move, drop, cancel });
  grid.addEventListener("click", click);
  grid.addEventListener("keydown", key);
  grid.addEventListener("scroll", kept, { passive: true });
  return () => [clearInterval(timer), letGo()];
}
