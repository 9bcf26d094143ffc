// Lists and tables under the fingers: arrows or j/k move, Shift extends, Space or x selects, Ctrl A all, Esc none, Enter opens.
// A row is [data-row]; its checkbox, if it has one, holds whether it is selected, so a form around the list submits the choice.
export default function connect(list) {
  const rows = () => [...list.querySelectorAll("[data-row]")];
  const box = (row) => row.querySelector('input[type="checkbox"][name]');
  const selected = () => rows().filter((row) => box(row)?.checked);
  const bar = () => document.querySelector(`[data-selection-of="${list.id}"]`);
  const all = list.querySelector("[data-select-all]");
  let anchor;

  function choose(row, on) {
    if (!box(row)) return;
    box(row).checked = on;
    row.setAttribute("aria-selected", String(on));
  }

  function told() {
    const [count, total] = [selected().length, rows().length];
    if (all) [all.checked, all.indeterminate] = [count > 0 && count === total, count > 0 && count < total];
    const shown = bar();
    if (!shown) return;
    shown.hidden = count === 0;
    shown.querySelectorAll("[data-selection-count]").forEach((text) => (text.textContent = count));
    list.dispatchEvent(new CustomEvent("rows:change", { bubbles: true, detail: { count } }));
  }

  function focus(row) {
    if (!row) return;
    rows().forEach((one) => (one.tabIndex = one === row ? 0 : -1));
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function range(from, to) {
    const every = rows();
    const [low, high] = [every.indexOf(from ?? to), every.indexOf(to)].sort((a, b) => a - b);
    every.forEach((row, index) => choose(row, index >= low && index <= high));
  }

  function key(event) {
    const leaving = event.key === "ArrowDown" && event.target.matches('[type="search"][data-shortcut="/"]'); // from what was sought to what was found
    const typing = !leaving && event.target.matches('input:not([type="checkbox"]), textarea, select, [contenteditable]');
    const elsewhere = (leaving || event.target === document.body) && document.querySelector('[data-behavior~="rows"]') === list;
    if (typing || event.altKey || !(elsewhere || list.contains(event.target)) || document.querySelector("dialog[open], .menu:popover-open")) return;
    const every = rows();
    const row = event.target.closest("[data-row]") ?? null;
    const now = every.indexOf(row);
    const mod = event.ctrlKey || event.metaKey;
    const step = !mod && { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (step || (!mod && (event.key === "Home" || event.key === "End"))) {
      const next = step ? every[Math.max(0, Math.min(every.length - 1, now + step))] : every.at(event.key === "Home" ? 0 : -1);
      if (event.shiftKey) range((anchor ??= row), next);
      else anchor = next;
      focus(next);
    } else if (row && !mod && (event.key === " " || event.key === "x")) {
      choose(row, !box(row)?.checked);
      anchor = row;
    } else if (mod && event.key === "a" && every.some(box)) every.forEach((one) => choose(one, true));
    else if (event.key === "Escape" && selected().length) every.forEach((one) => choose(one, false));
    else if (event.key === "Enter" && row === event.target) (row.matches("a") ? row : row.querySelector("a[href]"))?.click();
    else return;
    event.preventDefault();
    told();
  }

  function click(event) {
    if (event.target === all) rows().forEach((row) => choose(row, all.checked));
    const row = event.target.closest("[data-row]");
    const onBox = event.target.closest("label.check, input");
    if (row && !onBox && event.target.closest("a, button") && !event.ctrlKey && !event.metaKey && !event.shiftKey) return;
    if (row && box(row)) {
      const mod = event.ctrlKey || event.metaKey;
      if (event.shiftKey) [event.preventDefault(), getSelection().removeAllRanges(), setTimeout(() => [range(anchor, row), told()])];
      else if (onBox) row.setAttribute("aria-selected", String(box(row).checked));
      else if (mod) [event.preventDefault(), choose(row, !box(row).checked)];
      else range(row, row);
      if (!event.shiftKey) anchor = row;
      if (!onBox) focus(row);
    }
    if (row || event.target === all) told();
  }

  const cleared = ({ target }) => {
    if (!target.closest("[data-selection-clear]") || !bar()?.contains(target)) return;
    rows().forEach((row) => choose(row, false));
    told();
    focus(anchor);
  };

  // What the server sends anew doesn't know what is selected here; the checkboxes do.
  function swapped({ detail: { ctx } }) {
    if (!(list.contains(ctx.target) || ctx.target.contains?.(list))) return;
    rows().forEach((row) => box(row) && row.setAttribute("aria-selected", String(box(row).checked)));
    if (!list.contains(anchor)) anchor = undefined;
    const reached = rows().find((row) => row === document.activeElement) ?? rows()[0];
    if (reached && !rows().some((row) => row.tabIndex === 0)) reached.tabIndex = 0;
    told();
  }

  rows().forEach((row, index) => (row.tabIndex = index === 0 ? 0 : -1));
  list.addEventListener("click", click);
  document.addEventListener("keydown", key);
  document.addEventListener("click", cleared);
  document.addEventListener("htmx:after:swap", swapped);
  told();
  return () => {
    document.removeEventListener("htmx:after:swap", swapped);
    document.removeEventListener("keydown", key);
    document.removeEventListener("click", cleared);
  };
}
