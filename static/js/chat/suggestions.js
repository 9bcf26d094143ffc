// What may be meant by what is being typed, offered above the composer.
import { options } from "../options.js";
import { ask as fetchText, parse } from "./http.js";

const WAIT = 90; // milliseconds
const wordsOf = ({ dataset }) => plain(dataset.label.replaceAll(":", " ")).split(/\s+/);
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();

/**
 * While what stands before the caret of `area` fits `pattern`, the options at `url(text)` of its group are shown; one that is chosen is put in
 * by `insert(option, text)`. Enter is the composer's where `isTyped(option)` says that nothing is left to complete. Returns `close`.
 */
export function suggestions(area, listbox, { pattern, url, insert, isTyped = () => false }) {
  const keys = options(area, listbox, choose);
  let timer, asked = 0, shownFor = "";

  const typed = () => pattern.exec(area.value.slice(0, area.selectionStart));

  function close() {
    clearTimeout(timer);
    asked += 1;
    if (listbox.hidden) return;
    listbox.hidden = true;
    keys.select(null);
  }

  function look() {
    const found = typed();
    if (!found) return close();
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT, found[1] ?? "");
  }

  async function ask(text) {
    const number = ++asked;
    let found;
    try {
      found = parse(await fetchText("GET", url(text)));
    } catch {
      return;
    }
    if (number !== asked || !typed()) return;
    listbox.replaceChildren(found);
    shownFor = text;
    listbox.hidden = !listbox.querySelector('[role="option"]:not([aria-disabled])');
    if (!listbox.hidden) keys.first();
  }

  function choose(option) {
    const found = typed();
    close();
    if (found) insert(option, found[1] ?? "");
    close();
  }

  // More was typed than the list knows of: of what it shows, the first that fits all of it.
  function meant() {
    const text = plain(typed()?.[1] ?? "");
    if (text === plain(shownFor)) return undefined;
    return [...listbox.querySelectorAll('[role="option"]')].find((option) => wordsOf(option).some((_, at, words) => words.slice(at).join(" ").startsWith(text)));
  }

  // Before the composer sees it: Enter means the option, also in the moment in which the list is renewed.
  function take(event) {
    if (listbox.hidden || event.shiftKey || !["Escape", "Enter", "Tab"].includes(event.key)) return;
    const option = meant() ?? keys.current() ?? listbox.querySelector('[role="option"]');
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && option && isTyped(option)) return close();
    else if (option) choose(option);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  area.addEventListener("input", look);
  area.addEventListener("keydown", take, true);
  area.addEventListener("blur", () => setTimeout(() => document.activeElement !== area && close(), 150));
  listbox.addEventListener("mousedown", (event) => event.preventDefault());
  return { close };
}
