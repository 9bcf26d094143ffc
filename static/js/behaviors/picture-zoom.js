// A picture: wheel, pinch, double click, keys and buttons zoom towards where one points; dragging and arrows move what is larger than
// its frame; a swipe, or arrows otherwise, lead to the files beside it.
import { go } from "../navigation.js";

const MOST = 12;
const STEP = 1.4; // of a key or a button
const FAR = 60; // pixels that make a swipe
const ARROWS = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };

export default function connect(frame) {
  const picture = frame.querySelector("img");
  const touches = new Map();
  let scale = 1, x = 0, y = 0, swiped = 0, wasPinched = false, apart = 1;

  const within = (least, wanted, most) => Math.min(most, Math.max(least, wanted));

  // Moved, it covers the frame or, where it is smaller, stays inside; what zooming left beside that may stay.
  function slide(at, shift, by, size, room) {
    const spare = room - size * scale;
    return within(Math.min(spare - at, -at, shift), shift + by, Math.max(spare - at, -at, shift));
  }

  function pan(right, down) {
    x = slide(picture.offsetLeft, x, right, picture.offsetWidth, frame.clientWidth);
    y = slide(picture.offsetTop, y, down, picture.offsetHeight, frame.clientHeight);
    draw();
  }

  // What is under the pointer stays there, and the middle of the frame is never empty.
  function spread(pointer, at, shift, size, room, by) {
    const left = pointer - (pointer - at - shift) * by;
    return scale === 1 ? 0 : within(room / 2 - size * scale, left, room / 2) - at;
  }

  function zoom(wanted, at) {
    const box = frame.getBoundingClientRect();
    const next = within(1, scale * wanted, MOST);
    const by = next / scale;
    scale = next;
    x = spread(at ? at.clientX - box.left : box.width / 2, picture.offsetLeft, x, picture.offsetWidth, frame.clientWidth, by);
    y = spread(at ? at.clientY - box.top : box.height / 2, picture.offsetTop, y, picture.offsetHeight, frame.clientHeight, by);
    draw();
  }

  function draw() {
    picture.style.transform = scale > 1 ? `translate(${x}px, ${y}px) scale(${scale})` : swiped ? `translate(${swiped}px)` : "";
    frame.classList.toggle("is-zoomed", scale > 1);
    frame.querySelector("output").textContent = `${Math.round((100 * scale * picture.offsetWidth) / (picture.naturalWidth || picture.offsetWidth || 1))} %`;
  }

  function wheel(event) {
    event.preventDefault();
    const pixels = event.deltaY * [1, 30, 400][event.deltaMode];
    zoom(Math.exp(-Math.max(-200, Math.min(200, pixels)) * (event.ctrlKey ? 0.01 : 0.003)), event);
  }
  const double = (event) => event.target.closest("button") || zoom(scale > 1 ? 1 / scale : Math.max(2.5, picture.naturalWidth / picture.offsetWidth), event);

  // Safari tells of a pinch on a Mac's trackpad in this way, and of fingers on glass by this and by pointers.
  function gesture(event) {
    event.preventDefault();
    if (event.type === "gesturechange" && !touches.size) zoom(event.scale / apart, event);
    apart = event.scale;
  }

  // Where all fingers are together, and how far from one another.
  function hand() {
    const all = [...touches.values()];
    const mean = (key) => all.reduce((sum, one) => sum + one[key], 0) / all.length;
    return { clientX: mean("clientX"), clientY: mean("clientY"), apart: all[1] ? Math.hypot(all[0].clientX - all[1].clientX, all[0].clientY - all[1].clientY) : 1 };
  }

  function down(event) {
    if (event.button || event.target.closest("button")) return;
    frame.setPointerCapture(event.pointerId);
    touches.set(event.pointerId, event);
    wasPinched ||= touches.size > 1;
    frame.classList.add("is-held");
  }

  function move(event) {
    if (!touches.has(event.pointerId)) return;
    const before = hand();
    touches.set(event.pointerId, event);
    const now = hand();
    const [right, down] = [now.clientX - before.clientX, now.clientY - before.clientY];
    if (scale === 1 && !wasPinched && event.pointerType !== "mouse") swiped += right;
    if (scale > 1) pan(right, down);
    zoom(now.apart / before.apart, now);
  }

  function up(event) {
    if (!touches.delete(event.pointerId) || touches.size) return;
    if (event.type === "pointerup" && Math.abs(swiped) > FAR) turn(swiped < 0 ? "file-after" : "file-before");
    [swiped, wasPinched] = [0, false];
    frame.classList.remove("is-held");
    draw();
  }

  const turn = (id) => document.getElementById(id) && go(document.getElementById(id).getAttribute("href"));
  const pressed = ({ target }) => target.closest("[data-zoom]") && zoom({ in: STEP, out: 1 / STEP, fit: 1 / scale }[target.closest("[data-zoom]").dataset.zoom]);

  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (document.querySelector("dialog[open], .menu:popover-open")) return;
    const by = { "+": STEP, "=": STEP, "-": 1 / STEP, 0: 1 / scale, Escape: scale > 1 && 1 / scale }[event.key];
    const shift = scale > 1 && ARROWS[event.key];
    if (!by && !shift) return;
    event.preventDefault();
    event.stopPropagation(); // Esc and arrows lead away only from what isn't zoomed
    if (by) zoom(by);
    else pan(...shift);
  }

  const pinched = (event) => event.touches.length > 1 && event.preventDefault(); // or the page would scroll with it
  frame.addEventListener("wheel", wheel, { passive: false });
  frame.addEventListener("touchmove", pinched, { passive: false });
  for (const kind of ["gesturestart", "gesturechange"]) frame.addEventListener(kind, gesture);
  frame.addEventListener("dblclick", double);
  frame.addEventListener("click", pressed);
  frame.addEventListener("pointerdown", down);
  frame.addEventListener("pointermove", move);
  frame.addEventListener("pointerup", up);
  frame.addEventListener("pointercancel", up);
  picture.draggable = false;
  picture.decode().then(draw, () => {});
  document.addEventListener("keydown", key, true);
  return () => document.removeEventListener("keydown", key, true);
}
