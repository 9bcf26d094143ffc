// Something that [data-dismiss] hides; with data-key it stays hidden in this tab.
export default function connect(element) {
  const key = element.dataset.key && `dismissed:${element.dataset.key}`;
  if (key && sessionStorage.getItem(key)) return void element.remove();
  element.addEventListener("click", ({ target }) => {
    if (!target.closest("[data-dismiss]")) return;
    if (key) sessionStorage.setItem(key, "1");
    element.remove();
  });
}
