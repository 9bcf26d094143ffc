// A picture large, with those before and after it in the log.
const box = () => document.getElementById("lightbox");
let shown = null;

function pictures() {
  return [...document.querySelectorAll("a[data-lightbox]")];
}

function show(link) {
  shown = link;
  const image = box().querySelector("img");
  image.src = link.href;
  image.alt = link.querySelector("img").alt;
  box().querySelector("[data-name]").textContent = image.alt;
  box().querySelector("a[download]").href = `${link.href}?download=1`;
  const all = pictures();
  box().querySelector('[data-step="-1"]').disabled = all[0] === link;
  box().querySelector('[data-step="1"]').disabled = all.at(-1) === link;
  if (!box().open) box().showModal();
}

function step(by) {
  const all = pictures();
  const next = all[all.indexOf(shown) + by];
  if (next) show(next);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-lightbox]");
  const by = event.target.closest?.("#lightbox [data-step]")?.dataset.step;
  if (by) step(Number(by));
  if (!link || !box() || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  show(link);
});
document.addEventListener("keydown", (event) => {
  if (!box()?.open || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  event.preventDefault();
  step(event.key === "ArrowRight" ? 1 : -1);
});
