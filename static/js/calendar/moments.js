// Wall-clock times as the server writes them: "2026-11-16T09:30", or "2026-11-16" for whole days. Counted here as if every day had 24 hours;
// the server knows the zone and what its clocks do.
import { language } from "../times.js";

export const STEP = 15; // minutes that dragging snaps to
const MINUTE = 60_000;

const count = (text) => Date.parse(text.length > 10 ? `${text}:00Z` : `${text}T00:00:00Z`);
const write = (instant, isDay) => new Date(instant).toISOString().slice(0, isDay ? 10 : 16);

/** A time so many minutes later; whole days stay whole days. */
export const later = (text, minutes) => write(count(text) + minutes * MINUTE, text.length === 10);

/** A time of day as the page writes its others. */
export const said = (text) => new Intl.DateTimeFormat(language(), { timeStyle: "short", timeZone: "UTC" }).format(count(text));

/** Minutes from one time to another. */
export const between = (from, to) => (count(to) - count(from)) / MINUTE;

/** A time of a day, from minutes since its midnight. */
export const at = (date, minutes) => write(count(date) + minutes * MINUTE, false);

/** The later and the earlier of two dates. */
export const ordered = (one, other) => (one <= other ? [one, other] : [other, one]);

export const snap = (minutes, step = STEP) => Math.round(minutes / step) * step;

/** Puts an element at a time of its day, by the classes of css/features/calendar/steps.css. */
export function place(element, from, length) {
  const kept = [...element.classList].filter((name) => !/^[sl]-\d+$/.test(name));
  const steps = (minutes) => Math.round(minutes / 5);
  element.className = [...kept, `s-${Math.min(287, Math.max(0, steps(from)))}`, `l-${Math.min(288, Math.max(1, steps(length)))}`].join(" ");
}
