// The page about installing: the app of this window says so; where the browser can ask right here, the button asks.
import { install } from "../pwa.js";

const root = document.documentElement;
const isStandalone = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
const isPad = navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1; // it says that it is a Mac

export default function connect(list) {
  const rows = [...list.querySelectorAll("[data-app]")];
  const ofPage = () => new URL(document.querySelector('link[rel="manifest"]').href).searchParams.get("app");

  function show() {
    for (const row of rows) row.querySelector("[data-installed]").hidden = !isStandalone || row.dataset.app !== ofPage();
    for (const row of rows) row.querySelector("[data-install]").hidden = isStandalone && row.dataset.app === ofPage();
  }

  function click(event) {
    const row = event.target.closest("[data-install]")?.closest("[data-app]");
    if (!row || row.dataset.app !== ofPage() || !root.hasAttribute("data-installable")) return;
    event.preventDefault();
    install();
  }

  if (isPad) document.querySelector('[data-device="ios"]').open = true;
  list.addEventListener("click", click);
  show();
}
