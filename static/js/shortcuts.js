// data-shortcut="c", "?", "Mod+k", "g c": presses its element. Single keys rest while someone types.
const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);
let prefix = "";
let forget;

function pressed(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return (IS_MAC ? event.metaKey : event.ctrlKey) ? `Mod+${key}` : key;
}

const typing = (target) => target.isContentEditable || target.matches?.("input:not([type=checkbox], [type=radio]), textarea, select");
const usable = (element) => !element.disabled && !element.closest("[inert], [hidden]");

/** Every shortcut of this page: {keys, label}. */
export function shortcuts() {
  return [...document.querySelectorAll("[data-shortcut]")]
    .filter(usable)
    .map((element) => ({ keys: element.dataset.shortcut, label: element.dataset.shortcutLabel ?? element.ariaLabel ?? element.textContent.trim() }))
    .concat([...(document.getElementById("log-keys")?.content.children ?? [])].map(({ dataset }) => dataset)); // what a chat's log or a folder hears by itself
}

/** Keys as people read them: "Mod+k" is Ctrl K, or ⌘K on a Mac. */
export function spell(keys) {
  return keys.replace("Mod+", IS_MAC ? "⌘" : "Ctrl ").replace(/(^|\s)(\w)$/, (_, space, key) => space + key.toUpperCase());
}

// What an input method takes is nobody else's. Safari says isComposing too late for the Enter that ends it; the number is the same everywhere.
addEventListener("keydown", (event) => event.keyCode === 229 && event.stopPropagation(), true);

// Safari's search fields keep Escape to themselves, also when there is nothing to clear.
function leave(event) {
  const around = event.target.value === "" && event.target.closest("dialog, [popover]");
  if (!around) return;
  event.preventDefault();
  around.open ? around.close() : around.hidePopover();
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey) return;
  if (event.key === "Escape" && event.target.type === "search") leave(event);
  const key = pressed(event);
  if (!key.startsWith("Mod+") && (typing(event.target) || document.querySelector("dialog[open]"))) return;
  if (key.startsWith("Mod+") !== (event.ctrlKey || event.metaKey)) return;
  const find = (keys) => [...document.querySelectorAll(`[data-shortcut="${CSS.escape(keys)}"]`)].find(usable);
  const element = find(prefix + key);
  clearTimeout(forget);
  prefix = "";
  if (element) {
    event.preventDefault();
    if (element.matches("input:not([type=button], [type=submit]), textarea")) element.focus();
    else element.click();
  } else if (document.querySelector(`[data-shortcut^="${CSS.escape(key)} "]`)) {
    prefix = `${key} `;
    forget = setTimeout(() => (prefix = ""), 1200);
  }
});

for (const kbd of document.querySelectorAll("kbd[data-keys]")) kbd.textContent = spell(kbd.dataset.keys);
