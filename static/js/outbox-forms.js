// Forms that survive a lost connection: <form hx-post="…" data-outbox="what it is">. The first try carries a key; when no answer
// comes, the same write goes into the outbox under the same key, so that it is done once even if only the answer was lost.
import { enqueue, words } from "./outbox.js";

const AWAY = [502, 503, 504];
const ours = new Set(); // lanes of forms that were kept here

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "GET") ctx.request.headers["Idempotency-Key"] ??= crypto.getRandomValues(new Uint32Array(4)).join("-");
});

async function keep(event) {
  const { ctx } = event.detail;
  const form = ctx?.sourceElement?.closest?.("[data-outbox]");
  if (!form || ctx.request.method === "GET") return;
  event.stopImmediatePropagation();
  event.preventDefault();
  const { action, method, headers, body } = ctx.request;
  const url = new URL(action, location).pathname;
  ours.add(url);
  let isKept = false;
  function kept() {
    isKept = true;
    form.closest("dialog")?.close();
    tell({ text: document.getElementById("outbox-kept").content.textContent });
  }
  const { state } = await enqueue({ url, method, body: new URLSearchParams([...(body ?? [])]), key: headers["Idempotency-Key"], label: words("form", form.dataset.outbox), kept });
  if (!isKept && state !== "sent") tell({ word: "lost", kind: "error" });
}

const tell = (detail) => document.dispatchEvent(new CustomEvent("toast", { detail }));

document.addEventListener("htmx:error", (event) => event.detail.error instanceof TypeError && keep(event), true);
document.addEventListener("htmx:before:swap", (event) => AWAY.includes(event.detail.ctx?.response?.status) && keep(event), true);
document.addEventListener("outbox:entry", ({ detail: { lane, state, toast } }) => ours.has(lane) && state === "sent" && toast && tell(toast));
