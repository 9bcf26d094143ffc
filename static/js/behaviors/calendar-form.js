// The form of an event: the end follows the start, whole days hide the times, what repeats shows how, and files are sent while one goes on.
import { between, later } from "../calendar/moments.js";
import { uploads } from "../uploads.js";

export default function connect(form) {
  const field = (name) => form.elements.namedItem(name);
  const moment = (which) => `${field(`${which}_date`).value}T${field(`${which}_time`).value || "00:00"}`;
  let length = between(moment("start"), moment("end"));

  function follow({ target }) {
    const { name } = target;
    if (name === "start_date" || name === "start_time") keepLength();
    else if (name === "end_date" || name === "end_time") length = between(moment("start"), moment("end"));
    else if (name === "all_day") whole();
    else if (target.matches("[data-repeat], [data-frequency], [data-end-kind]")) repeats();
    else if (name === "rooms") rooms();
    else if (target.matches("[data-upload]")) [files.add(target.files), (target.value = "")];
    form.querySelector("#event-free").dispatchEvent(new Event("ask"));
  }

  // Moving the start moves the end along.
  function keepLength() {
    if (!field("start_date").value || !Number.isFinite(length) || length < 0) return;
    const [date, time] = later(moment("start"), length).split("T");
    field("end_date").value = date;
    if (field("end_time").value) field("end_time").value = time;
  }

  function whole() {
    const isWhole = field("all_day").checked;
    for (const name of ["start_time", "end_time", "timezone"]) field(name).closest(name === "timezone" ? ".cal-zone" : "input").hidden = isWhole;
    form.classList.toggle("whole", isWhole);
  }

  function repeats() {
    const how = form.querySelector("[data-repeat]").value;
    const isCustom = how === "custom";
    form.querySelector("[data-custom]").hidden = !isCustom;
    form.querySelector("[data-ends]").hidden = !how || how === "keep";
    form.querySelector("[data-also]").hidden = !how && !form.querySelector("[name=also]");
    const unit = form.querySelector("[data-frequency]").value;
    for (const part of form.querySelectorAll("[data-custom] [data-for]")) part.hidden = part.dataset.for !== unit;
    const kind = form.querySelector("[data-end-kind]").value;
    for (const part of form.querySelectorAll("[data-ends] [data-for]")) part.hidden = part.dataset.for !== kind;
  }

  function rooms() {
    const shown = form.querySelector("[data-rooms]");
    const chosen = [...form.querySelectorAll('[name="rooms"]:checked')].map((box) => box.closest("label").querySelector(".text").firstChild.textContent.trim());
    shown.textContent = chosen.join(", ") || shown.dataset.none;
  }

  function click({ target }) {
    if (target.closest("[data-add]")) {
      const list = form.querySelector(`[data-list="${target.closest("[data-add]").dataset.add}"]`);
      list.append(list.querySelector("template").content.cloneNode(true));
      [...list.querySelectorAll("select, input")].at(-1).focus();
    } else if (target.closest("[data-drop]")) target.closest(".cal-line").remove();
    else if (target.closest("[data-take]")) take(target.closest("[data-take]"));
    else return;
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // What was understood of the words goes into the fields.
  function take(button) {
    for (const [name, value] of Object.entries(JSON.parse(button.dataset.take))) {
      const input = field(name);
      if (!input) continue;
      if (input.type === "checkbox") input.checked = Boolean(value);
      else input.value = value;
    }
    length = between(moment("start"), moment("end"));
    [whole(), repeats()];
    button.closest("#event-words").replaceChildren();
    field("title").focus();
  }

  // What has arrived is named by hidden fields; a form that is sent before waits for it.
  const files = uploads(form, () => {
    const fields = files.tokens().map((token) => Object.assign(document.createElement("input"), { type: "hidden", name: "attachments", value: `upload:${token}` }));
    form.querySelectorAll("[name=attachments][data-sent]").forEach((field) => field.remove());
    fields.forEach((field) => field.setAttribute("data-sent", ""));
    form.querySelector("[data-files]").append(...fields);
  });

  function hold(event) {
    if (!files.isBusy()) return;
    [event.preventDefault(), event.stopImmediatePropagation()];
    files.whenDone().then(() => files.hasFailed() || form.requestSubmit(event.submitter));
  }

  form.addEventListener("submit", hold, true);
  form.addEventListener("change", follow);
  form.addEventListener("click", click);
  [whole(), repeats()];
  return files.stop;
}
