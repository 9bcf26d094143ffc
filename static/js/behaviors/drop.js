// Files dropped on the zone go into its file input; [data-files] names what was chosen.
export default function connect(zone) {
  const input = zone.querySelector('input[type="file"]');
  const names = zone.querySelector("[data-files]");
  let depth = 0;

  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (by) => zone.classList.toggle("over", (depth = Math.max(0, depth + by)) > 0);

  function drop(event) {
    if (!hasFiles(event)) return;
    event.preventDefault();
    mark(-depth);
    const { files } = event.dataTransfer;
    if (!input.multiple && files.length > 1) return;
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  const say = () => names && (names.textContent = [...input.files].map((file) => file.name).join(", "));
  zone.addEventListener("dragenter", (event) => hasFiles(event) && [event.preventDefault(), mark(1)]);
  zone.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  zone.addEventListener("dragleave", (event) => hasFiles(event) && mark(-1));
  zone.addEventListener("drop", drop);
  input.addEventListener("change", say);
}
