// Marks the row whose card is open in the panel.
export default function connect(list) {
  function mark() {
    const open = document.getElementById("card")?.getAttribute("hx-get")?.split("?")[0];
    for (const link of list.querySelectorAll("[data-row] a[href]")) {
      if (link.pathname === open) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  mark();
  document.addEventListener("htmx:after:swap", mark);
  return () => document.removeEventListener("htmx:after:swap", mark);
}
