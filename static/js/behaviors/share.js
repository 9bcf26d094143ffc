// The page of the share sheet: takes what waits on the device, offers the places that take it, and sends through the outbox.
import { enqueue, holder } from "../outbox.js";

export default function connect(form) {
  const store = self.outbox;
  const { text: area, file: input } = form.elements;
  const error = form.querySelector("[data-error]");
  const words = form.querySelector("[data-error-text]").dataset;
  const places = [...form.querySelectorAll("[data-name]")];
  const search = form.querySelector("[data-filter]");
  const files = () => [...(input?.files ?? [])];

  async function take() {
    const shared = await store.recall("shared").catch(() => undefined);
    if (!shared || area.value.trim() || (shared.for && shared.for !== holder.split(".")[0])) return;
    if (input && shared.files?.length) choose(shared.files);
    if (shared.lost) refuse(words.lost);
    let kept = [];
    for (const part of [shared.title, shared.text, shared.url].map((one) => one.trim()).filter(Boolean)) {
      if (!kept.some((other) => other.includes(part))) kept = [...kept.filter((other) => !part.includes(other)), part];
    }
    area.value = kept.join("\n");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    show();
  }

  function choose(chosen) {
    const transfer = new DataTransfer();
    for (const file of chosen) transfer.items.add(file);
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true })); // the drop zone names them
  }

  const takes = (place, what) => place.querySelector("[data-takes]").dataset.takes.split(" ").includes(what);

  // Places by the name that is looked for, of those that take what there is.
  function show() {
    const wanted = search.value.trim().toLowerCase();
    const what = files().length ? "files" : "text";
    for (const place of places) {
      place.hidden = !place.dataset.name.includes(wanted) || !takes(place, what);
      if (!takes(place, what)) place.querySelector("[data-takes]").checked = false;
    }
    form.querySelector("[data-none]").hidden = places.some((place) => !place.hidden);
  }

  function refuse(text) {
    form.querySelector("[data-error-text]").textContent = text;
    error.hidden = false;
  }

  async function submit(event) {
    event.preventDefault();
    const to = form.querySelector('[name="to"]:checked');
    const isEmpty = !area.value.trim() && !files().length;
    if (!to || isEmpty) return refuse(to ? words.what : words.where);
    const { title, post, postFiles } = to.dataset;
    const body = [["text", area.value], ...files().map((file) => ["file", file])];
    const label = `${files().length ? form.dataset.labelFiles : form.dataset.label} ${title}`;
    const sending = enqueue({ url: files().length ? (postFiles ?? post) : post, body, label });
    const soon = new Promise((resolve) => setTimeout(resolve, 4_000, { state: "waiting" }));
    const { state, reason } = await Promise.race([sending, soon]);
    if (state === "failed") return refuse(reason);
    await forget();
    location.assign(to.value);
  }

  const forget = () => store.forget("shared").catch(() => {});

  form.noValidate = true;
  form.addEventListener("submit", submit);
  search.addEventListener("input", show);
  input?.addEventListener("change", show);
  form.addEventListener("click", ({ target }) => target.closest("[data-cancel]") && forget());
  show();
  take();
}
