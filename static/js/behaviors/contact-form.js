// Rows of a card's form: add one, take one away, and a field for a label of one's own.
export default function connect(form) {
  const kinds = [...form.querySelectorAll("[data-kind]")];
  const counters = new Map(kinds.map((kind) => [kind, kind.querySelectorAll("[data-edit-row]").length]));

  function add(kind) {
    const number = counters.get(kind);
    counters.set(kind, number + 1);
    const row = kind.querySelector("template").content.firstElementChild.cloneNode(true);
    for (const field of row.querySelectorAll("[name]")) field.name = field.name.replace("__n__", number);
    kind.querySelector("template").before(row);
    row.querySelector("input:not([type=hidden]), textarea, select").focus();
  }

  function remove(row) {
    const next = row.closest("[data-kind]").querySelector("[data-add-row]");
    row.remove();
    next.focus();
  }

  function click({ target }) {
    const adding = target.closest("[data-add-row]");
    if (adding) add(adding.closest("[data-kind]"));
    const removing = target.closest("[data-remove-row]");
    if (removing) remove(removing.closest("[data-edit-row]"));
  }

  function change({ target }) {
    if (!target.matches("[data-label]")) return;
    const own = target.closest(".edit-label").querySelector("[data-own]");
    own.hidden = target.value !== "own";
    if (!own.hidden) own.focus();
  }

  form.addEventListener("click", click);
  form.addEventListener("change", change);
}
