// A press that becomes a drag: with a mouse or a pen when it moves, with a finger when it has stayed a moment, so that a swipe still scrolls.
const LEAST = 4, SLACK = 10; // pixels that make a press a drag, and that a finger may tremble
const WAIT = 380; // milliseconds

/**
 * Watches presses on `area`. `take(event)` says whether something can be dragged from there; then come `begin()`, `move(event)` and either
 * `drop()` or `cancel()`. Returns what ends it all.
 */
export function holding(area, { take, begin, move, drop, cancel }) {
  let press = null;

  function down(event) {
    if (event.button || !event.isPrimary || press || !take(event)) return;
    press = { event, isTouch: event.pointerType === "touch", isOn: false };
    if (press.isTouch) press.timer = setTimeout(lift, WAIT);
    for (const [name, listener] of listeners) addEventListener(name, listener, true);
  }

  function lift() {
    press.isOn = true;
    area.dataset.dragging = "";
    begin();
    if (!press.isTouch) return;
    navigator.vibrate?.(12);
    move(press.event);
  }

  function follow(event) {
    const far = Math.hypot(event.clientX - press.event.clientX, event.clientY - press.event.clientY);
    if (!press.isOn && far < (press.isTouch ? SLACK : LEAST)) return;
    if (!press.isOn && press.isTouch) return stop(); // a swipe
    if (!press.isOn) lift();
    event.preventDefault();
    move(event);
  }

  function up() {
    const { isOn } = release();
    if (!isOn) return cancel();
    swallow();
    drop();
  }

  function stop() {
    release();
    cancel();
  }

  function release() {
    const was = press ?? {};
    clearTimeout(was.timer);
    press = null;
    delete area.dataset.dragging;
    for (const [name, listener] of listeners) removeEventListener(name, listener, true);
    return was;
  }

  // The click that ends a drag is none.
  function swallow() {
    const halt = (event) => [event.preventDefault(), event.stopPropagation()];
    addEventListener("click", halt, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", halt, true));
  }

  const escape = (event) => event.key === "Escape" && (event.stopPropagation(), stop());
  const listeners = [["pointermove", follow], ["pointerup", up], ["pointercancel", stop], ["keydown", escape]];
  const still = (event) => press?.isOn && event.cancelable && event.preventDefault(); // what is dragged doesn't scroll

  area.addEventListener("pointerdown", down);
  area.addEventListener("touchmove", still, { passive: false });
  area.addEventListener("contextmenu", (event) => press?.isTouch && event.preventDefault());
  area.addEventListener("dragstart", (event) => event.preventDefault());
  return stop;
}
