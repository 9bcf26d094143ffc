// @names and :emoji: while one is being typed, what it may mean is offered above the composer.
import { type } from "./marks.js";
import { suggestions } from "./suggestions.js";

/** Offer names for what is typed in `area` of `form`. Returns `close`. */
export function names(form, area) {
  return suggestions(area, form.querySelector(".composer-names:not(.composer-commands, .composer-emoji)"), {
    pattern: /(?:^|[\s([{])@([^\s@][^@\n]{0,40})?$/,
    url: (text) => `${form.dataset.names}?q=${encodeURIComponent(text)}`,
    insert(option, text) {
      area.setSelectionRange(area.selectionStart - text.length, area.selectionStart);
      type(area, `${option.dataset.label} `);
      if (!option.dataset.value) return;
      const field = Object.assign(document.createElement("input"), { type: "hidden", name: "mention", value: option.dataset.value });
      field.toggleAttribute("data-outside", "outside" in option.dataset);
      form.append(field);
    },
  });
}

/** Offer emoji for `:na…` that is typed in `area`. Returns `close`. */
export function codes(form, area) {
  return suggestions(area, form.querySelector(".composer-emoji"), {
    pattern: /(?:^|[\s([{]):([a-z0-9+_-]{2,32})$/i,
    url: (text) => `/chat/emoji/options?q=${encodeURIComponent(text)}`,
    insert(option, text) {
      area.setSelectionRange(area.selectionStart - text.length - 1, area.selectionStart);
      type(area, `${option.dataset.value} `);
    },
  });
}

/** People were named who aren't in the channel: offer to add them, above the composer. */
export async function offerToAdd(form) {
  const outside = [...form.querySelectorAll("input[data-outside]")].map((field) => field.value);
  const slot = form.querySelector(".composer-outside");
  if (!outside.length || !slot) return;
  await htmx.ajax("GET", `${form.dataset.names.replace(/people$/, "outside")}?people=${outside.join(",")}`, { target: slot, swap: "innerHTML" });
  slot.hidden = !slot.childElementCount;
  slot.querySelector("[data-dismiss]")?.addEventListener("click", () => (slot.hidden = true));
  slot.querySelector("[hx-post]")?.addEventListener("htmx:after:request", () => (slot.hidden = true));
}
