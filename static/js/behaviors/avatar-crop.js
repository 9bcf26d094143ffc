// Shows a chosen picture in a square frame; drag, arrows and the slider choose the part. The server cuts it.
import { dragging } from "../dragging.js";

export default function connect(box) {
  const form = box.querySelector("#avatar-form");
  const crop = box.querySelector("[data-crop]");
  const frame = box.querySelector("[data-frame]");
  const image = frame.querySelector("img");
  const zoom = box.querySelector("[data-zoom]");
  const { crop_left: left, crop_top: top, crop_side: side } = form.elements;
  let at = { x: 0, y: 0 };
  let url;

  const short = () => Math.min(image.naturalWidth, image.naturalHeight);
  const width = () => image.naturalWidth / short();
  const height = () => image.naturalHeight / short();

  // All in units of the picture's shorter side, as the server wants it.
  function place(x, y) {
    const shown = 1 / zoom.value;
    at = { x: Math.max(0, Math.min(width() - shown, x)), y: Math.max(0, Math.min(height() - shown, y)) };
    [left.value, top.value, side.value] = [at.x, at.y, shown];
    const scale = frame.clientWidth * zoom.value;
    Object.assign(image.style, { width: `${width() * scale}px`, translate: `${-at.x * scale}px ${-at.y * scale}px` });
  }

  function choose({ target }) {
    const [file] = target.files;
    URL.revokeObjectURL(url);
    crop.hidden = true;
    box.toggleAttribute("data-chosen", Boolean(file));
    [left.value, top.value, side.value] = ["", "", ""];
    if (file) image.src = url = URL.createObjectURL(file);
  }

  function loaded() {
    crop.hidden = false;
    zoom.value = 1;
    place((width() - 1) / 2, (height() - 1) / 2);
  }

  function rescale() {
    const middle = { x: at.x + side.value / 2, y: at.y + side.value / 2 };
    place(middle.x - 0.5 / zoom.value, middle.y - 0.5 / zoom.value);
  }

  function drag(right, down) {
    const scale = frame.clientWidth * zoom.value;
    place(at.x - right / scale, at.y - down / scale);
  }

  function key(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    place(at.x + step[0] * 0.03, at.y + step[1] * 0.03);
  }

  frame.tabIndex = 0;
  form.elements.picture.addEventListener("change", choose);
  image.addEventListener("load", loaded);
  zoom.addEventListener("input", rescale);
  dragging(frame, drag);
  frame.addEventListener("keydown", key);
  return () => URL.revokeObjectURL(url);
}
