// The tool that cuts a logo: drag, wheel, slider or keys choose the part; both previews show it as it will be. The server cuts it.
import { dragging } from "../dragging.js";

const LARGEST = { width: 270, height: 70 }; // CSS pixels

export default function connect(form) {
  const frame = form.querySelector("[data-frame]");
  const image = frame.querySelector("img");
  const zoom = form.querySelector("[data-zoom]");
  const size = form.querySelector("[data-size]");
  const previews = [...form.querySelectorAll("[data-seen]")];
  const { left, top, width, height } = form.elements;
  const box = () => ({ left: Number(left.value), top: Number(top.value), width: Number(width.value), height: Number(height.value) });
  let middle; // of the part, in pixels of the picture

  const natural = () => ({ width: image.naturalWidth, height: image.naturalHeight });
  const fit = () => Math.min(LARGEST.width / natural().width, LARGEST.height / natural().height);

  // The part that is shown at this zoom, kept inside the picture.
  function part() {
    const all = natural();
    const scale = fit() * zoom.value;
    const shown = { width: Math.min(all.width, LARGEST.width / scale), height: Math.min(all.height, LARGEST.height / scale) };
    const at = (axis, edge) => Math.max(0, Math.min(all[edge] - shown[edge], middle[axis] - shown[edge] / 2));
    return { ...shown, left: at("x", "width"), top: at("y", "height"), scale };
  }

  function draw() {
    const all = natural();
    const { left: x, top: y, width: w, height: h, scale } = part();
    middle = { x: x + w / 2, y: y + h / 2 };
    [left.value, top.value, width.value, height.value] = [x / all.width, y / all.height, w / all.width, h / all.height].map((value) => Math.min(1, value).toFixed(6));
    const stage = frame.clientWidth / LARGEST.width;
    put(image, all, scale * stage, x - Math.max(0, LARGEST.width / scale - w) / 2, y - Math.max(0, LARGEST.height / scale - h) / 2);
    const small = Math.min(1, 1 / scale); // small pictures aren't blown up
    for (const seen of previews) {
      Object.assign(seen.style, { width: `${w * scale * small}px`, height: `${h * scale * small}px` });
      put(seen.firstElementChild, all, scale * small, x, y);
    }
    size.textContent = `${Math.round(w * scale * small)} × ${Math.round(h * scale * small)} px`;
  }

  function put(picture, all, scale, x, y) {
    Object.assign(picture.style, { width: `${all.width * scale}px`, height: `${all.height * scale}px`, translate: `${-x * scale}px ${-y * scale}px` });
  }

  function begin() {
    const all = natural();
    const { left: x, top: y, width: w, height: h } = box();
    middle = { x: (x + w / 2) * all.width, y: (y + h / 2) * all.height };
    zoom.value = Math.min(LARGEST.width / (w * all.width), LARGEST.height / (h * all.height)) / fit();
    draw();
  }

  function move(x, y) {
    middle = { x: middle.x + x, y: middle.y + y };
    draw();
  }

  function zoomBy(factor) {
    zoom.value = Math.max(zoom.min, Math.min(zoom.max, zoom.value * factor));
    draw();
  }

  function drag(right, down) {
    const scale = (part().scale * frame.clientWidth) / LARGEST.width;
    move(-right / scale, -down / scale);
  }

  function key(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const factor = { "+": 1.1, "=": 1.1, "-": 1 / 1.1, 0: 0 }[event.key];
    if (!step && factor === undefined) return;
    event.preventDefault();
    const far = (event.shiftKey ? 30 : 6) / part().scale;
    if (step) move(step[0] * far, step[1] * far);
    else zoomBy(factor);
  }

  function wheel(event) {
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 1.08 : 1 / 1.08);
  }

  dragging(frame, drag);
  frame.addEventListener("keydown", key);
  frame.addEventListener("wheel", wheel, { passive: false });
  zoom.addEventListener("input", draw);
  form.querySelector("[data-closer]").addEventListener("click", () => zoomBy(1.15));
  form.querySelector("[data-farther]").addEventListener("click", () => zoomBy(1 / 1.15));
  form.querySelector("[data-whole]").addEventListener("click", () => ((zoom.value = 1), draw()));
  const resized = new ResizeObserver(() => middle && draw());
  resized.observe(frame);
  if (form.hasAttribute("data-cutting")) frame.focus();
  if (image.complete && image.naturalWidth) begin();
  else image.addEventListener("load", begin, { once: true });
  return () => resized.disconnect();
}
