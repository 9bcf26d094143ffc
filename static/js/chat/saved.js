// Which of the messages shown one keeps for later: only the reader knows, so it isn't in what everybody gets.
const kept = new Set();

export const isSaved = (id) => kept.has(String(id));

/** Learn of saved messages: their ids with spaces between. */
export function knowSaved(ids) {
  for (const id of ids?.split(" ") ?? []) kept.add(id);
}

/** A message was saved, or is no longer. */
export function setSaved(root, id, on) {
  if (on) kept.add(String(id));
  else kept.delete(String(id));
  root.querySelectorAll(`.msg[data-id="${id}"]`).forEach((article) => article.classList.toggle("saved", on));
}
