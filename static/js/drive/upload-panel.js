// What is seen of uploads: a panel with a row for each file, of thousands for those that are on their way, and the rate of all together.
const MOST_ROWS = 100;
const WINDOW = 8_000; // milliseconds over which the rate is taken
// Taken along from Drive's page: the panel goes on in all others.
const words = { ...document.getElementById("drive-words").dataset };
const [panels, rows] = ["drive-uploads-template", "drive-upload-template"].map((id) => document.getElementById(id).content.firstElementChild);
const filled = (pattern = "", values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);
let panel, frame, samples = [];

/** The panel of a queue (a Map of items); `on` has pauseAll(), pause(item), stop(item) and close(). */
export function face(queue, on) {
  function show() {
    if (panel?.isConnected) return;
    samples = [];
    panel = panels.cloneNode(true);
    panel.querySelector("[data-fold]").addEventListener("click", () => panel.classList.toggle("is-folded"));
    panel.querySelector("[data-close-uploads]").addEventListener("click", () => (on.close() ? panel.remove() : panel.classList.add("is-folded")));
    panel.querySelector("[data-pause-all]").addEventListener("click", () => button(panel.querySelector("[data-pause-all]"), on.pauseAll(), words.pauseAll, words.resumeAll));
    document.body.append(panel);
  }

  /** A row, while there is room for one or when it has to be seen. */
  function row(item, must = false) {
    show();
    if (item.row || (!must && panel.querySelector("ul").childElementCount >= MOST_ROWS)) return item.row;
    item.row = rows.cloneNode(true);
    item.row.querySelector(".upload-name").textContent = item.path ? `${item.path}/${item.name}` : item.name;
    item.row.querySelector("[data-pause]").addEventListener("click", () => on.pause(item));
    item.row.querySelector("[data-stop]").addEventListener("click", () => on.stop(item));
    panel.querySelector("ul").append(item.row);
    return item.row;
  }

  function gone(item) {
    item.row?.remove();
    item.row = undefined;
    if (!queue.size) panel?.remove();
    sum();
  }

  /** What is said of an item: a name of the words, with their values; `stands` when it waits for a press on its button, `asks` for one, or `must` be seen. */
  function tell(item, name, { must = false, stands = false, asks = false, ...values } = {}) {
    const at = row(item, must);
    sum();
    if (!at) return;
    if (asks) at.parentElement.prepend(at);
    at.querySelector("[data-state]").textContent = filled(words[name], values);
    at.querySelector("progress").value = item.state === "done" || !item.size ? Number(item.state === "done") : item.sent / item.size;
    at.classList.toggle("is-done", item.state === "done");
    at.classList.toggle("is-failed", item.state === "failed");
    button(at.querySelector("[data-pause]"), stands, words.pause, words.resume);
    if (item.state === "done" && queue.size > MOST_ROWS) gone(item);
  }

  /** How far an item is, with its own rate. */
  function progress(item, sent) {
    item.sent = sent;
    const now = performance.now();
    item.since ??= { sent, now };
    const rate = (1000 * (sent - item.since.sent)) / (now - item.since.now);
    if (now - item.since.now > WINDOW) item.since = { sent, now };
    if (sent >= item.size) tell(item, "finishing");
    else if (rate > 0) tell(item, "left", { rate: bytes(rate), time: time((item.size - sent) / rate) });
    else sum();
  }

  function sum() {
    frame ||= requestAnimationFrame(total);
  }

  function total() {
    frame = 0;
    if (!panel?.isConnected) return;
    let [sent, size, ready, open] = [0, 0, 0, 0];
    for (const item of queue.values()) {
      size += item.size;
      sent += item.state === "done" ? item.size : item.sent;
      ready += item.state === "done";
      open += ["waits", "runs", "settles"].includes(item.state);
    }
    panel.querySelector(":scope > progress").value = size ? sent / size : queue.size ? ready / queue.size : 1;
    panel.querySelector("[data-summary]").textContent = filled(words.title, { done: number(ready), all: number(queue.size) });
    panel.querySelector("[data-pace]").textContent = open ? pace(sent, size, ready) : "";
    panel.dataset.done = String(ready === queue.size);
  }

  // Small files take their time by their number, large ones by their size: the longer of the two is left.
  function pace(sent, size, ready) {
    const now = performance.now();
    samples.push({ now, sent, ready });
    while (samples.length > 2 && now - samples[1].now > WINDOW) samples.shift();
    const [first] = samples;
    const seconds = (now - first.now) / 1000;
    const [rate, each] = [(sent - first.sent) / seconds, (ready - first.ready) / seconds];
    if (!(seconds > 1 && rate > 0)) return "";
    return filled(words.left, { rate: bytes(rate), time: time(Math.max((size - sent) / rate, each > 0 ? (queue.size - ready) / each : 0)) });
  }

  return { tell, progress, gone };
}

function button(pressed, paused, pause, resume) {
  const word = paused ? resume : pause;
  pressed.setAttribute("aria-label", word);
  pressed.dataset.tip = word;
  const use = pressed.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, paused ? "#play" : "#pause"));
}

const number = (value) => new Intl.NumberFormat(document.documentElement.lang).format(value);

function bytes(number) {
  const unit = number < 1e6 ? ["kilobyte", 1e3] : number < 1e9 ? ["megabyte", 1e6] : ["gigabyte", 1e9];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: unit[0], unitDisplay: "short", maximumFractionDigits: 1 }).format(number / unit[1]);
}

function time(seconds) {
  const [value, unit] = seconds < 90 ? [Math.max(1, Math.round(seconds)), "second"] : seconds < 5400 ? [Math.round(seconds / 60), "minute"] : [Math.round(seconds / 3600), "hour"];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "short" }).format(value);
}
