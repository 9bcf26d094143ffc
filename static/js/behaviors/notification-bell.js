// The bell: its number, the badge of the installed app, and the panel, which is asked for when it opens and while it is open.
import { me } from "../chat/http.js";
import { subscribe } from "../live.js";

if (globalThis.Notification?.permission === "granted") import("../push.js"); // else the page that turns it on brings it

export default function connect(bell) {
  const panel = document.getElementById("notices");
  const place = bell.querySelector(".bell-count");
  const counted = new MutationObserver(badge);
  let again;

  function badge() {
    const unread = parseInt(place.textContent, 10) || 0;
    if (unread) navigator.setAppBadge?.(unread).catch(() => {});
    else navigator.clearAppBadge?.().catch(() => {});
  }

  // Everybody's tabs hear of it in the same instant: ask a moment later, and once the tab is seen.
  function news({ kind, data }) {
    if (kind === "notices" && String(data.org) !== bell.dataset.org) return;
    if (kind !== "notices" && kind !== "resume") return;
    clearTimeout(again);
    again = setTimeout(recount, 60 + Math.random() * 200);
  }

  function recount() {
    if (document.hidden) return;
    again = undefined;
    place.dispatchEvent(new CustomEvent("recount"));
    document.dispatchEvent(new CustomEvent("notices-changed"));
    seen();
  }

  // What is on the screen is read: places name themselves as a source.
  function seen() {
    const source = document.querySelector("#main [data-notice-source]")?.dataset.noticeSource;
    if (!source || document.hidden || !document.hasFocus() || !parseInt(place.textContent, 10)) return;
    fetch("/notifications/reading", { method: "POST", body: new URLSearchParams({ source }), headers: { "HX-Request": "true" }, keepalive: true }).catch(() => {});
  }

  const shown = () => !document.hidden && (again ? recount() : seen());
  const swapped = ({ detail: { ctx } }) => ctx.target?.id === "view" && seen();

  function toggled({ newState }) {
    if (newState === "open") panel.dispatchEvent(new CustomEvent("opened"));
    else panel.replaceChildren();
  }

  // While it is shut, nothing is asked for.
  function asks(event) {
    if (event.target === panel && !panel.matches(":popover-open")) event.preventDefault();
  }

  function left({ target }) {
    if (target.closest("a[href], .notice-go") && panel.contains(target)) panel.hidePopover();
  }

  counted.observe(place, { childList: true, subtree: true, characterData: true });
  panel.addEventListener("toggle", toggled);
  panel.addEventListener("click", left);
  document.addEventListener("htmx:config:request", asks);
  document.addEventListener("htmx:after:swap", swapped);
  document.addEventListener("visibilitychange", shown);
  const stop = subscribe(`account:${me()}`, news);
  return () => {
    stop();
    counted.disconnect();
    clearTimeout(again);
    document.removeEventListener("htmx:config:request", asks);
    document.removeEventListener("htmx:after:swap", swapped);
    document.removeEventListener("visibilitychange", shown);
  };
}
