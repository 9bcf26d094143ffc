// A colour as a swatch and as text, one following the other; the nearest colour that can be read is a click away.
export default function connect(field) {
  const text = field.querySelector("input[data-hex]");
  const swatch = field.querySelector('input[type="color"]');
  const isColour = (value) => /^#?[0-9a-f]{6}$/i.test(value.trim());
  const full = (value) => `#${value.trim().replace(/^#/, "").toLowerCase()}`;

  function take(value, told) {
    text.value = value;
    text.dispatchEvent(new Event(told, { bubbles: true }));
  }

  function follow() {
    if (isColour(text.value)) swatch.value = full(text.value);
    else if (!text.value.trim()) swatch.value = field.dataset.standard;
  }

  function click({ target }) {
    const use = target.closest("[data-use]");
    if (!use) return;
    take(use.dataset.use, "change");
    text.focus();
  }

  text.addEventListener("input", follow);
  text.addEventListener("change", follow);
  swatch.addEventListener("input", () => take(swatch.value, "input"));
  field.addEventListener("click", click);
}
