// The panel beside a conversation: a thread, what is pinned, who is in it. It has an address; closing it leaves the conversation as it was.
const detail = () => document.getElementById("detail");

/** Show what is at `url` in the panel. */
export async function openPanel(url) {
  await htmx.ajax("GET", url, { source: "#detail", target: "#detail", swap: "innerHTML" });
  if (location.pathname !== url) history.pushState({ htmx: true }, "", url);
}

/** Close it, and go back to the address of the conversation. */
export function closePanel(url) {
  detail().replaceChildren();
  if (url) history.pushState({ htmx: true }, "", url);
  document.querySelector("#composer textarea")?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-close-detail]:not([hx-get]), [data-open-thread]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  if (link.matches("[data-open-thread]") && !document.querySelector(".chat-scroll")) return; // in a view of many conversations it is a page
  event.preventDefault();
  const url = new URL(link.href, location.href).pathname;
  if (link.matches("[data-open-thread]")) openPanel(url);
  else closePanel(url);
});
