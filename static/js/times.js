// Puts <time datetime data-format="time|date|datetime|relative"> into the reader's language, zone and clock.
const root = document.documentElement;
const cache = new Map();

function formatter(options) {
  const key = JSON.stringify(options);
  if (!cache.has(key)) {
    const { timezone } = root.dataset;
    const zone = timezone ? { timeZone: timezone } : {};
    cache.set(key, new Intl.DateTimeFormat(language(), { ...zone, ...options }));
  }
  return cache.get(key);
}

// Which clock and order of dates: what the server writes, too; for who isn't signed in, the browser's own variant of the page's language.
export function language() {
  return root.dataset.locale ?? navigator.languages.find((tag) => tag.split("-")[0] === root.lang.split("-")[0]) ?? root.lang;
}

const day = (date) => formatter({ year: "numeric", month: "2-digit", day: "2-digit" }).format(date);
const sameYear = (date) => formatter({ year: "numeric" }).format(date) === formatter({ year: "numeric" }).format(new Date());

function dateText(date) {
  return formatter({ day: "numeric", month: "short", ...(sameYear(date) ? {} : { year: "numeric" }) }).format(date);
}

function relativeText(date) {
  const seconds = (date - Date.now()) / 1000;
  const words = new Intl.RelativeTimeFormat(language(), { numeric: "auto", style: "short" });
  if (Math.abs(seconds) < 45) return words.format(0, "second");
  if (Math.abs(seconds) < 3600) return words.format(Math.round(seconds / 60), "minute");
  if (day(date) === day(Date.now())) return formatter({ timeStyle: "short" }).format(date);
  if (Math.abs(seconds) < 6 * 86400) return formatter({ weekday: "short", hour: "numeric", minute: "2-digit" }).format(date);
  return dateText(date);
}

const FORMATS = {
  time: (date) => formatter({ timeStyle: "short" }).format(date),
  date: dateText,
  day: (date) => formatter({ weekday: "long", day: "numeric", month: "long", ...(sameYear(date) ? {} : { year: "numeric" }) }).format(date),
  datetime: (date) => `${dateText(date)}, ${formatter({ timeStyle: "short" }).format(date)}`,
  relative: relativeText,
};

function write(element) {
  const date = new Date(element.dateTime);
  if (Number.isNaN(date.getTime())) return;
  const text = (FORMATS[element.dataset.format] ?? FORMATS.datetime)(date);
  if (element.textContent !== text) element.textContent = text;
  element.dataset.tip ??= formatter({ dateStyle: "full", timeStyle: "short" }).format(date);
}

/** Write every time inside `root` (and `root` itself). */
export function localise(root) {
  if (root.matches?.("time[data-format]")) write(root);
  root.querySelectorAll("time[data-format]").forEach(write);
}

setInterval(() => document.querySelectorAll('time[data-format="relative"]').forEach(write), 60_000);
