// Ctrl K: results come from the server as options; the first is chosen, arrows choose, Enter goes there.
import { options } from "../options.js";

export default function connect(palette) {
  const input = palette.querySelector("input");
  const results = palette.querySelector("[role=listbox]");
  const keys = options(input, results, (option, event) => {
    if (event.type !== "keydown") return;
    (option.matches("a, button") ? option : option.querySelector("a, button") ?? option).click();
  });

  const opened = () => {
    if (!palette.open) return;
    input.select();
    htmx.trigger(input, "palette");
  };
  const swapped = ({ detail: { ctx } }) => ctx.target === results && keys.first();
  const followed = ({ target }) => target.closest("a, button:not([type=submit])") && palette.close();

  const watch = new MutationObserver(opened);
  watch.observe(palette, { attributeFilter: ["open"] });
  if (palette.open) htmx.trigger(input, "palette"); // and what was typed meanwhile stays
  results.addEventListener("click", followed);
  document.addEventListener("htmx:after:swap", swapped);
  return () => {
    watch.disconnect();
    document.removeEventListener("htmx:after:swap", swapped);
  };
}
