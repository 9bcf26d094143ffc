// Push, in the service worker: shows what the server sent, says that it was shown and clicked, answers, closes what was read elsewhere.
// The server puts js/outbox-store.js and js/push-subscription.js in front of it, and sw.js after it.
(() => {
  addEventListener("push", (event) => event.waitUntil(pushed(event.data)));
  addEventListener("notificationclick", (event) => event.waitUntil(chosen(event)));
  addEventListener("pushsubscriptionchange", (event) => event.waitUntil(subscriptionChanged(event)));
  addEventListener("fetch", (event) => {
    if (event.request.method === "POST" && new URL(event.request.url).pathname === "/sign-out") event.waitUntil(closeAll());
  });

  async function pushed(data) {
    const said = data?.json() ?? {};
    if (said.close) await closeThese(said.close);
    else await show(said);
    await Promise.allSettled([badge(said.unread), said.delivery && tell(said.delivery, "shown"), said.key && keepUp(said.key)]);
  }

  async function show({ id, delivery, title, body, tag, url, icon, badge, lang, at, actions = [], urgent = false }) {
    const before = await registration.getNotifications({ tag });
    before.forEach((one) => one.close()); // where the platform keeps both, the newest says how many came before
    await registration.showNotification(title, {
      body, tag, icon, badge, lang, renotify: Boolean(tag), timestamp: at, requireInteraction: urgent,
      data: { id, delivery, url, actions }, actions: actions.slice(0, Notification.maxActions || 2).map(offered),
    });
  }

  // Typing an answer right there, where the platform has it; elsewhere the button opens the conversation.
  const typesInline = () => "reply" in NotificationEvent.prototype;
  const offered = ({ action, title, placeholder }) =>
    action === "reply" && typesInline() ? { action, title, type: "text", placeholder } : { action, title };

  async function closeThese(ids) {
    for (const one of await registration.getNotifications()) if (ids.includes(one.data?.id)) one.close();
  }

  async function closeAll() {
    (await registration.getNotifications()).forEach((one) => one.close());
    await badge(0);
  }

  const badge = (unread) =>
    unread === undefined ? undefined : unread ? navigator.setAppBadge?.(unread).catch(() => {}) : navigator.clearAppBadge?.().catch(() => {});

  const tell = (delivery, what) => fetch(`/push/deliveries/${delivery}/${what}`, { method: "POST", keepalive: true }).catch(() => {});

  // -- what somebody chose on a notification

  async function chosen({ notification, action, reply }) {
    const { data } = notification;
    notification.close();
    const wanted = data.actions?.find((one) => one.action === action);
    const clicked = tell(data.delivery, "clicked");
    if (wanted?.action === "read") return clicked;
    if (wanted?.action === "reply" && reply) return Promise.all([clicked, answer(data, wanted, reply)]);
    if (wanted?.url && wanted.action !== "reply") return Promise.all([clicked, fetch(wanted.url, { method: wanted.method })]);
    return Promise.all([clicked, open(data.url)]);
  }

  // Through the outbox: kept until the server has it, and there once, however often it arrives.
  async function answer({ delivery, url }, { url: to, field }, text) {
    const holder = (await outbox.recall("holder").catch(() => "")) ?? "";
    const entry = {
      key: `push-reply-${delivery}`, holder, lane: to, url: to, method: "POST", label: text, field, body: [[field, text]], at: Date.now(), state: "waiting", reason: "", tries: 0,
    };
    if (!holder) return open(url);
    await outbox.add(entry);
    const channel = new BroadcastChannel("outbox");
    const isDone = await outbox.drain(holder, (told) => channel.postMessage(told));
    channel.close();
    if (!isDone) await registration.sync?.register("outbox").catch(() => {});
  }

  // The window that shows it already, else one of the same app, else any, else a new one.
  async function open(url) {
    const place = new URL(url, location.origin);
    const windows = (await clients.matchAll({ type: "window", includeUncontrolled: true })).filter((one) => new URL(one.url).origin === location.origin);
    const app = (address) => new URL(address).pathname.split("/")[1];
    const found = windows.find((one) => one.url === place.href) ?? windows.find((one) => app(one.url) === app(place)) ?? windows[0];
    if (!found) return clients.openWindow(place.href);
    const focused = await found.focus().catch(() => found);
    focused.postMessage({ go: place.pathname + place.search + place.hash });
  }

  // -- the subscription itself

  async function account() {
    return ((await outbox.recall("holder").catch(() => "")) ?? "").split(".")[0];
  }

  // The server has another key than this subscription was made with.
  async function keepUp(key) {
    const subscription = await registration.pushManager.getSubscription();
    if (subscription && pushing.keyOf(subscription) && pushing.keyOf(subscription) !== key) await pushing.renew(registration, await account());
  }

  async function subscriptionChanged({ oldSubscription }) {
    await pushing.renew(registration, await account(), oldSubscription?.endpoint ?? "").catch(() => {});
  }
})();
