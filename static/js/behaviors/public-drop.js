// A drop box of a link: files are sent by tus and then told to have arrived.
const ENDED = 4;

export default function connect(form) {
  const list = form.querySelector("ul");
  const input = form.querySelector('input[type="file"]');
  let tus, chain = Promise.resolve();

  const send = (files) => [...files].forEach((file) => (chain = chain.then(() => one(file, line(file)))));
  function line(file) {
    const item = document.createElement("li");
    item.append(Object.assign(document.createElement("span"), { textContent: file.name }), document.createElement("small"), Object.assign(document.createElement("progress"), { max: 1, value: 0 }));
    list.append(item);
    return item;
  }

  async function one(file, item) {
    const [said, bar] = [item.querySelector("small"), item.querySelector("progress")];
    tus ??= (await import("../../vendor/tus.min.js"), window.tus);
    try {
      const url = await new Promise((done, failed) => {
        const upload = new tus.Upload(file, {
          endpoint: `${form.dataset.path}/uploads`, chunkSize: 32 << 20, retryDelays: [0, 1000, 3000, 10000, 30000, 60000], storeFingerprintForResuming: false,
          metadata: { filename: file.name, filetype: file.type }, onProgress: (sent, all) => ((bar.value = all ? sent / all : 1), (said.textContent = "")),
          onShouldRetry: (error) => {
            const status = error.originalResponse?.getStatus() ?? 0;
            if (!status) said.textContent = list.dataset.lost;
            return !status || status === 423 || status === 429 || (status >= 500 && status !== 507);
          },
          onSuccess: () => done(upload.url), onError: failed,
        });
        upload.start();
      });
      const body = new URLSearchParams({ upload: url.split("/").pop(), name: file.name, by: form.elements.by.value });
      const answer = await fetch(`${form.dataset.path}/arrivals?at=${form.dataset.at}`, { method: "POST", body });
      if (Math.floor(answer.status / 100) >= ENDED) throw new Error(await answer.text());
      bar.remove();
      said.textContent = list.dataset.done;
      if (document.getElementById("public-items")) htmx.ajax("GET", location.href, { source: "#public-items", target: "#public-items", select: "#public-items", swap: "outerMorph" });
    } catch (error) {
      bar.remove();
      said.textContent = list.dataset.failed.replace("{why}", error.originalResponse?.getBody?.() || error.message);
    }
  }

  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  form.addEventListener("dragover", (event) => hasFiles(event) && (event.preventDefault(), form.classList.add("over")));
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    form.classList.remove("over");
    send(event.dataTransfer.files);
  });
  input.addEventListener("change", () => (send(input.files), (input.value = "")));
  form.addEventListener("submit", (event) => event.preventDefault());
}
