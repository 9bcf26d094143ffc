// That something is new in the channels of the side column: one light topic for each, kept from page to page.
import { subscribe } from "../live.js";

const MOST = 150; // of the 200 topics that a tab may have
const held = new Map(); // channel → what ends it
const listeners = new Set();

/** Listen to these channels (favourites first) and no others. */
export function follow(channels) {
  const wanted = new Set(channels.slice(0, MOST));
  for (const [channel, stop] of held) {
    if (wanted.has(channel)) continue;
    stop();
    held.delete(channel);
  }
  for (const channel of wanted) {
    if (!held.has(channel)) held.set(channel, subscribe(`activity:${channel}`, (event) => listeners.forEach((listener) => listener(event))));
  }
}

/** Hear of all of them. Returns what ends it. */
export function onActivity(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
