// Choosing people: options come from the server while typing, a choice becomes a chip with a hidden field.
import { options } from "../options.js";

export default function connect(picker) {
  const input = picker.querySelector('[role="combobox"]');
  const listbox = picker.querySelector('[role="listbox"]');
  const chips = picker.querySelector(".picker-chips");
  const template = picker.querySelector("template");
  const chosen = () => [...chips.querySelectorAll("input")].map((field) => field.value);
  const keys = options(input, listbox, add);

  function open(on) {
    listbox.hidden = !on;
    input.setAttribute("aria-expanded", String(on));
    if (!on) keys.select(null);
  }

  function add(option) {
    if (!chosen().includes(option.dataset.value)) {
      if ("single" in picker.dataset) chips.replaceChildren();
      const chip = template.content.firstElementChild.cloneNode(true);
      const face = option.querySelector(".avatar")?.cloneNode(true);
      face?.classList.replace("s", "xs");
      if (face) chip.prepend(face);
      chip.querySelector(".name").textContent = option.dataset.label;
      chip.querySelectorAll("input").forEach((field) => (field.value = option.dataset.value));
      const gone = chip.querySelector("[data-remove]");
      gone.setAttribute("aria-label", gone.dataset.label.replace("{}", () => option.dataset.label));
      chips.append(chip);
    }
    input.value = "";
    open(false);
    input.focus();
    picker.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function remove(chip) {
    chip?.remove();
    input.focus();
    picker.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function shown({ detail: { ctx } }) {
    if (ctx.target !== listbox || !picker.contains(document.activeElement)) return;
    listbox.querySelectorAll("[data-value]").forEach((option) => chosen().includes(option.dataset.value) && option.remove());
    open(true);
    keys.first();
  }

  function key(event) {
    if (event.key === "Backspace" && !input.value) remove(chips.lastElementChild);
    else if (event.key === "ArrowDown" && listbox.hidden) htmx.trigger(input, "options");
    else if (event.key === "Escape" && !listbox.hidden) [open(false), event.preventDefault(), event.stopPropagation()];
    else if (event.key === "Enter" && listbox.hidden && input.value) event.preventDefault();
  }

  const click = ({ target }) => (target.closest("[data-remove]") ? remove(target.closest(".chip")) : target === picker && input.focus());
  const left = ({ relatedTarget }) => !picker.contains(relatedTarget) && open(false);
  const hold = (event) => event.preventDefault(); // a press on an option leaves the focus in the input

  input.addEventListener("keydown", key);
  picker.addEventListener("click", click);
  picker.addEventListener("focusout", left);
  listbox.addEventListener("mousedown", hold);
  document.addEventListener("htmx:after:swap", shown);
  return () => document.removeEventListener("htmx:after:swap", shown);
}
