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

  const watch = new MutationObserver(() => {
    if (!dialog.open) return;
    const once = new Map(shortcuts().map((one) => [one.keys, one]));
    list.replaceChildren(...[...once.values()].map(row));
  });
  watch.observe(dialog, { attributeFilter: ["open"] });
  return () => watch.disconnect();
}
