// The page's side of push: keeps this browser's subscription known to the server, goes where a notification leads, closes what was read.
import { me } from "./chat/http.js";
import { subscribe } from "./live.js";
import { go } from "./navigation.js";
import "./outbox-store.js";
import "./push-subscription.js";

const workers = navigator.serviceWorker;
const isAble = () => Boolean(workers && "PushManager" in self && "Notification" in self && isSecureContext);

/** The worker's registration, or undefined where there is none. */
export const registered = async () => (isAble() ? workers.getRegistration("/") : undefined);

// Once in a tab's life, and again when somebody else signs in.
async function keep() {
  const mark = `push ${document.querySelector('meta[name="chalet"]')?.dataset.for}`;
  if (!isAble() || Notification.permission !== "granted" || sessionStorage.getItem(mark)) return;
  const registration = await workers.ready;
  await self.pushing.renew(registration, me());
  sessionStorage.setItem(mark, "1");
}

/** Close notifications of these notices on this device. */
export async function close(ids) {
  const registration = await registered();
  for (const one of (await registration?.getNotifications()) ?? []) if (ids.includes(one.data?.id)) one.close();
}

workers?.addEventListener("message", ({ data }) => typeof data?.go === "string" && data.go.startsWith("/") && go(data.go));
subscribe(`account:${me()}`, ({ kind, data }) => kind === "pushclosed" && close(data.ids));
keep().catch(() => {}); // no connection, or nobody is signed in: the next page tries again
