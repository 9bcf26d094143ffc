// One tooltip for the page: shows data-tip (and the shortcut) of what the pointer or the keyboard rests on.
import { spell } from "../shortcuts.js";

export default function connect(tip) {
  let timer, owner;

  function place(target) {
    const at = target.getBoundingClientRect();
    const left = at.left + at.width / 2 - tip.offsetWidth / 2;
    const above = at.top - tip.offsetHeight - 6;
    tip.style.left = `${Math.max(6, Math.min(left, innerWidth - tip.offsetWidth - 6))}px`;
    tip.style.top = `${at.bottom + tip.offsetHeight + 12 < innerHeight ? at.bottom + 6 : above}px`;
  }

  function show(target) {
    if (!target.isConnected || target.matches("[aria-expanded=true]")) return;
    const key = document.createElement("kbd");
    key.textContent = target.dataset.shortcut ? spell(target.dataset.shortcut) : "";
    tip.replaceChildren(target.dataset.tip, ...(key.textContent ? [key] : []));
    if (tip.matches(":popover-open")) tip.hidePopover();
    tip.showPopover();
    place(target);
  }

  function hide() {
    clearTimeout(timer);
    owner = undefined;
    if (tip.matches(":popover-open")) tip.hidePopover();
  }

  function over({ target, type, pointerType }) {
    const found = target.closest?.("[data-tip]");
    if (found === owner) return;
    hide();
    if (!found || pointerType === "touch" || (type === "focusin" && !found.matches(":focus-visible"))) return;
    owner = found;
    timer = setTimeout(show, type === "focusin" ? 150 : 450, found);
  }

  const events = { pointerover: over, focusin: over, pointerdown: hide, focusout: hide, scroll: hide, keydown: hide };
  for (const [name, listener] of Object.entries(events)) document.addEventListener(name, listener, true);
  return () => Object.entries(events).forEach(([name, listener]) => document.removeEventListener(name, listener, true));
}
