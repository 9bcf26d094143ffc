/** Tells how many pixels a pressed pointer moves over `frame`: by(right, down). An iPhone's events have no movementX. */
export function dragging(frame, by) {
  let last;

  function down(event) {
    frame.setPointerCapture(event.pointerId);
    last = event;
  }

  function move(event) {
    if (event.pointerId !== last?.pointerId || !(event.buttons & 1)) return;
    by(event.clientX - last.clientX, event.clientY - last.clientY);
    last = event;
  }

  frame.addEventListener("pointerdown", down);
  frame.addEventListener("pointermove", move);
}
