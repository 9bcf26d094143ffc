// What uploads ask of the server besides tus: to make files of many small ones, and a file of an upload that has arrived.

/** The server said no: `name` is one of Drive's words, `why` its reason, `status` that of HTTP. */
export class Refusal extends Error {
  constructor(name, why = "", status = 0) {
    super(why);
    Object.assign(this, { name, why, status });
  }
}

/** What became of each of some small files. Throws `Refusal`, and anything else when the answer didn't come. */
export async function sendParcel(items, signal) {
  const body = new FormData();
  body.append("about", JSON.stringify(items.map(({ id, name, path, modified, conflict, together }) => ({ key: id, name, path, modified: modified || null, conflict, together }))));
  for (const { file } of items) body.append("file", file, "f");
  return (await (await ask(`/drive/folders/${items[0].folder}/parcels`, { body, signal })).json()).files;
}

/** Make a file of an upload; whether it was skipped. Throws `Refusal`, and anything else when the answer didn't come. */
export async function settle(item) {
  const body = new URLSearchParams({ upload: item.token, name: item.name, path: item.path, modified: item.modified || "", conflict: item.conflict, together: item.together ?? "" });
  return (await ask(`/drive/folders/${item.folder}/arrivals`, { body, headers: { "Idempotency-Key": item.id } })).status === 204;
}

/** Whether a file can still be read: it may be gone or changed on the disk, or on one that was taken out. */
export const isReadable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

/** Whether an answer didn't come, or told of a server that will be back: the same is asked again. */
export function isLost(error) {
  const status = error.originalResponse?.getStatus() ?? 0;
  return !(error instanceof Refusal) && (!status || status === 423 || status === 429 || (status >= 500 && status !== 507));
}

/** POST something. Throws `Refusal`, and anything else when the answer didn't come. */
export async function ask(url, { headers, ...options }) {
  const answer = await fetch(url, { method: "POST", headers: { "HX-Request": "true", ...headers }, ...options });
  if (answer.redirected || answer.headers.has("HX-Redirect")) throw new Refusal("signedOut");
  if (answer.ok) return answer;
  if (answer.status === 429 || (answer.status >= 500 && answer.status !== 507)) throw new Error(String(answer.status));
  if (answer.status === 409) throw new Refusal("taken");
  throw new Refusal("failed", (await reason(answer)) || String(answer.status), answer.status);
}

async function reason(answer) {
  const type = answer.headers.get("content-type") ?? "";
  if (type.includes("json")) return (await answer.json()).error;
  return JSON.parse(answer.headers.get("HX-Trigger") ?? "{}").toast?.text ?? (type.includes("text/plain") ? answer.text() : "");
}
