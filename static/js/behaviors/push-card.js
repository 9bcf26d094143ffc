// Notifications on this device: finds out which state applies, and asks the browser only after a click.
import { me, tryTo } from "../chat/http.js";
import { registered } from "../push.js";

const isIOS = () => /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
const isInstalled = () => matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

function browser() {
  const agent = navigator.userAgent;
  if (isIOS()) return "ios";
  if (/Android/.test(agent)) return "android";
  if (/Edg\//.test(agent)) return "edge";
  if (/Firefox\//.test(agent)) return "firefox";
  return /Chrome\//.test(agent) ? "chrome" : "safari";
}

export default function connect(card) {
  const failed = card.querySelector(".when-failed");
  const word = (name) => card.querySelector(`template[data-word="${name}"]`).content.textContent.trim();
  let device;

  function say(text) {
    failed.hidden = !text;
    failed.querySelector("[data-why]").textContent = text;
  }

  async function state() {
    if (!isSecureContext) return "insecure";
    if (isIOS() && !isInstalled()) return "install";
    if (!("serviceWorker" in navigator) || !("PushManager" in self) || !("Notification" in self)) return "unsupported";
    if (Notification.permission === "denied") return "denied";
    const subscription = await (await registered())?.pushManager.getSubscription();
    device = Notification.permission === "granted" && subscription ? (await self.pushing.asked()).device : null;
    return device ? "on" : "off";
  }

  async function look() {
    card.querySelectorAll("[data-browser]").forEach((steps) => (steps.hidden = steps.dataset.browser !== browser()));
    card.dataset.state = await state().catch(() => "off");
  }

  async function turnOn() {
    const permission = await Notification.requestPermission();
    if (permission !== "granted") return permission === "default" && say(word("dismissed"));
    const { key } = await self.pushing.asked();
    await self.pushing.subscribe(await navigator.serviceWorker.ready, key);
    await self.pushing.own(me());
    changed();
  }

  async function turnOff() {
    const subscription = await (await registered())?.pushManager.getSubscription();
    if (device) await tryTo("POST", `/account/notifications/devices/${device}/removal`);
    await subscription?.unsubscribe();
    await self.pushing.own("");
    changed();
  }

  const changed = () => document.dispatchEvent(new CustomEvent("push-devices"));
  const actions = { on: turnOn, off: turnOff, test: () => tryTo("POST", `/push/devices/${device}/test`) };

  async function click({ target }) {
    const button = target.closest("[data-push]");
    if (!button) return;
    say("");
    button.disabled = true;
    try {
      await actions[button.dataset.push]();
    } catch (error) {
      say((!(error instanceof DOMException) && error.message) || word("refused"));
    }
    button.disabled = false;
    await look();
  }

  card.addEventListener("click", click);
  document.addEventListener("push-devices", look);
  look();
  return () => document.removeEventListener("push-devices", look);
}
