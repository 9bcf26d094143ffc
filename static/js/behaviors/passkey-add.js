// Makes a passkey with this device and sends it with its name.
import { ask, create, possible } from "../webauthn.js";

export default function connect(form) {
  if (!possible) return;
  form.hidden = false;
  const failed = form.querySelector("[data-failed]");

  async function start() {
    if (!form.reportValidity()) return;
    failed.hidden = true;
    try {
      const options = await ask("/account/passkeys/options");
      if (!options) return;
      form.elements.credential.value = await create(options);
      form.requestSubmit();
    } catch {
      failed.hidden = false;
    }
  }

  const enter = (event) => event.key === "Enter" && (event.preventDefault(), start());
  form.querySelector("[data-start]").addEventListener("click", start);
  form.elements.name.addEventListener("keydown", enter);
}
