// The list of calendars: what is switched off vanishes at once; the grid then comes anew, without its place.
import { refresh } from "../calendar/asking.js";

export default function connect(side) {
  function toggled({ target }) {
    const id = target.dataset.calendarToggle;
    if (!id) return;
    document.querySelectorAll(`.cal-event[data-calendar="${CSS.escape(id)}"], .cal-row[data-calendar="${CSS.escape(id)}"]`).forEach((event) => event.classList.toggle("hidden-calendar", !target.checked));
    target.setAttribute("hx-vals", JSON.stringify({ shown: target.checked ? "0" : "1" }));
  }
  side.addEventListener("change", toggled);
  side.addEventListener("htmx:after:request", refresh);
}
