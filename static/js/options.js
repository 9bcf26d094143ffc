// Keys of a combobox: the input keeps the focus, arrows move aria-selected through the options of its listbox.
let made = 0;

export function options(input, listbox, choose) {
  const all = () => [...listbox.querySelectorAll('[role="option"]:not([aria-disabled])')];
  const current = () => listbox.querySelector('[role="option"][aria-selected="true"]');

  function select(option) {
    current()?.setAttribute("aria-selected", "false");
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.id ||= `option-${++made}`;
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function keydown(event) {
    const list = all();
    const now = list.indexOf(current());
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (listbox.hidden) return;
    if (step && list.length) select(list.at(Math.abs(step) > 1 ? Math.max(0, Math.min(list.length - 1, now + step)) : (now + step + (now < 0 && step < 0 ? 1 : 0)) % list.length));
    else if (event.key === "Enter" && current()) choose(current(), event);
    else return;
    event.preventDefault();
  }

  const click = (event) => {
    const option = event.target.closest('[role="option"]:not([aria-disabled])');
    if (option) choose(option, event);
  };

  input.addEventListener("keydown", keydown);
  listbox.addEventListener("click", click);
  return { select, first: () => select(all()[0]), current };
}
