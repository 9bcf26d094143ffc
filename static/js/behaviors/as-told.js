// A part that is morphed shows what the server said: switches and choices marked data-told as they are now, whatever was clicked
// before. What is being typed stays.
export default function connect(part) {
  function swapped({ detail: { ctx } }) {
    if (!part.isConnected || !(part.contains(ctx.target) || ctx.target.contains?.(part))) return;
    for (const control of part.querySelectorAll("[data-told]")) {
      if (control.options) for (const option of control.options) option.selected = option.defaultSelected;
      else control.checked = control.defaultChecked;
    }
  }

  document.addEventListener("htmx:after:swap", swapped);
  return () => document.removeEventListener("htmx:after:swap", swapped);
}
