// The places that somebody chose to keep on this device, and what its worker is asked to do about them.
import "./outbox-store.js";

const holder = document.querySelector('meta[name="chalet"]')?.dataset.for ?? "";
const name = `places ${holder}`;
const store = self.outbox;

export const pages = () => caches.open(`pages ${holder}`);
export const chosen = async () => (holder && (await store.recall(name).catch(() => undefined))) || [];

export async function choose(place, isWanted) {
  const others = (await chosen()).filter(({ url }) => url !== place.url);
  await store.remember(name, isWanted ? [...others, place] : others);
  document.dispatchEvent(new CustomEvent("places:changed"));
  if (isWanted) tell("refresh now");
}

// Ask the worker for something; true once it is done.
export async function tell(what) {
  const { active } = (await navigator.serviceWorker?.getRegistration()) ?? {};
  if (!active) return false;
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => resolve(true);
    active.postMessage(what, [port2]);
  });
}
