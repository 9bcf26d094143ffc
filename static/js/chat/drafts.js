// What one has begun to write: on this device at once, on the server a moment later for one's other devices, which show it where nothing
// else was typed. What the device still has wasn't told to the server, so it is newer.
import { subscribe } from "../live.js";
import { me } from "./http.js";

const WAIT = 1_200;

/** Keeps what `area` of the composer `form` holds: restore, keep, sent, stop. */
export function keptDraft(form, area) {
  const { channel, thread = "0", draft: url } = form.dataset;
  const name = `chat:draft:${channel}:${thread}`;
  let timer, told = area.value, telling = Promise.resolve();

  function store(text) {
    try {
      if (text === null) localStorage.removeItem(name);
      else localStorage.setItem(name, text);
    } catch {
      // Without storage the server keeps it alone.
    }
  }

  // One after the other, so that the server ends with the latest.
  function tell() {
    clearTimeout(timer);
    timer = undefined;
    telling = telling.then(post);
  }

  async function post() {
    const text = area.value;
    if (text === told) return store(null);
    try {
      const answer = await fetch(url, { method: "POST", headers: { "HX-Request": "true" }, body: new URLSearchParams({ text, thread }), keepalive: text.length < 15_000 });
      if (!answer.ok) return;
      told = text;
      if (area.value === text) store(null);
    } catch {
      // The device has it.
    }
  }

  function keep() {
    if (area.value === told) return;
    store(area.value);
    clearTimeout(timer);
    timer = setTimeout(tell, WAIT);
  }

  function restore() {
    try {
      area.value = localStorage.getItem(name) ?? area.value;
    } catch {
      // What the server knew stands there.
    }
    if (area.value !== told) keep();
  }

  // Sent: the server forgets it by itself, or is told now.
  function sent() {
    store(null);
    if (told) setTimeout(tell);
    clearTimeout(timer);
  }

  // Another device went on, or sent it: so it stands here, too, unless something else does.
  async function show() {
    const isTouched = () => area.value !== told;
    if (isTouched()) return;
    const answer = await fetch(`${url}?thread=${thread}`).catch(() => null);
    if (!answer?.ok || isTouched()) return;
    const text = await answer.text();
    if (isTouched() || text === told) return;
    told = area.value = text;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const isHere = ({ kind, data }) => kind === "resume" || (kind === "chat.drafts" && String(data.channel) === channel && String(data.thread) === thread);
  const end = subscribe(`account:${me()}`, (news) => isHere(news) && show());

  return { keep, restore, sent, stop: () => [end(), timer && tell()] };
}
