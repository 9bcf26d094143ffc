// The number on the rail and in the title of the tab: mentions and direct messages that are new.
import { me } from "../chat/http.js";
import { subscribe } from "../live.js";

export default function connect(badge) {
  const counted = new Set();
  const title = document.querySelector("head > title");
  const shown = () => (badge.hidden ? 0 : parseInt(badge.textContent, 10) || 0);

  function show(number) {
    badge.hidden = !number;
    badge.firstElementChild.textContent = number > 99 ? "99+" : String(number);
    name();
  }

  function name() {
    const plain = document.title.replace(/^\(\d+\+?\) /, "");
    const wanted = shown() ? `(${badge.firstElementChild.textContent}) ${plain}` : plain;
    if (document.title !== wanted) document.title = wanted;
  }

  function isOpen(channel) {
    return !document.hidden && document.hasFocus() && document.querySelector(`.chat-scroll[data-channel="${channel}"]`);
  }

  function news({ kind, data }) {
    if (kind === "chat.read") return show(data.total);
    if (!["chat.direct", "chat.mention"].includes(kind) || String(data.author) === me() || counted.has(data.message)) return;
    counted.add(data.message);
    if (!isOpen(data.channel)) show(shown() + 1);
  }

  const changed = new MutationObserver(name);
  changed.observe(title, { childList: true });
  changed.observe(badge, { attributeFilter: ["hidden"] });
  name();
  const stop = subscribe(`account:${me()}`, news);
  return () => [stop(), changed.disconnect()];
}
