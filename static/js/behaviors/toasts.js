// The stack of toasts. `toast` events bring {text | word, kind, undo_url}; they wait while pointed at, focused or hidden.
const MOST = 4;
const SECONDS = { info: 6, undo: 10, error: 10 };

export default function connect(stack) {
  const list = stack.querySelector(".toast-list");
  const template = stack.querySelector("#toast-template");
  const word = (name) => stack.querySelector(`#toast-${name}`)?.content.textContent.trim() ?? "";

  function show({ detail }) {
    const toast = template.content.firstElementChild.cloneNode(true);
    toast.dataset.kind = detail.kind ?? "info";
    toast.querySelector(".toast-text").textContent = detail.text ?? word(detail.word);
    const undo = toast.querySelector("[data-undo]");
    undo.dataset.undo = detail.undo_url ?? "";
    undo.hidden = !detail.undo_url;
    if (document.querySelector("dialog[open]")) raise();
    list.append(toast);
    [...list.children].slice(0, -MOST).forEach(leave);
    wait(toast);
  }

  function raise() {
    if (stack.matches(":popover-open")) stack.hidePopover();
    stack.showPopover();
  }

  function wait(toast) {
    const kind = toast.querySelector("[data-undo]").dataset.undo ? "undo" : toast.dataset.kind;
    let left = SECONDS[kind] ?? SECONDS.info;
    const tick = setInterval(() => {
      if (!toast.isConnected) return clearInterval(tick);
      if (document.hidden || stack.matches(":hover, :focus-within")) return;
      if (--left <= 0) leave(toast);
    }, 1000);
  }

  function leave(toast) {
    if (toast.contains(document.activeElement)) document.getElementById("main")?.focus();
    toast.classList.add("leaving");
    setTimeout(() => toast.remove(), 220);
  }

  function click({ target }) {
    const toast = target.closest(".toast");
    const undo = target.closest("[data-undo]");
    if (undo) htmx.ajax("POST", undo.dataset.undo, { source: stack, swap: "none" });
    if (undo || target.closest("[data-dismiss]")) leave(toast);
  }

  stack.showPopover();
  [...list.children].forEach(wait);
  stack.addEventListener("click", click);
  document.addEventListener("toast", show);
  return () => document.removeEventListener("toast", show);
}
