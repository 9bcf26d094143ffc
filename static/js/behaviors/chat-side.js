// The list of conversations: what is new is bold and counted, in all tabs; a box narrows it.
import { follow, onActivity } from "../chat/activity.js";
import { me } from "../chat/http.js";
import { arranging } from "../chat/arranging.js";
import { subscribe } from "../live.js";

let scrolled = 0; // from page to page
let renewing;
const drafts = new Map(); // channel and thread → whether there is one: that it grows changes nothing here

export default function connect(side) {
  const links = () => [...side.querySelectorAll("[data-channel]")];
  const link = (channel) => side.querySelector(`[data-channel="${channel}"]`);
  const column = side.closest(".side");
  const counted = new Set();

  function renew() {
    clearTimeout(renewing);
    renewing = setTimeout(() => side.isConnected && htmx.ajax("GET", `/chat/side?current=${side.dataset.current}`, { target: side, swap: "outerHTML" }), 150);
  }

  function isOpen(channel) {
    return side.dataset.current === String(channel) && !document.hidden && document.hasFocus();
  }

  function show(one, count) {
    const isNew = Number(one.dataset.last) > Number(one.dataset.read);
    const isMuted = one.classList.contains("muted");
    one.dataset.count = String(count);
    one.classList.toggle("unread", isNew && !isMuted);
    one.querySelector(".count").hidden = !count || isMuted;
    one.querySelector(".count > [aria-hidden]").textContent = count > 99 ? "99+" : String(count);
  }

  function news({ kind, data }) {
    if (kind === "chat.drafts" && !isOtherDraft(data)) return;
    if (["resume", "chat.places", "chat.threads", "chat.drafts"].includes(kind)) return renew();
    if (kind === "chat.read") return readElsewhere(data);
    if (!["chat.activity", "chat.direct", "chat.mention"].includes(kind)) return;
    const one = link(data.channel);
    if (!one) return renew();
    one.dataset.last = String(Math.max(Number(one.dataset.last), data.message));
    if (String(data.author) === me()) one.dataset.read = one.dataset.last;
    const isCounted = kind !== "chat.activity" && String(data.author) !== me() && !isOpen(data.channel) && !counted.has(data.message);
    if (isCounted) counted.add(data.message);
    if (!isOpen(data.channel)) show(one, Number(one.dataset.count) + Number(isCounted));
    if (kind === "chat.direct") first(one);
  }

  function isOtherDraft({ channel, thread, there }) {
    const key = `${channel} ${thread}`;
    return there === null || (drafts.get(key) !== there && drafts.set(key, there));
  }

  // The conversation that moved last stands first.
  function first(one) {
    const group = one.parentElement;
    if (one.dataset.kind === "direct" && group.firstElementChild !== one && group.querySelectorAll('[data-kind="direct"]').length === group.childElementCount && !one.closest("[data-favourites]")) group.prepend(one);
  }

  function readElsewhere({ channel, read_up_to: upTo, count }) {
    const one = link(channel);
    if (!one) return;
    one.dataset.read = String(upTo);
    show(one, count);
  }

  function filter({ target }) {
    if (!target.matches("[data-filter]")) return;
    const typed = fold(target.value);
    for (const one of links()) one.hidden = !fold(one.querySelector(".side-label").textContent).includes(typed);
    side.querySelectorAll("[data-group]").forEach((group) => (group.hidden = Boolean(typed) && ![...group.querySelectorAll("[data-channel]")].some((one) => !one.hidden)));
    side.querySelector("[data-none]").hidden = !typed || links().some((one) => !one.hidden);
  }

  function keydown(event) {
    if (event.altKey && event.shiftKey) return;
    const shown = links().filter((one) => !one.hidden && !one.closest("[hidden]"));
    const inBox = event.target.matches("[data-filter]");
    const now = shown.indexOf(document.activeElement);
    if (event.key === "ArrowDown") (shown[now + 1] ?? shown[0])?.focus();
    else if (event.key === "ArrowUp" && !inBox) (shown[now - 1] ?? side.querySelector("[data-filter]")).focus();
    else if (event.key === "Enter" && inBox) shown[0]?.click();
    else if (event.key === "Escape" && inBox && event.target.value) [(event.target.value = ""), filter(event)];
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Alt and an arrow: the conversation above or below.
  function hop(event) {
    if (!event.altKey || event.shiftKey || event.ctrlKey || event.metaKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const shown = links().filter((one) => !one.hidden && !one.closest("[hidden]"));
    const now = shown.findIndex((one) => one.hasAttribute("aria-current"));
    const next = shown[now + (event.key === "ArrowDown" ? 1 : -1)] ?? (now < 0 ? shown[0] : undefined);
    if (!next) return;
    event.preventDefault();
    next.click();
  }

  const scroll = () => (scrolled = column.scrollTop);
  const stop = [subscribe(`account:${me()}`, news), onActivity(news)];
  follow(links().filter((one) => one.dataset.kind !== "direct").map((one) => one.dataset.channel));
  if (column) column.scrollTop = scrolled;
  column?.addEventListener("scroll", scroll, { passive: true });
  side.addEventListener("input", filter);
  side.addEventListener("keydown", keydown);
  document.addEventListener("keydown", hop);
  arranging(side);
  return () => {
    document.removeEventListener("keydown", hop);
    stop.forEach((end) => end());
    column?.removeEventListener("scroll", scroll);
  };
}

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
