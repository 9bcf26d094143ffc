// Copies the whole address of a page of ours (data-link), and says so (data-copied) in a toast.
import { copyText } from "../unsafe.js";

export default function connect(button) {
  async function copy() {
    await copyText(new URL(button.dataset.link, location.href).href);
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: button.dataset.copied, kind: "info" } }));
  }
  button.addEventListener("click", copy);
}
