// The entry: connects behaviours, keeps times in the reader's words, and watches over what htmx does.
import { localise } from "./times.js";
import "./navigation.js";
import "./shortcuts.js";

const connected = new WeakMap(); // element → Map(name → disconnect)

async function connect(element, name) {
  const behaviours = connected.get(element) ?? connected.set(element, new Map()).get(element);
  if (behaviours.has(name)) return;
  behaviours.set(name, undefined);
  const { default: start } = await import(`./behaviors/${name}.js`);
  if (!element.isConnected) return behaviours.delete(name);
  behaviours.set(name, start(element));
}

function disconnect(element) {
  connected.get(element)?.forEach((stop) => stop?.());
  connected.delete(element);
}

const names = (element) => element.dataset.behavior.split(/\s+/).filter(Boolean);
const withBehaviour = (root) => [...(root.matches("[data-behavior]") ? [root] : []), ...root.querySelectorAll("[data-behavior]")];

function added(root) {
  const connecting = withBehaviour(root).flatMap((element) => names(element).map((name) => connect(element, name)));
  localise(root);
  return Promise.all(connecting);
}

function watch(records) {
  for (const { removedNodes } of records) {
    for (const node of removedNodes) if (node.nodeType === 1 && !node.isConnected) withBehaviour(node).forEach(disconnect);
  }
  for (const { addedNodes } of records) {
    for (const node of addedNodes) if (node.nodeType === 1 && node.isConnected) added(node);
  }
}

// A part that is morphed keeps its elements: times are in the server's words again, although nothing was added.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.swap?.endsWith("Morph") && ctx.target?.isConnected) localise(ctx.target);
});

// What a dialog needs only once it is open is fetched then: data-behavior-late.
function wake(dialog) {
  const { behavior, behaviorLate } = dialog.dataset;
  if (!behaviorLate) return;
  delete dialog.dataset.behaviorLate;
  dialog.dataset.behavior = `${behavior} ${behaviorLate}`;
  added(dialog);
}

// A button with data-opens opens the dialog of that id.
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-opens]");
  if (!button) return;
  button.closest("[popover]")?.hidePopover();
  const dialog = document.getElementById(button.dataset.opens);
  if (!dialog.open) dialog.showModal();
  wake(dialog);
});

new MutationObserver(watch).observe(document.documentElement, { childList: true, subtree: true });
const read = new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true })); // htmx begins then, too
Promise.all([added(document.body), read]).then(() => (document.documentElement.dataset.connected = "")); // the page answers to hand and keyboard
if (document.body.dataset.account) import("./live.js");
