// The page of a file: arrows lead to the files beside it, Esc back to its folder, i opens its details.
import { go } from "../navigation.js";

export default function connect() {
  const follow = (id) => document.getElementById(id)?.click();
  const details = () => document.getElementById("detail");
  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select, video, audio, [contenteditable]")) return;
    if (document.querySelector("dialog[open], .menu:popover-open")) return;
    if (event.key === "ArrowLeft") follow("file-before");
    else if (event.key === "ArrowRight") follow("file-after");
    else if (event.key === "i") follow("file-details");
    else if (event.key === "Escape" && details()?.childElementCount) details().replaceChildren();
    else if (event.key === "Escape") go(document.getElementById("file-back").getAttribute("href"));
  }
  const close = ({ target }) => target.closest("[data-close-details]") && details().replaceChildren();
  document.addEventListener("keydown", key);
  document.addEventListener("click", close);
  return () => {
    document.removeEventListener("keydown", key);
    document.removeEventListener("click", close);
  };
}
