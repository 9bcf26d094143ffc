// Saves the text of the element that data-text names as a file.
export default function connect(button) {
  function save() {
    const { textContent } = document.querySelector(button.dataset.text);
    const url = URL.createObjectURL(new Blob([`${textContent}\n`], { type: "text/plain" }));
    Object.assign(document.createElement("a"), { href: url, download: button.dataset.name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }
  button.addEventListener("click", save);
  return () => button.removeEventListener("click", save);
}
