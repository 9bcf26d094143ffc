// Fills the list of shortcuts, from what is on this page, each time the dialog opens.
import { shortcuts, spell } from "../shortcuts.js";

export default function connect(dialog) {
  const list = dialog.querySelector(".shortcut-list:not(.fixed)");
  const template = dialog.querySelector("template");

  function row({ keys, label }) {
    const item = template.content.cloneNode(true);
    item.querySelector("dt").textContent = label;
    item.querySelector("kbd").textContent = spell(keys);
    return item;
  }

  function fill() {
    if (!dialog.open) return;
    const once = new Map(shortcuts().map((one) => [one.keys, one]));
    list.replaceChildren(...[...once.values()].map(row));
  }

  const watch = new MutationObserver(fill);
  watch.observe(dialog, { attributeFilter: ["open"] });
  fill();
  return () => watch.disconnect();
}
