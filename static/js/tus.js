// tus-js-client, fetched with the first file; a lost connection only delays it.
let tus;

export async function library() {
  for (let pause = 1; !tus; pause = Math.min(20, pause * 2)) {
    try {
      await import(`../vendor/tus.min.js${pause > 1 ? `?${Date.now()}` : ""}`); // a module that failed once fails for ever under its address
      tus = window.tus;
    } catch {
      const { promise, resolve } = Promise.withResolvers();
      addEventListener("online", resolve, { once: true });
      setTimeout(resolve, pause * 1_000);
      await promise;
    }
  }
  return tus;
}
