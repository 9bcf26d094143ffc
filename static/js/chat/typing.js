// Who is writing, in words of the page's language.
const WHILE = 5_000;

/** Keeps the line `element` up to date: start({account, name}), stop(account), clear(). */
export function typists(element) {
  const people = new Map(); // account → {name, timer}
  const word = (kind) => document.getElementById(`typing-${kind}`)?.content.textContent ?? "";

  function show() {
    const names = [...people.values()].map(({ name }) => name);
    const text = ["", word("one"), word("two")][names.length] ?? word("many");
    if (element) element.textContent = text.replace("{name}", names[0]).replace("{other}", names[1]);
  }

  function stop(account) {
    clearTimeout(people.get(String(account))?.timer);
    if (people.delete(String(account))) show();
  }

  function start({ account, name }) {
    clearTimeout(people.get(String(account))?.timer);
    people.set(String(account), { name, timer: setTimeout(stop, WHILE, account) });
    show();
  }

  return { start, stop, clear: () => [...people.keys()].forEach(stop) };
}
