// Signs in with a passkey: by the button, or from the autofill of the email field.
import { ask, get, possible } from "../webauthn.js";

const URL = "/sign-in/passkey/options";

export default function connect(form) {
  if (!possible) return;
  form.hidden = false;
  const failed = form.querySelector("[data-failed]");
  let waiting = new AbortController();

  function send(answer) {
    form.elements.credential.value = answer;
    form.requestSubmit();
  }

  async function offer() {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    try {
      send(await get(await ask(URL), { mediation: "conditional", signal: waiting.signal }));
    } catch {} // dismissed, or the button was pressed instead
  }

  async function start() {
    failed.hidden = true;
    waiting.abort();
    waiting = new AbortController();
    try {
      send(await get(await ask(URL), { signal: waiting.signal }));
    } catch {
      failed.hidden = false;
    }
  }

  form.querySelector("[data-start]").addEventListener("click", start);
  offer();
  return () => waiting.abort();
}
