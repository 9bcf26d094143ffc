// What waits to be uploaded, over reloads: one record for each file, by its id. A record is of an account in an organisation (`holder`)
// and of the tab that sends it. Each tab holds a lock while it lives, so that what another tab left behind can be told from what it sends.
import { uniqueId } from "../unsafe.js";

const holder = document.querySelector('meta[name="chalet"]')?.dataset.for ?? "";
const lock = (tab) => `uploads of ${tab}`;
const quiet = (promise) => promise.catch(() => undefined); // a browser without storage uploads all the same

// Without https nobody knows which tabs live: uploads end with their page.
const nothing = async () => {};
const NONE = { put: nothing, remove: nothing, claim: async () => [], change: nothing };

export function open() {
  if (!navigator.locks) return NONE;
  const tab = uniqueId();
  const watched = new Set();
  navigator.locks.request(lock(tab), () => new Promise(() => {}));
  const database = new Promise((done, failed) => {
    const request = indexedDB.open("chalet-uploads", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("uploads", { keyPath: "id" });
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

  async function run(mode, work) {
    const transaction = (await database).transaction("uploads", mode);
    const request = work(transaction.objectStore("uploads"));
    return new Promise((done, failed) => {
      transaction.oncomplete = () => done(request?.result);
      transaction.onerror = transaction.onabort = () => failed(transaction.error);
    });
  }

  const putAll = (items) => run("readwrite", (store) => items.forEach((item) => store.put({ ...item, holder, tab })));

  // What no living tab sends is this tab's from now on. When a tab that lives now is gone, `again` is called.
  async function claim(again) {
    const alive = new Set((await navigator.locks.query()).held.map(({ name }) => name));
    const mine = ((await run("readonly", (store) => store.getAll())) ?? []).filter((item) => item.holder === holder && item.tab !== tab);
    const [theirs, left] = [mine.filter((item) => alive.has(lock(item.tab))), mine.filter((item) => !alive.has(lock(item.tab)))];
    for (const other of new Set(theirs.map((item) => item.tab))) {
      if (!watched.has(other)) navigator.locks.request(lock(other), () => {}).then(again);
      watched.add(other);
    }
    await putAll(left);
    return left;
  }

  return {
    put: (items) => quiet(putAll(items).catch(() => putAll(items.map((item) => ({ ...item, file: undefined, handle: undefined }))))),
    remove: (ids) => quiet(run("readwrite", (store) => ids.forEach((id) => store.delete(id)))),
    claim: async (again) => (await quiet(navigator.locks.request("uploads are claimed", () => claim(again)))) ?? [],
    // In one transaction: what was removed meanwhile stays away.
    change: (id, changes) => quiet(run("readwrite", (store) => {
      store.get(id).onsuccess = ({ target: { result: item } }) => item && store.put({ ...item, ...changes });
    })),
  };
}
