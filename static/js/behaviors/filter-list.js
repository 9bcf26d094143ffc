// A box that narrows a list: [data-filter] hides those [data-filtered] in which its words aren't.
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();

export default function connect(list) {
  function filter({ target }) {
    if (!target.matches("[data-filter]")) return;
    for (const one of list.querySelectorAll("[data-filtered]")) one.hidden = !fold(one.dataset.filtered).includes(fold(target.value));
  }
  list.addEventListener("input", filter);
}
