// Copies the text (or value) of the element that data-copy names, and says so on the button for a moment.
import { copyText } from "../unsafe.js";

export default function connect(button) {
  const sign = button.querySelector("use");
  const before = sign?.getAttribute("href");

  async function copy() {
    const source = document.querySelector(button.dataset.copy);
    await copyText(source.value ?? source.textContent.trim());
    sign?.setAttribute("href", before.replace(/#.*/, "#check"));
    setTimeout(() => sign?.setAttribute("href", before), 1500);
  }

  button.addEventListener("click", copy);
  return () => button.removeEventListener("click", copy);
}
