// What is typed and not sent yet, kept over a reload: keepDrafts() before it; afterwards each field gets its text back when it
// appears. A field is known by the page, its form and its name, or by data-draft. Passwords, files and hidden fields are left alone.
const holder = document.querySelector('meta[name="chalet"]')?.dataset.for ?? "";
const name = `drafts ${holder}`;
const FIELDS = 'textarea, [contenteditable="true"], input:not([type=password], [type=hidden], [type=file], [type=checkbox], [type=radio], [type=submit], [type=button], [autocomplete="one-time-code"])';

const isRich = (field) => field.isContentEditable;
const text = (field) => (isRich(field) ? field.textContent : field.value);
const isTyped = (field) => text(field).trim() !== "" && text(field) !== field.defaultValue;

function keyOf(field) {
  if (field.dataset.draft) return field.dataset.draft;
  const place = field.form?.getAttribute("action") ?? field.form?.getAttribute("hx-post") ?? field.form?.id ?? "";
  return [location.pathname, place, field.name || field.id].join(" ");
}

export function keepDrafts() {
  const typed = [...document.querySelectorAll(FIELDS)].filter(isTyped).map((field) => [keyOf(field), text(field)]);
  sessionStorage.setItem(name, JSON.stringify(typed));
}

// Also the drafts that composers keep for longer, under a name with "draft" in it.
export function forgetDrafts() {
  for (const storage of [sessionStorage, localStorage]) {
    Object.keys(storage).filter((key) => key.includes("draft")).forEach((key) => storage.removeItem(key));
  }
}

function give(field, kept) {
  if (isRich(field)) field.textContent = kept;
  else field.value = kept;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function restore() {
  const kept = new Map(JSON.parse(sessionStorage.getItem(name) ?? "[]"));
  if (!kept.size) return;
  for (const field of document.querySelectorAll(FIELDS)) {
    const key = keyOf(field);
    if (!kept.has(key) || isTyped(field)) continue;
    give(field, kept.get(key));
    kept.delete(key);
  }
  sessionStorage.setItem(name, JSON.stringify([...kept]));
}

// What one person typed is not for the next one at this device.
const account = holder.split(".")[0];
if (account && account !== localStorage.getItem("account")) {
  if (localStorage.getItem("account")) forgetDrafts();
  localStorage.setItem("account", account);
}
restore();
document.addEventListener("htmx:after:swap", restore);
