// A button inside a password field that shows what was typed.
export default function connect(button) {
  const input = button.parentElement.querySelector("input");
  const [show, hide] = button.querySelectorAll(".icon");

  function toggle(shown) {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    show.toggleAttribute("hidden", shown);
    hide.toggleAttribute("hidden", !shown);
  }

  const click = () => toggle(input.type === "password");
  const submit = () => toggle(false); // so that password keepers see a password field
  button.addEventListener("click", click);
  input.form?.addEventListener("submit", submit);
  return () => input.form?.removeEventListener("submit", submit);
}
