// Files that somebody without an account sends by a link: one after another by tus, and each then told to have arrived.
import { dropped } from "../drive/upload-files.js";
import { ask, isLost, isReadable, Refusal } from "../drive/upload-requests.js";
import { library } from "../tus.js";

const LONGEST = 20_000; // milliseconds between two tries
const later = (wait) => new Promise((done) => (addEventListener("online", done, { once: true }), setTimeout(done, wait)));

export default function connect(form) {
  const list = form.querySelector("ul");
  const input = form.querySelector('input[type="file"]');
  let chain = Promise.resolve();

  const send = (files) => files.forEach((file) => queue(file, row(file)));
  const queue = (file, item) => (chain = chain.then(() => one(file, item)));

  function row(file) {
    const item = form.querySelector("template").content.firstElementChild.cloneNode(true);
    item.querySelector("span").textContent = file.name;
    item.querySelector("button").addEventListener("click", () => (show(item, ""), queue(file, item)));
    list.append(item);
    return item;
  }

  function show(item, text, state = "goes") {
    item.querySelector("small").textContent = text;
    item.querySelector("progress").hidden = state !== "goes";
    item.querySelector("button").hidden = state !== "failed";
  }

  async function one(file, item) {
    try {
      const url = await transfer(file, item);
      const body = new URLSearchParams({ upload: url.split("/").pop(), name: file.name, by: form.elements.by.value });
      await untilAnswered(file, item, (isAgain) => ask(`${form.dataset.path}/arrivals?at=${form.dataset.at}`, { body }).catch((error) => {
        if (!(isAgain && error.status === 404)) throw error; // the first answer was lost, and the upload is a file by now
      }));
      show(item, list.dataset.done, "done");
      if (document.getElementById("public-items")) htmx.ajax("GET", location.href, { source: "#public-items", target: "#public-items", select: "#public-items", swap: "outerMorph" });
    } catch (error) {
      show(item, list.dataset.failed.replace("{why}", error.originalResponse?.getBody() || list.dataset[error.name] || error.message), "failed");
    }
  }

  async function transfer(file, item) {
    const { Upload } = await library();
    const upload = new Upload(file, {
      endpoint: `${form.dataset.path}/uploads`, chunkSize: 32 << 20, retryDelays: [], removeFingerprintOnSuccess: true, metadata: { filename: file.name, filetype: file.type },
      onProgress: (sent, all) => ((item.querySelector("progress").value = all ? sent / all : 1), show(item, "")),
    });
    const [earlier] = await upload.findPreviousUploads().catch(() => []);
    if (earlier) upload.resumeFromPreviousUpload(earlier); // begun before a reload: begun anew, it would count twice for the link
    await untilAnswered(file, item, () => new Promise((onSuccess, onError) => (Object.assign(upload.options, { onSuccess, onError }), upload.start())));
    return upload.url;
  }

  /** Do it until there is an answer; where it was stopped, tus goes on. */
  async function untilAnswered(file, item, work) {
    for (let wait = 0; ; wait = Math.min(LONGEST, wait * 2 || 1_000)) {
      try {
        return await work(wait > 0);
      } catch (error) {
        if (!isLost(error)) throw error;
        if (!(await isReadable(file))) throw new Refusal("unreadable");
        show(item, list.dataset.lost);
        await later(wait);
      }
    }
  }

  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  form.addEventListener("dragover", (event) => hasFiles(event) && (event.preventDefault(), form.classList.add("over")));
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    form.classList.remove("over");
    send((await dropped(event.dataTransfer)).map(({ file }) => file));
  });
  input.addEventListener("change", () => (send([...input.files]), (input.value = "")));
  form.addEventListener("submit", (event) => event.preventDefault());
}
