// The files of a drop, and what shall become of those whose names are taken.
const AT_A_TIME = 5_000; // paths that are asked about in one request

/** Everything in a drop: files with their paths, folders opened. Called while the drop is handled. */
export async function dropped(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => ({ entry: item.webkitGetAsEntry?.(), file: item.getAsFile(), handle: item.getAsFileSystemHandle?.() }));
  const found = [];
  for (const { entry, file, handle } of entries) {
    if (entry?.isDirectory) await walk(entry, entry.name, found);
    else if (file) found.push({ file, path: "", handle: await handle?.catch?.(() => undefined) });
  }
  return found;
}

async function walk(folder, path, found) {
  const reader = folder.createReader();
  for (;;) {
    const entries = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!entries.length) return;
    for (const entry of entries) {
      if (entry.isDirectory) await walk(entry, `${path}/${entry.name}`, found);
      else found.push({ file: await new Promise((done, failed) => entry.file(done, failed)), path });
    }
  }
}

/** What happens to names that are taken in a folder, asked once: "keep", "replace", "skip", or "" for nothing at all. */
export async function decide(paths, folder) {
  const taken = [];
  for (let at = 0; at < paths.length; at += AT_A_TIME) {
    const body = JSON.stringify(paths.slice(at, at + AT_A_TIME));
    const answer = await fetch(`/drive/folders/${folder}/conflicts`, { method: "POST", body, headers: { "Content-Type": "application/json" } }).then((answer) => answer.json()).catch(() => ({}));
    taken.push(...(answer.taken ?? []));
  }
  return taken.length ? ask(taken) : "keep";
}

function ask(taken) {
  const dialog = document.getElementById("drive-conflict-template").content.firstElementChild.cloneNode(true);
  dialog.querySelector("[data-conflicts]").textContent = document.getElementById("drive-conflict-text").content.textContent.replace("{count}", taken.length);
  dialog.querySelector("ul").append(...taken.slice(0, 50).map((name) => Object.assign(document.createElement("li"), { textContent: name })));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => (done(dialog.returnValue), dialog.remove()), { once: true }));
}
