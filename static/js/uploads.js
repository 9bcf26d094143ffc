// Files of a message: chosen, dropped or pasted, sent in pieces (tus), with progress, pause, and going on after a lost connection.
import { library } from "./tus.js";

const words = (kind) => document.getElementById("upload-words").dataset[kind];

/** The files of the composer `form`: add(files), tokens(), isBusy(), whenDone(), clear(), stop(). `changed` is called when they do. */
export function uploads(form, changed) {
  const list = form.querySelector(".uploads");
  const all = new Set(); // {item, upload, state, token}
  let waiting = [];

  async function add(files, more = {}) {
    await Promise.all([...files].map((file) => begin(file, more)));
  }

  async function begin(file, more) {
    const item = document.getElementById("upload-item").content.firstElementChild.cloneNode(true);
    item.querySelector("[data-name]").textContent = file.name;
    list.append(item);
    list.hidden = false;
    const one = { item, file, state: "going", token: "" };
    all.add(one);
    item.querySelector("[data-pause]").addEventListener("click", () => [one.upload?.abort(), show(one, "paused")]);
    item.querySelector("[data-resume]").addEventListener("click", () => go(one));
    item.querySelector("[data-remove]").addEventListener("click", () => remove(one));
    show(one, navigator.onLine ? "going" : "lost");
    const { Upload } = await library();
    if (!all.has(one)) return;
    const metadata = { filename: file.name, filetype: file.type, ...(await sizes(file)), ...more };
    one.upload = new Upload(file, {
      endpoint: "/uploads", metadata, retryDelays: [0, 1000, 3000, 5000, 10_000, 20_000, 30_000], removeFingerprintOnSuccess: true, chunkSize: 8_000_000,
      onProgress: (sent, total) => show(one, "going", sent / total),
      onSuccess: () => done(one),
      onError: (error) => failed(one, error),
      onShouldRetry: (error) => ![400, 401, 403, 404, 413, 415].includes(error.originalResponse?.getStatus() ?? 0),
    });
    const earlier = await one.upload.findPreviousUploads().catch(() => []);
    if (earlier.length) one.upload.resumeFromPreviousUpload(earlier[0]);
    if (one.state !== "paused") go(one);
  }

  function go(one) {
    show(one, "going");
    one.upload?.start();
  }

  function done(one) {
    one.token = one.upload.url.split("/").at(-1);
    show(one, "done", 1);
    settle();
  }

  function failed(one, error) {
    const answer = error.originalResponse;
    if (!answer) return show(one, "lost");
    show(one, "failed", undefined, answer.getBody?.().slice(0, 200) || words("failed"));
    settle();
  }

  function show(one, state, part, text) {
    one.state = state;
    one.item.dataset.state = state;
    const bar = one.item.querySelector("progress");
    if (part !== undefined) bar.value = part;
    const percent = `${Math.floor(bar.value * 100)} %`;
    const going = navigator.onLine ? percent : words("lost");
    one.item.querySelector("[data-progress]").textContent = text ?? { going, paused: `${words("paused")} · ${percent}`, lost: words("lost"), done: size(one.file.size) }[state] ?? "";
    changed();
  }

  function remove(one) {
    if (one.state !== "done") one.upload?.abort(true).catch(() => {});
    all.delete(one);
    one.item.remove();
    list.hidden = !all.size;
    changed();
    settle();
  }

  function settle() {
    if (isBusy()) return;
    waiting.forEach((resolve) => resolve());
    waiting = [];
  }

  const isBusy = () => [...all].some((one) => ["going", "lost", "paused"].includes(one.state));
  const online = () => [...all].filter((one) => one.state === "lost").forEach(go);
  const offline = () => [...all].filter((one) => one.state === "going").forEach((one) => show(one, "going"));
  addEventListener("online", online);
  addEventListener("offline", offline);

  return {
    add, isBusy,
    count: () => all.size,
    tokens: () => [...all].filter((one) => one.token).map((one) => one.token),
    names: () => [...all].map((one) => one.file.name),
    hasFailed: () => [...all].some((one) => one.state === "failed"),
    whenDone: () => new Promise((resolve) => (isBusy() ? waiting.push(resolve) : resolve())),
    clear: () => [all.clear(), list.replaceChildren(), (list.hidden = true), changed()],
    stop: () => [removeEventListener("online", online), removeEventListener("offline", offline)],
  };
}

export const size = (bytes) => {
  const unit = bytes < 1e6 ? ["kilobyte", 1e3] : bytes < 1e9 ? ["megabyte", 1e6] : ["gigabyte", 1e9];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: unit[0], maximumFractionDigits: 1 }).format(bytes / unit[1]);
};

// How large a picture or video is, so that its place is kept in the log before it is there.
async function sizes(file) {
  try {
    if (file.type.startsWith("image/")) {
      const { width, height } = await createImageBitmap(file);
      return { width: String(width), height: String(height) };
    }
    if (file.type.startsWith("video/")) return await ofVideo(file);
  } catch {
    // It is shown without.
  }
  return {};
}

function ofVideo(file) {
  const { promise, resolve } = Promise.withResolvers();
  const video = Object.assign(document.createElement("video"), { preload: "metadata", src: URL.createObjectURL(file) });
  const end = (found) => [URL.revokeObjectURL(video.src), resolve(found)];
  video.onloadedmetadata = () => end({ width: String(video.videoWidth), height: String(video.videoHeight), seconds: String(Math.round(video.duration) || 0) });
  video.onerror = () => end({});
  setTimeout(end, 3_000, {});
  return promise;
}
