// Writing: Enter sends, Shift+Enter breaks the line, marks, emoji, @names, a draft that survives, and word that one is writing.
import { say } from "../live.js";
import { keptDraft } from "../chat/drafts.js";
import { pick } from "../chat/emoji.js";
import { put, type } from "../chat/marks.js";
import { command, commands, isCommand } from "../chat/commands.js";
import { codes, names, offerToAdd } from "../chat/names.js";
import { closePanel } from "../chat/panel.js";
import { tell } from "../chat/http.js";
import { send } from "../chat/send.js";
import { uploads } from "../uploads.js";
import { voice } from "../chat/voice.js";

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);

export default function connect(form) {
  const area = form.elements.text;
  const { channel, thread } = form.dataset;
  const pane = form.closest(".chat-foot")?.parentElement ?? document;
  const left = form.querySelector(".composer-left");
  const error = form.querySelector(".composer-error");
  const draft = keptDraft(form, area);
  const people = names(form, area);
  const emoji = codes(form, area);
  const words = thread ? null : commands(form, area); // in a thread a slash is a slash
  const files = uploads(form, () => changed());
  const recording = voice(form.querySelector("[data-voice]"), (file, more) => files.add([file], more), (text, kind) => tell({ text, kind }));
  let told = 0;

  function changed() {
    const over = Number(form.dataset.most) - area.value.length;
    left.hidden = over > 500;
    left.textContent = String(over);
    form.toggleAttribute("data-over", over < 0);
    form.toggleAttribute("data-empty", !area.value.trim() && !files.count());
    area.required = !files.count();
    draft.keep();
    if (!thread && area.value.trim() && Date.now() - told > 3_000) {
      told = Date.now();
      say(`channel:${channel}`, "typing");
    }
  }

  async function submit(event) {
    event.preventDefault();
    if ((!area.value.trim() && !files.count()) || form.hasAttribute("data-over") || files.hasFailed() || form.hasAttribute("data-sending")) return;
    if (files.isBusy()) {
      form.toggleAttribute("data-sending", true);
      tell({ text: document.getElementById("upload-words").dataset.sending });
      await files.whenDone();
      form.removeAttribute("data-sending");
      if (!form.isConnected || files.hasFailed() || (!area.value.trim() && !files.count())) return;
    }
    if (!thread && isCommand(area.value)) return command(form).then((isDone) => isDone && form.isConnected && emptied());
    send(form, files.tokens(), files.names());
    offerToAdd(form);
    files.clear();
    emptied();
  }

  function emptied() {
    draft.sent();
    clear();
    error.hidden = true;
    told = 0;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  }

  function clear() {
    area.value = "";
    form.querySelectorAll('input[name="mention"]').forEach((field) => field.remove());
    if (form.elements.asks) form.elements.asks.checked = false;
  }

  // Files: chosen, dropped anywhere on the conversation, or pasted.
  const chosen = ({ target }) => target.matches("[data-attach]") && [files.add([...target.files]), (target.value = "")];
  function pasted(event) {
    const found = [...event.clipboardData.files];
    if (!found.length) return;
    event.preventDefault();
    files.add(found.map((file, n) => (file.name && file.name !== "image.png" ? file : new File([file], `picture-${Date.now()}${n || ""}.png`, { type: file.type }))));
  }
  function dragged(event) {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    pane.toggleAttribute("data-dropping", event.type === "dragover");
    if (event.type === "drop") files.add([...event.dataTransfer.files]);
  }
  const DRAGS = ["dragover", "dragleave", "drop"];
  DRAGS.forEach((kind) => pane.addEventListener(kind, dragged));
  pane.dataset.drop = document.getElementById("upload-words")?.dataset.drop ?? "";
  form.addEventListener("change", chosen);
  area.addEventListener("paste", pasted);

  // It is sent later: the composer is free again.
  function scheduled({ detail }) {
    if (String(detail.channel) !== channel || String(detail.thread || "") !== (thread ?? "")) return;
    draft.sent();
    clear();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function keydown(event) {
    if (event.defaultPrevented) return;
    const pressed = [(IS_MAC ? event.metaKey : event.ctrlKey) && "Mod", event.shiftKey && "Shift", /^Digit/.test(event.code) ? event.code.slice(5) : event.key.toLowerCase()].filter(Boolean).join("+");
    const tool = [...form.querySelectorAll("[data-keys]")].find((one) => one.dataset.keys.toLowerCase() === pressed.toLowerCase());
    if (tool) put(area, tool.dataset.mark);
    else if (event.key === "Enter" && !event.shiftKey && !event.altKey) form.requestSubmit();
    else if (event.key === "ArrowUp" && !area.value) area.dispatchEvent(new CustomEvent("chat:edit-last", { bubbles: true }));
    else if (event.key === "Escape" && thread && !area.value) closePanel(pane.querySelector("[data-close-detail]")?.getAttribute("href"));
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
      const picked = await pick(button);
      area.focus();
      if (picked) type(area, `${picked} `);
    }
  }

  const typed = ({ target }) => target === area && [(error.hidden = true), changed()];
  form.addEventListener("input", typed);
  form.addEventListener("submit", submit);
  form.addEventListener("click", click);
  area.addEventListener("keydown", keydown);
  document.addEventListener("chat:scheduled", scheduled);
  draft.restore();
  told = Date.now(); // what was there before isn't being written now
  changed();
  told = 0;
  if (thread && matchMedia("(hover: hover)").matches) area.focus({ preventScroll: true });
  else if (matchMedia("(hover: hover)").matches && !document.querySelector("#detail .thread") && !document.querySelector("dialog[open]") && !document.querySelector(".chat-scroll[data-target]:not([data-target='0'])")) area.focus({ preventScroll: true });
  return () => [
    people.close(), emoji.close(), words?.close(), draft.stop(), files.stop(), recording.stop(), DRAGS.forEach((kind) => pane.removeEventListener(kind, dragged)),
    document.removeEventListener("chat:scheduled", scheduled)];
}
