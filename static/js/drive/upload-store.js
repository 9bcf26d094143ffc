// What waits to be uploaded, over reloads: one record for each file, by its id.
export function open() {
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
      transaction.onerror = () => failed(transaction.error);
    });
  }

  const putAll = (items) => run("readwrite", (store) => items.forEach((item) => store.put(item)));
  const quiet = (promise) => promise.catch(() => undefined); // a browser without storage uploads all the same
  return {
    put: (items) => quiet(putAll(items).catch(() => putAll(items.map((item) => ({ ...item, file: undefined, handle: undefined }))))),
    remove: (id) => quiet(run("readwrite", (store) => store.delete(id))),
    all: async () => (await quiet(run("readonly", (store) => store.getAll()))) ?? [],
    // In one transaction: what was removed meanwhile stays away.
    change: (id, changes) => quiet(run("readwrite", (store) => {
      store.get(id).onsuccess = ({ target: { result: item } }) => item && store.put({ ...item, ...changes });
    })),
  };
}
