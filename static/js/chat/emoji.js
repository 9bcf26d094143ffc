// The emoji picker: a popover that is filled at its first opening. Chat has one for the composer and for reactions.
const GAP = 8;
let picker, chosen;

/** Open the picker beside `anchor`; resolves with an emoji, or undefined when it is closed without one. */
export async function pick(anchor, within = document.getElementById("emoji-picker")) {
  picker = within;
  if (!picker.childElementCount) await fill();
  picker.hidePopover();
  picker.showPopover();
  put(anchor.getBoundingClientRect());
  const search = picker.querySelector("input");
  search.value = "";
  filter("");
  search.focus({ preventScroll: true });
  return new Promise((resolve) => (chosen = resolve));
}

async function fill() {
  await htmx.ajax("GET", picker.dataset.url ?? "/chat/emoji", { target: picker, swap: "innerHTML" });
  picker.addEventListener("click", ({ target }) => target.closest(".emoji-grid button") && choose(target.closest("button").value));
  picker.addEventListener("toggle", ({ newState }) => newState === "closed" && choose());
  picker.addEventListener("input", ({ target }) => filter(target.value));
  picker.addEventListener("keydown", move);
}

function choose(emoji) {
  const resolve = chosen;
  chosen = undefined;
  if (picker.matches(":popover-open")) picker.hidePopover();
  resolve?.(emoji);
}

function filter(typed) {
  const words = typed.toLowerCase().split(/[\s:_-]+/).filter(Boolean);
  for (const section of picker.querySelectorAll("section")) {
    let shown = 0;
    for (const button of section.querySelectorAll("button")) {
      const own = button.dataset.words.split(" ");
      button.hidden = !words.every((word) => own.some((one) => one.startsWith(word)));
      shown += !button.hidden;
    }
    section.hidden = !shown;
  }
  picker.querySelector(".side-none").hidden = [...picker.querySelectorAll("section")].some((section) => !section.hidden);
}

function move(event) {
  const all = [...picker.querySelectorAll(".emoji-grid button")].filter((button) => !button.hidden && !button.closest("[hidden]"));
  const now = all.indexOf(document.activeElement);
  if (event.key === "Enter" && now < 0 && all.length) choose(all[0].value);
  else {
    const inSearch = now < 0;
    const width = Math.max(1, Math.floor(picker.querySelector(".emoji-grid").clientWidth / (all[0]?.offsetWidth || 36)));
    const step = { ArrowDown: inSearch ? 1 : width, ArrowUp: -width, ArrowRight: inSearch ? 0 : 1, ArrowLeft: inSearch ? 0 : -1 }[event.key];
    if (!step) return;
    const next = all[inSearch ? 0 : now + step];
    (next ?? picker.querySelector("input")).focus();
  }
  event.preventDefault();
  event.stopPropagation();
}

function put(at) {
  const { offsetWidth: width, offsetHeight: height } = picker;
  const above = at.top - height - GAP;
  picker.style.left = `${Math.max(GAP, Math.min(at.left, innerWidth - width - GAP))}px`;
  picker.style.top = `${above > GAP ? above : Math.max(GAP, Math.min(at.bottom + GAP, innerHeight - height - GAP))}px`;
}
