// A text being edited: leaving with something unsaved is asked about, Tab indents in code.
export default function connect(form) {
  const area = form.querySelector("textarea");
  let saved = area.value;
  const changed = () => area.value !== saved;
  const leaving = (event) => changed() && event.preventDefault();
  const done = ({ detail: { ctx } }) => {
    if (form.contains(ctx.sourceElement) && ctx.response?.status === 200) saved = area.value;
  };
  addEventListener("beforeunload", leaving);
  document.addEventListener("htmx:after:request", done);
  return () => {
    removeEventListener("beforeunload", leaving);
    document.removeEventListener("htmx:after:request", done);
  };
}
