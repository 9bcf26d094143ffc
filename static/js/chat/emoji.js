// The emoji picker: a popover that is filled at its first opening. Chat has one for the composer and for reactions.
const GAP = 8;
const RECENT = "chat:emoji", TONE = "chat:tone", MOST_RECENT = 24;
let picker, chosen;

function read(name) {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}

function write(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Next time it is as it was.
  }
}

/** Open the picker beside `anchor`; resolves with an emoji, or undefined when it is closed without one. */
export async function pick(anchor, within = document.getElementById("emoji-picker")) {
  picker = within;
  if (!picker.childElementCount) await fill();
  picker.hidePopover();
  picker.showPopover();
  put(anchor.getBoundingClientRect());
  const search = picker.querySelector("input");
  search.value = "";
  recent();
  tone(read(TONE));
  filter("");
  search.focus({ preventScroll: true });
  return new Promise((resolve) => (chosen = resolve));
}

async function fill() {
  await htmx.ajax("GET", picker.dataset.url ?? "/chat/emoji", { target: picker, swap: "innerHTML" });
  picker.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button?.matches(".emoji-tones button")) [tone(button.dataset.tone), write(TONE, button.dataset.tone)];
    else if (button?.closest(".emoji-grid")) choose(button.value);
  });
  picker.addEventListener("toggle", ({ newState }) => newState === "closed" && choose());
  picker.addEventListener("input", ({ target }) => filter(target.value));
  picker.addEventListener("keydown", move);
}

// What was chosen last comes first; each of them stands in its group, too.
function recent() {
  const section = picker.querySelector("[data-recent]");
  if (!section) return;
  const buttons = new Map([...picker.querySelectorAll(".emoji-grid button")].filter((one) => !one.closest("[data-recent]")).map((one) => [one.dataset.plain ?? one.value, one]));
  const shown = read(RECENT).split(" ").map((value) => buttons.get(value)).filter(Boolean);
  section.querySelector(".emoji-grid").replaceChildren(...shown.map((one) => one.cloneNode(true)));
  section.hidden = !shown.length;
  section.toggleAttribute("data-none", !shown.length);
}

// A skin tone goes after the first character, in the place of the sign that asks for colour (Unicode Technical Standard #51).
function tone(sign) {
  for (const button of picker.querySelectorAll("[data-toned]")) {
    const plain = (button.dataset.plain ??= button.value);
    const [first, ...rest] = [...plain];
    button.value = button.textContent = sign ? first + sign + rest.join("").replace(/^\ufe0f/, "") : plain;
  }
  for (const one of picker.querySelectorAll("[data-tone]")) one.setAttribute("aria-checked", String(one.dataset.tone === sign));
}

function choose(emoji) {
  const resolve = chosen;
  const plain = emoji && ([...picker.querySelectorAll(".emoji-grid button")].find((one) => one.value === emoji)?.dataset.plain ?? emoji);
  if (plain) write(RECENT, [plain, ...read(RECENT).split(" ").filter((one) => one && one !== plain)].slice(0, MOST_RECENT).join(" "));
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
    section.hidden = !shown || ("recent" in section.dataset && words.length > 0);
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
