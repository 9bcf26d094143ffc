// This browser's push subscription. Pages import it, and the server puts it in front of the service worker, so it exports nothing: both
// use self.pushing. Whose subscription it is stands beside the outbox: whoever else signs in here turns notifications on for themselves.
self.pushing = (() => {
  const coded = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const keyOf = (subscription) => (subscription.options?.applicationServerKey ? coded(subscription.options.applicationServerKey) : "");

  async function asked() {
    const answer = await fetch("/push/key", { headers: { "HX-Request": "true" }, cache: "no-store" });
    if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("application/json")) throw new Error("Nobody is signed in.");
    return answer.json();
  }

  const owner = () => self.outbox.recall("push owner").catch(() => undefined);
  // The address that the server knows: a browser may change it by itself, without a word to any page.
  const known = () => self.outbox.recall("push endpoint").catch(() => undefined);
  const own = (account) => self.outbox.remember("push owner", account).catch(() => {});

  // Tell the server of a subscription. Throws with its words when it refuses.
  async function announce(subscription, key, replaces = "") {
    const { endpoint, keys } = subscription.toJSON();
    const answer = await fetch("/push/devices", {
      method: "POST", headers: { "Content-Type": "application/json", "HX-Request": "true" },
      body: JSON.stringify({ endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth }, key, replaces }),
    });
    if (answer.ok && answer.headers.get("Content-Type")?.startsWith("application/json")) {
      await self.outbox.remember("push endpoint", endpoint).catch(() => {});
      return answer.json();
    }
    throw new Error(JSON.parse(answer.headers.get("HX-Trigger") ?? "{}").toast?.text ?? "");
  }

  // A subscription with the key that the server has now; one with an earlier key is replaced.
  async function subscribe(registration, key, replaced = "") {
    const before = await registration.pushManager.getSubscription();
    if (before && keyOf(before) === key) return announce(before, key, replaced);
    const replaces = before?.endpoint ?? replaced;
    await before?.unsubscribe();
    const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    return announce(made, key, replaces);
  }

  // After a rotation of keys, a new session, or when the browser ended the subscription: only if it is this account's.
  async function renew(registration, account, replaced = "") {
    if (Notification.permission !== "granted" || (await owner()) !== account) return undefined;
    const { key, device, current } = await asked();
    const subscription = await registration.pushManager.getSubscription();
    if (subscription && device && current && keyOf(subscription) === key && (await known()) === subscription.endpoint) return device;
    return subscribe(registration, key, replaced);
  }

  return { announce, asked, keyOf, own, owner, renew, subscribe };
})();
