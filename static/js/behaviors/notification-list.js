// Notices under the fingers: j and k (or arrows) move, Enter opens, e marks read or new.
const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

export default function connect(list) {
  const rows = () => [...list.querySelectorAll(".notice-go")];
  const panel = list.closest("[popover]");

  function isMeant(target) {
    if (target.matches("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open], .menu:popover-open")) return false;
    if (list.contains(target) || panel?.contains(target)) return true;
    const isAbove = document.querySelector(".notice-panel:popover-open");
    return panel ? Boolean(isAbove) : !isAbove && (target === document.body || target.closest("#main") !== null);
  }

  function key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !isMeant(event.target)) return;
    const every = rows();
    const now = every.findIndex((row) => row.closest("li").contains(document.activeElement));
    if (event.key in step) every[Math.max(0, Math.min(every.length - 1, now + step[event.key]))]?.focus();
    else if (event.key === "e" && now >= 0) toggle(every[now].closest("li"));
    else return;
    event.preventDefault();
  }

  function toggle(item) {
    const { id } = item;
    const back = () => document.getElementById(id)?.querySelector(".notice-go").focus();
    document.addEventListener("htmx:after:swap", back, { once: true });
    item.querySelector("[data-toggle-read]").click();
  }

  document.addEventListener("keydown", key);
  return () => document.removeEventListener("keydown", key);
}
