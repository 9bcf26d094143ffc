// Another field like the last one, up to data-more of them.
export default function connect(group) {
  const button = group.querySelector("[data-more]");
  const fields = () => [...group.querySelectorAll("input")];

  function add() {
    const last = fields().at(-1);
    const next = last.cloneNode();
    next.value = "";
    for (const name of ["aria-label", "placeholder"]) next.setAttribute(name, last.getAttribute(name).replace(/\d+/, (number) => Number(number) + 1));
    last.after(next);
    next.focus();
    button.hidden = fields().length >= Number(button.dataset.more);
  }
  button.addEventListener("click", add);
}
