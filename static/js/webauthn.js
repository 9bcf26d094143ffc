// WebAuthn options and answers as JSON. Safari 17.4 has neither parse…FromJSON nor toJSON.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const credentials = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

export const possible = Boolean(window.PublicKeyCredential && navigator.credentials);

/** Ask the server for options; null when it first wants the password again (it says where). */
export async function ask(url) {
  const answer = await fetch(url, { method: "POST", headers: { Accept: "application/json" } });
  if (answer.status === 403) return location.assign(answer.headers.get("location") ?? "/account/security");
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
}

/** Make a passkey; resolves to JSON text. */
export async function create(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: credentials(options.excludeCredentials),
  };
  const { id, rawId, type, response } = await navigator.credentials.create({ publicKey });
  return JSON.stringify({
    id, rawId: text(rawId), type,
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  });
}

/** Use a passkey; resolves to JSON text. With mediation "conditional" it waits in the field's autofill. */
export async function get(options, extra = {}) {
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: credentials(options.allowCredentials) };
  const { id, rawId, type, response } = await navigator.credentials.get({ publicKey, ...extra });
  return JSON.stringify({
    id, rawId: text(rawId), type,
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: response.userHandle ? text(response.userHandle) : null,
    },
  });
}
