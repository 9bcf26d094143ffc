// The page of the share sheet: takes what waits on the device, filters the places, and sends through the outbox.
import { enqueue } from "../outbox.js";

export default function connect(form) {
  const store = self.outbox;
  const area = form.elements.text;
  const error = form.querySelector("[data-error]");
  const places = [...form.querySelectorAll("[data-name]")];

  async function take() {
    const shared = await store.recall("shared").catch(() => undefined);
    if (!shared || area.value.trim()) return;
    let kept = [];
    for (const part of [shared.title, shared.text, shared.url].map((one) => one.trim()).filter(Boolean)) {
      if (!kept.some((other) => other.includes(part))) kept = [...kept.filter((other) => !part.includes(other)), part];
    }
    area.value = kept.join("\n");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function filter({ target }) {
    if (!target.matches("[data-filter]")) return;
    const wanted = target.value.trim().toLowerCase();
    places.forEach((place) => (place.hidden = !place.dataset.name.includes(wanted)));
    form.querySelector("[data-none]").hidden = places.some((place) => !place.hidden);
  }

  function refuse(text) {
    form.querySelector("[data-error-text]").textContent = text;
    error.hidden = false;
  }

  async function submit(event) {
    event.preventDefault();
    const to = form.querySelector('[name="to"]:checked');
    const { where, what } = form.querySelector("[data-error-text]").dataset;
    if (!to || !area.value.trim()) return refuse(to ? what : where);
    const { title, post } = to.dataset;
    const sending = enqueue({ url: post, body: { text: area.value }, label: `${form.dataset.label} ${title}` });
    const { state, reason } = await Promise.race([sending, new Promise((resolve) => setTimeout(resolve, 4_000, { state: "waiting" }))]);
    if (state === "failed") return refuse(reason);
    await store.forget("shared").catch(() => {});
    location.assign(to.value);
  }

  form.noValidate = true;
  form.addEventListener("submit", submit);
  form.addEventListener("input", filter);
  take();
}
