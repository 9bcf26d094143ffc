// What one has begun to write: on this device at once, on the server a moment later for one's other devices. What the device still has
// wasn't told to the server, so it is newer.
const WAIT = 1_200;

/** Keeps what `area` of the composer `form` holds: restore, keep, sent, stop. */
export function keptDraft(form, area) {
  const { channel, thread = "0", draft: url } = form.dataset;
  const name = `chat:draft:${channel}:${thread}`;
  let timer, told = area.value;

  function store(text) {
    try {
      if (text === null) localStorage.removeItem(name);
      else localStorage.setItem(name, text);
    } catch {
      // Without storage the server keeps it alone.
    }
  }

  async function tell() {
    clearTimeout(timer);
    timer = undefined;
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

  return { keep, restore, sent, stop: () => timer && tell() };
}
