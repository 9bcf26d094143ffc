// A popover with role="menu": placed beside what opened it, arrows, Home, End, typing, Tab closes.
// Elements with data-menu="<id>" open it at the pointer on right-click or long press.
const GAP = 6;

/** When the button or finger of this event is up: it would close a menu that is open by then. */
export async function letGo({ buttons }) {
  if (buttons) await new Promise((done) => ["pointerup", "pointercancel"].forEach((kind) => addEventListener(kind, () => setTimeout(done), { once: true })));
}

export default function connect(menu) {
  const invokers = () => [...document.querySelectorAll(`[popovertarget="${CSS.escape(menu.id)}"]`)];
  const items = () => [...menu.querySelectorAll('[role^="menuitem"]:not([aria-disabled="true"], :disabled)')].filter((item) => item.checkVisibility());
  let invoker, point, typed = "", forget;

  const remember = ({ target }) => {
    const found = target.closest?.("[popovertarget]");
    if (found?.getAttribute("popovertarget") === menu.id) [invoker, point] = [found, undefined];
  };

  function place() {
    const at = point ?? [invoker, ...invokers()].find((one) => one?.checkVisibility())?.getBoundingClientRect();
    if (!at) return;
    const { offsetWidth: width, offsetHeight: height } = menu;
    const toRight = at.left + width <= innerWidth - GAP;
    const left = toRight ? at.left : at.right - width;
    const below = at.bottom + GAP + height <= innerHeight;
    menu.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
    menu.style.top = `${below ? at.bottom + (point ? 0 : GAP) : Math.max(GAP, at.top - height - GAP)}px`;
  }

  function toggled({ newState }) {
    invokers().forEach((one) => one.setAttribute("aria-expanded", String(newState === "open" && one === invoker)));
    if (newState !== "open") return;
    place();
    items()[0]?.focus({ preventScroll: true });
  }

  function move(event) {
    const isTyping = event.target.matches("input:not([type=checkbox], [type=radio])");
    if (isTyping && !["ArrowDown", "ArrowUp", "Tab"].includes(event.key)) return;
    const all = items();
    const now = all.indexOf(document.activeElement);
    const next = { ArrowDown: now + 1, ArrowRight: now + 1, ArrowUp: now - 1, ArrowLeft: now - 1, Home: 0, End: -1 }[event.key];
    if (next !== undefined) all.at(next % all.length)?.focus();
    else if (event.key === "Tab") return menu.hidePopover();
    else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey) find(all, now, event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function find(all, now, key) {
    clearTimeout(forget);
    forget = setTimeout(() => (typed = ""), 600);
    typed += key.toLowerCase();
    const from = typed.length > 1 ? now : now + 1;
    const ring = [...all.slice(from), ...all.slice(0, from)];
    ring.find((item) => item.textContent.trim().toLowerCase().startsWith(typed))?.focus();
  }

  async function context(event) {
    const on = event.target.closest?.(`[data-menu="${CSS.escape(menu.id)}"]`);
    if (!on) return;
    event.preventDefault();
    point = new DOMRect(event.clientX, event.clientY, 0, 0);
    if (event.button === -1 || !event.clientX) point = on.getBoundingClientRect();
    await letGo(event);
    menu.dispatchEvent(new CustomEvent("menu:for", { detail: on, bubbles: true }));
    menu.hidePopover();
    menu.showPopover();
  }

  const chosen = ({ target }) => target.closest('[role="menuitem"]') && menu.hidePopover();

  invokers().forEach((one) => one.setAttribute("aria-haspopup", "menu"));
  document.addEventListener("click", remember, true);
  document.addEventListener("contextmenu", context);
  menu.addEventListener("toggle", toggled);
  menu.addEventListener("keydown", move);
  menu.addEventListener("click", chosen);
  return () => {
    document.removeEventListener("click", remember, true);
    document.removeEventListener("contextmenu", context);
  };
}
