// Copies the text (or value) of the element that data-copy names, and says so on the button for a moment.
export default function connect(button) {
  const sign = button.querySelector("use");
  const before = sign?.getAttribute("href");

  async function copy() {
    const source = document.querySelector(button.dataset.copy);
    if (navigator.clipboard) await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    else copyMarked(source);
    sign?.setAttribute("href", before.replace(/#.*/, "#check"));
    setTimeout(() => sign?.setAttribute("href", before), 1500);
  }

  button.addEventListener("click", copy);
  return () => button.removeEventListener("click", copy);
}

// Without https a page has no clipboard of its own: what is marked is copied, and stays marked for copying by hand.
function copyMarked(source) {
  if (source.select) source.select();
  else getSelection().selectAllChildren(source);
  document.execCommand("copy");
}
