// A text area that grows with its text, where CSS field-sizing doesn't do it.
export default function connect(area) {
  if (CSS.supports("field-sizing", "content")) return;
  const fit = () => {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
  };
  area.addEventListener("input", fit);
  fit();
  return () => area.removeEventListener("input", fit);
}
