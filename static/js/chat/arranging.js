// Putting the conversations of the side column in one's own order: by dragging, and with Alt+Shift and the arrow keys.
import { tryTo } from "./http.js";

const MOVED = "application/x-chalet-conversation";

let held = { channel: "", until: 0 }; // what was moved keeps the focus while the list is made anew

export function arranging(side) {
  let dragged = null;
  const groups = () => [...side.querySelectorAll('[data-group]:not([data-group="direct"])')];
  const linksOf = (group) => [...group.querySelectorAll("[data-channel]")];
  const groupOf = (element) => element.closest?.("[data-group]");
  const isHome = (group, one) => group.dataset.group === "direct" && one.dataset.kind === "direct";

  function start(event) {
    dragged = event.target.closest("[data-channel]");
    if (!dragged) return;
    event.dataTransfer.setData(MOVED, dragged.dataset.channel);
    event.dataTransfer.effectAllowed = "move";
    dragged.classList.add("dragged");
  }

  function over(event) {
    const group = groupOf(event.target);
    if (!dragged || !group || (group.dataset.group === "direct" && !isHome(group, dragged)) || (group.dataset.group === "channels" && dragged.dataset.kind === "direct")) return;
    event.preventDefault();
    const links = group.querySelector(".side-links");
    const next = linksOf(group).find((one) => one !== dragged && event.clientY < one.getBoundingClientRect().top + one.offsetHeight / 2);
    if (next) next.before(dragged);
    else links.append(dragged);
  }

  function drop(event) {
    if (!dragged) return;
    event.preventDefault();
    save(dragged);
    end();
  }

  function end() {
    dragged?.classList.remove("dragged");
    dragged = null;
  }

  // To the next place; at the end of a group into the next group.
  function step(one, by) {
    const group = groupOf(one);
    const sibling = by < 0 ? one.previousElementSibling : one.nextElementSibling;
    if (sibling?.matches("[data-channel]") && group.dataset.group !== "direct") by < 0 ? sibling.before(one) : sibling.after(one);
    else {
      const all = one.dataset.kind === "direct" ? [...groups().filter((other) => other.dataset.group !== "channels"), side.querySelector('[data-group="direct"]')] : groups();
      const other = all[all.indexOf(group) + by];
      if (!other) return;
      const links = other.querySelector(".side-links");
      by < 0 ? links.append(one) : links.prepend(one);
    }
    one.focus();
    save(one);
  }

  function save(one) {
    const group = groupOf(one);
    const key = group.dataset.group === "direct" ? "channels" : group.dataset.group;
    const order = group.dataset.group === "direct" ? [] : linksOf(group).map((other) => ["order", other.dataset.channel]);
    group.querySelector(".side-links > .side-none")?.remove();
    side.querySelector("[data-moved]").textContent = `${group.querySelector("h2").textContent.trim()}, ${linksOf(group).indexOf(one) + 1}`;
    held = { channel: one.dataset.channel, until: Date.now() + 3_000 };
    tryTo("POST", one.dataset.place, new URLSearchParams([["group", key], ...order]));
  }

  function keydown(event) {
    const one = event.target.closest("[data-channel]");
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!one || !by || !event.altKey || !event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    step(one, by);
  }

  if (held.until > Date.now() && document.activeElement === document.body) side.querySelector(`[data-channel="${held.channel}"]`)?.focus({ preventScroll: true });
  side.addEventListener("dragstart", start);
  side.addEventListener("dragover", over);
  side.addEventListener("drop", drop);
  side.addEventListener("dragend", end);
  side.addEventListener("keydown", keydown);
}
