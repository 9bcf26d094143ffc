// A picture: wheel, pinch, double click and + − zoom, dragging moves, a swipe or the arrows lead to the next file.
import { go } from "../navigation.js";

export default function connect(frame) {
  const picture = frame.querySelector("img");
  const touches = new Map();
  let scale = 1, x = 0, y = 0, began, spread;

  function draw() {
    picture.style.transform = scale === 1 ? "" : `translate(${x}px, ${y}px) scale(${scale})`;
    frame.classList.toggle("is-zoomed", scale > 1);
  }

  function zoom(by, at = { clientX: innerWidth / 2, clientY: innerHeight / 2 }) {
    const box = picture.getBoundingClientRect();
    const next = Math.max(1, Math.min(12, scale * by));
    x -= (at.clientX - box.left) * (next / scale - 1);
    y -= (at.clientY - box.top) * (next / scale - 1);
    scale = next;
    if (scale === 1) x = y = 0;
    draw();
  }

  const wheel = (event) => (event.preventDefault(), zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, event));
  const double = (event) => zoom(scale > 1 ? 1 / scale : 2.5, event);
  const distance = () => {
    const [a, b] = [...touches.values()];
    return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  };

  function down(event) {
    frame.setPointerCapture(event.pointerId);
    touches.set(event.pointerId, event);
    began = { clientX: event.clientX, clientY: event.clientY, x, y };
    spread = touches.size === 2 ? distance() : undefined;
  }

  function move(event) {
    if (!touches.has(event.pointerId)) return;
    touches.set(event.pointerId, event);
    if (touches.size === 2) {
      const now = distance();
      zoom(now / spread, event);
      spread = now;
    } else if (scale > 1) {
      [x, y] = [began.x + event.clientX - began.clientX, began.y + event.clientY - began.clientY];
      draw();
    }
  }

  function up(event) {
    const alone = touches.size === 1;
    touches.delete(event.pointerId);
    const far = event.clientX - began?.clientX;
    if (alone && scale === 1 && event.pointerType !== "mouse" && Math.abs(far) > 60) turn(far < 0 ? "file-after" : "file-before");
  }

  const turn = (id) => document.getElementById(id) && go(document.getElementById(id).getAttribute("href"));
  function key({ key }) {
    if (key === "+" || key === "=") zoom(1.3);
    if (key === "-") zoom(1 / 1.3);
    if (key === "0") zoom(1 / scale);
  }

  frame.addEventListener("wheel", wheel, { passive: false });
  frame.addEventListener("dblclick", double);
  frame.addEventListener("pointerdown", down);
  frame.addEventListener("pointermove", move);
  frame.addEventListener("pointerup", up);
  frame.addEventListener("pointercancel", up);
  frame.addEventListener("keydown", key);
  picture.draggable = false;
}
