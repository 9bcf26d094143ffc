// Writing: Enter sends, Shift+Enter breaks the line, marks, emoji, @names, a draft that survives, and word that one is writing.
import { say } from "../live.js";
import { pick } from "../chat/emoji.js";
import { put, type } from "../chat/marks.js";
import { command, commands, isCommand } from "../chat/commands.js";
import { names } from "../chat/names.js";
import { send } from "../chat/send.js";

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);

export default function connect(form) {
  const area = form.elements.text;
  const { channel } = form.dataset;
  const left = form.querySelector(".composer-left");
  const error = form.querySelector(".composer-error");
  const draft = `chat:draft:${channel}`;
  const people = names(form, area);
  const words = commands(form, area);
  let told = 0;

  function changed() {
    const over = Number(form.dataset.most) - area.value.length;
    left.hidden = over > 500;
    left.textContent = String(over);
    form.toggleAttribute("data-over", over < 0);
    form.toggleAttribute("data-empty", !area.value.trim());
    store(area.value);
    if (area.value.trim() && Date.now() - told > 3_000) {
      told = Date.now();
      say(`channel:${channel}`, "typing");
    }
  }

  function store(text) {
    try {
      if (text) localStorage.setItem(draft, text);
      else localStorage.removeItem(draft);
    } catch {
      // Without storage there is no draft.
    }
  }

  function submit(event) {
    event.preventDefault();
    if (!area.value.trim() || form.hasAttribute("data-over")) return;
    if (isCommand(area.value)) return command(form).then((isDone) => isDone && form.isConnected && emptied());
    send(form);
    emptied();
  }

  function emptied() {
    area.value = "";
    form.querySelectorAll('input[name="mention"]').forEach((field) => field.remove());
    error.hidden = true;
    told = 0;
    area.dispatchEvent(new Event("input"));
    area.focus();
  }

  function keydown(event) {
    if (event.defaultPrevented || event.isComposing) return;
    const pressed = [(IS_MAC ? event.metaKey : event.ctrlKey) && "Mod", event.shiftKey && "Shift", /^Digit/.test(event.code) ? event.code.slice(5) : event.key.toLowerCase()].filter(Boolean).join("+");
    const tool = [...form.querySelectorAll("[data-keys]")].find((one) => one.dataset.keys.toLowerCase() === pressed.toLowerCase());
    if (tool) put(area, tool.dataset.mark);
    else if (event.key === "Enter" && !event.shiftKey && !event.altKey) form.requestSubmit();
    else if (event.key === "ArrowUp" && !area.value) document.dispatchEvent(new CustomEvent("chat:edit-last"));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async function click({ target }) {
    const button = target.closest("button");
    if (!button) return target.closest("a, input, textarea") ? undefined : area.focus();
    if (button.dataset.mark) put(area, button.dataset.mark);
    else if ("name" in button.dataset) type(area, /(^|\s)$/.test(area.value.slice(0, area.selectionStart)) ? "@" : " @");
    else if ("format" in button.dataset) button.setAttribute("aria-expanded", String(form.toggleAttribute("data-formats")));
    else if ("emoji" in button.dataset) {
      const emoji = await pick(button);
      area.focus();
      if (emoji) type(area, `${emoji} `);
    }
  }

  const typed = ({ target }) => target === area && changed();
  form.addEventListener("input", typed);
  form.addEventListener("submit", submit);
  form.addEventListener("click", click);
  area.addEventListener("keydown", keydown);
  try {
    area.value ||= localStorage.getItem(draft) ?? "";
  } catch {
    // No storage, no draft.
  }
  told = Date.now(); // what was there before isn't being written now
  changed();
  told = 0;
  if (matchMedia("(hover: hover)").matches && !document.querySelector("dialog[open]") && !document.querySelector(".chat-scroll[data-target]:not([data-target='0'])")) area.focus({ preventScroll: true });
  return () => [people, words].forEach((one) => one.close());
}
