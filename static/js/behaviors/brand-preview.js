// The login page beside its form: scaled to the room there is, in the names and colours being typed; the server's answer corrects the colours.
const SIZES = { desktop: 1440, phone: 390 };

export default function connect(box) {
  const stage = box.querySelector("[data-stage]");
  const sheet = box.querySelector("[data-sheet]");
  const form = document.getElementById(box.dataset.form);
  const choices = box.querySelectorAll('input[type="radio"]');
  const chosen = (name) => box.querySelector(`input[name="${name}"]:checked`).value;

  function fit() {
    const kind = chosen("preview-size");
    sheet.dataset.size = kind;
    sheet.dataset.theme = chosen("preview-theme");
    const scale = Math.min(1, stage.clientWidth / SIZES[kind], kind === "phone" ? 0.72 : 1);
    sheet.style.setProperty("--scale", scale);
    stage.style.setProperty("block-size", `${sheet.offsetHeight * scale}px`);
    colour();
  }

  // What the server said about the colours, on the theme that is shown.
  function colour() {
    const said = document.getElementById("look-state")?.dataset;
    if (!said) return;
    const dark = chosen("preview-theme") === "dark";
    const set = (name, value) => value ? sheet.style.setProperty(name, value) : sheet.style.removeProperty(name);
    set("--brand", dark ? said.darkAccent : said.accent);
    set("--brand-ink", dark ? said.darkAccentInk : said.accentInk);
    set("--entrance-ink", dark ? said.darkText : said.text);
  }

  function named() {
    const name = form?.elements.name.value.trim() || box.dataset.name;
    box.querySelectorAll("[data-name-here]").forEach((place) => (place.textContent = place.dataset.nameHere.replace("…", name)));
    box.querySelectorAll("[data-initial-here]").forEach((place) => (place.textContent = [...name][0]));
  }

  const answered = new MutationObserver(colour);
  if (form) answered.observe(form, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-accent", "data-text", "data-dark-text", "data-dark-accent"] });
  const resized = new ResizeObserver(fit);
  resized.observe(stage);
  choices.forEach((choice) => choice.addEventListener("change", fit));
  form?.addEventListener("input", named);
  fit();
  named();
  return () => (answered.disconnect(), resized.disconnect(), form?.removeEventListener("input", named));
}
