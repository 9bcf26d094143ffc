// "Install app": shown where the browser offers it, and on iPhone and iPad, where it opens a note on how (data-hint names it).
import { install } from "../pwa.js";

const root = document.documentElement;
const isApple = /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
const isInstalled = () => matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

export default function connect(button) {
  const show = () => (button.hidden = isInstalled() || !(isApple || root.hasAttribute("data-installable")));
  const click = () => {
    button.closest("[popover]")?.hidePopover();
    if (isApple) document.getElementById(button.dataset.hint).showModal();
    else install();
  };
  const watcher = new MutationObserver(show);
  watcher.observe(root, { attributeFilter: ["data-installable"] });
  button.addEventListener("click", click);
  show();
  return () => watcher.disconnect();
}
