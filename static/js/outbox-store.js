// What was written on this device and isn't on the server yet. Pages import it, and the server puts it in front of the service
// worker, so it exports nothing: both use self.outbox. Each entry belongs to a holder ("account.membership") and a lane; a lane
// is sent in order, by one tab or the worker at a time (Web Locks). The key lets the server do each entry once, however often
// it arrives. An entry is waiting, sign-in (waits for its holder to sign in), failed (refused: its person must look at it) or
// conflict (what it changes was changed elsewhere meanwhile: `theirs` has {text, base} of now, and in `mine` what a form wanted, its person decides).
self.outbox = (() => {
  const GIVE_UP = 5; // answers "the server is broken" before an entry counts as failed
  const PATIENCE = 60_000;
  const SLOWEST = 20; // bytes in a millisecond, of what carries files
  let opening;

  function database() {
    opening ??= new Promise((resolve, reject) => {
      const request = indexedDB.open("chalet", 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("outbox", { keyPath: "order", autoIncrement: true });
        request.result.createObjectStore("device");
      };
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const forget = () => (opening = undefined);
        request.result.onclose = forget;
        request.result.onversionchange = () => request.result.close(forget());
        resolve(request.result);
      };
    });
    opening.catch(() => (opening = undefined));
    return opening;
  }

  async function within(store, mode, work) {
    const transaction = (await database()).transaction(store, mode, { durability: "strict" });
    const request = work(transaction.objectStore(store));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  }

  const recall = (name) => within("device", "readonly", (store) => store.get(name));
  const remember = (name, value) => within("device", "readwrite", (store) => store.put(value, name));

  // Forget what is remembered under names that begin so.
  const forget = (prefix) => within("device", "readwrite", (store) => store.delete(IDBKeyRange.bound(prefix, `${prefix}\uffff`)));

  const list = async (holder) => (await within("outbox", "readonly", (store) => store.getAll())).filter((entry) => entry.holder === holder);
  const add = (entry) => within("outbox", "readwrite", (store) => store.add(entry));
  const remove = (order) => within("outbox", "readwrite", (store) => store.delete(order));

  // Change an entry that is still there.
  const change = (order, changes) =>
    within("outbox", "readwrite", (store) => {
      store.get(order).onsuccess = ({ target: { result } }) => result && store.put({ ...result, ...changes });
    });

  // Forget what one account wrote, in all its organisations.
  async function clear(account) {
    const entries = await within("outbox", "readonly", (store) => store.getAll());
    await Promise.all(entries.filter(({ holder }) => holder.split(".")[0] === account).map(({ order }) => remove(order)));
  }

  const isOpen = ({ state }) => state !== "failed" && state !== "conflict";

  // Send what `holder` has waiting; `report` hears of each entry. Whether nothing is left to send.
  async function drain(holder, report) {
    const lanes = new Set((await list(holder)).filter(isOpen).map(({ lane }) => lane));
    await Promise.all([...lanes].map((lane) => alone(`outbox ${holder} ${lane}`, () => drainLane(holder, lane, report))));
    return !(await list(holder)).some(isOpen);
  }

  const alone = (name, work) => (navigator.locks ? navigator.locks.request(name, work) : work());

  async function drainLane(holder, lane, report) {
    let done = 0;
    const next = (entry) => entry.lane === lane && entry.order > done && isOpen(entry);
    for (let entry; (entry = (await list(holder)).find(next)); done = entry.order) {
      const answer = await deliver(entry);
      await settle(entry, answer);
      if (answer.base) await rebase(holder, lane, answer.base);
      report({ key: entry.key, lane, ...answer });
      if (answer.state === "waiting" || answer.state === "sign-in") return;
    }
  }

  // What waits behind a change of the same thing was written on top of it.
  async function rebase(holder, lane, base) {
    const later = (await list(holder)).filter((entry) => entry.lane === lane && isOpen(entry));
    const renewed = (body) => body.map(([name, value]) => [name, name === "base" ? base : value]);
    await Promise.all(later.map(({ order, body }) => change(order, { body: renewed(body) })));
  }

  async function deliver(entry) {
    const headers = { "HX-Request": "true", "Idempotency-Key": entry.key, "Chalet-For": entry.holder };
    try {
      const response = await fetch(entry.url, { method: entry.method, headers, body: form(entry.body), signal: AbortSignal.timeout(patience(entry.body)) });
      const html = await response.text();
      const state = outcome(entry, response);
      return { state, status: response.status, html: state === "conflict" ? "" : html, reason: reason(response, html), toast: toastOf(response), base: response.headers.get("Chalet-Base"), theirs: state === "conflict" ? JSON.parse(html) : undefined };
    } catch {
      return { state: "waiting", status: 0, html: "", reason: "" };
    }
  }

  const patience = (fields) => PATIENCE + fields.reduce((sum, [, value]) => sum + (value.size ?? 0), 0) / SLOWEST;

  function form(fields) {
    const data = fields.some(([, value]) => typeof value !== "string") ? new FormData() : new URLSearchParams();
    for (const [name, value] of fields) data.append(name, value);
    return data;
  }

  function outcome(entry, { ok, status, headers, redirected, url }) {
    const to = headers.get("HX-Redirect") ?? (redirected ? new URL(url).pathname : "");
    if (status === 401 || to.startsWith("/sign-in")) return "sign-in";
    if (ok) return headers.has("Chalet-Version") ? "sent" : "waiting"; // a hotel's network answers for us, too
    if (status === 409 && headers.get("Content-Type")?.startsWith("application/json")) return "conflict";
    if ([408, 425, 429, 502, 503, 504].includes(status)) return "waiting";
    return status < 500 || entry.tries + 1 >= GIVE_UP ? "failed" : "waiting";
  }

  function toastOf({ headers }) {
    try {
      return JSON.parse(headers.get("HX-Trigger")).toast;
    } catch {
      return undefined;
    }
  }

  function reason(response, text) {
    if (response.ok) return "";
    return toastOf(response)?.text ?? (response.headers.get("Content-Type")?.startsWith("text/plain") ? text.slice(0, 300) : "");
  }

  async function settle(entry, { state, status, reason, theirs }) {
    if (state === "sent") await remove(entry.order);
    else await change(entry.order, { state, reason, theirs, isHeld: true, tries: entry.tries + (status >= 500 ? 1 : 0) });
  }

  return { recall, remember, forget, list, add, change, remove, clear, deliver, drain };
})();
