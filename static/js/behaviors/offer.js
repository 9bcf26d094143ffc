// Rights of an invitation: the suite's switch moves all "uses" at once, and administrators manage what they could manage by default.
export default function connect(form) {
  const boxes = (kind) => [...form.querySelectorAll(`input[data-${kind}]:not(:disabled)`)];
  const suite = form.querySelector("[data-suite]");

  function change({ target }) {
    if (target === suite) boxes("use").forEach((box) => (box.checked = suite.checked));
    else if (target.matches("[data-use]")) suite.checked = boxes("use").some((box) => box.checked);
    else if (target.name === "role") boxes("manage").forEach((box) => (box.checked = target.value === "admin"));
  }

  form.addEventListener("change", change);
  return () => form.removeEventListener("change", change);
}
