// What the grids ask the server for. Answers are a dialog (a form, or which events of a series are meant) or nothing and a toast.
export function create(start, end) {
  return htmx.ajax("GET", `/calendar/events/new?${new URLSearchParams({ start, end })}`, { source: "#dialog", target: "#dialog", swap: "innerHTML" });
}

export function move(event, start, end) {
  const { event: id, at = "" } = event.dataset;
  return htmx.ajax("POST", `/calendar/events/${id}/times`, { source: "#dialog", target: "#dialog", swap: "innerHTML", values: { at, start, end } });
}

// The event whose details are shown stands out in the grid, also after it came anew.
function mark() {
  const { eventDetail, at = "" } = document.querySelector("#detail [data-event-detail]")?.dataset ?? {};
  for (const event of document.querySelectorAll("#cal [data-event]")) {
    const isShown = event.dataset.event === eventDetail && (event.dataset.at ?? "") === at;
    event.toggleAttribute("aria-current", isShown);
    if (isShown) event.setAttribute("aria-current", "true");
  }
}
document.addEventListener("htmx:after:swap", mark);

/** The grid as the server has it. */
export const refresh = () => document.getElementById("cal")?.dispatchEvent(new CustomEvent("calendar:refresh"));

// A question about a series that is closed without an answer leaves everything where it was.
document.addEventListener("close", ({ target }) => target.id === "dialog" && refresh(), true);
