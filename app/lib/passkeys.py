"""Passkeys: WebAuthn ceremonies (https://www.w3.org/TR/webauthn-3/) with discoverable credentials and user verification, so that one counts as two factors."""

from __future__ import annotations

import json
from dataclasses import dataclass

from app.lib.addresses import is_host_name


class PasskeyError(ValueError):
    """An answer that doesn't verify."""


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A verified registration; bytes in base64url."""

    credential_id: str
    public_key: str
    sign_count: int
    is_synced: bool
    transports: str


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The site that a passkey is bound to: its host name, its origin in use, and what people call it."""

    id: str
    origin: str
    name: str

    @property
    def is_possible(self) -> bool:
        """Whether passkeys work here: on a host name, over TLS or on this very machine."""
        return is_host_name(self.id) and (self.origin.startswith("https://") or self.id == "localhost" or self.id.endswith(".localhost"))


# The library takes 0.2 s to import, so it is imported when the first passkey is used.


def registration_options(party: RelyingParty, challenge: str, account_id: int, email: str, name: str, known: list[str]) -> str:
    """PublicKeyCredentialCreationOptions as JSON; `challenge` and `known` credential ids in base64url."""
    import webauthn
    from webauthn.helpers import base64url_to_bytes, structs

    return webauthn.options_to_json(webauthn.generate_registration_options(
        rp_id=party.id, rp_name=party.name, user_id=account_id.to_bytes(8, "big"), user_name=email, user_display_name=name,
        challenge=base64url_to_bytes(challenge),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED, user_verification=structs.UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known],
    ))


def verify_registration(party: RelyingParty, challenge: str, answer: str) -> NewPasskey:
    """The passkey of a browser's answer. Raises `PasskeyError`."""
    import webauthn
    from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        verified = webauthn.verify_registration_response(
            credential=answer, expected_challenge=base64url_to_bytes(challenge), expected_rp_id=party.id, expected_origin=party.origin,
            require_user_verification=True,
        )
        transports = json.loads(answer).get("response", {}).get("transports") or []
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise PasskeyError(str(error)) from error
    return NewPasskey(
        bytes_to_base64url(verified.credential_id), bytes_to_base64url(verified.credential_public_key), verified.sign_count,
        verified.credential_backed_up, " ".join(str(one) for one in transports if str(one).isascii())[:80],
    )


def sign_in_options(party: RelyingParty, challenge: str) -> str:
    """PublicKeyCredentialRequestOptions as JSON, for whichever passkey the person chooses."""
    import webauthn
    from webauthn.helpers import base64url_to_bytes, structs

    return webauthn.options_to_json(webauthn.generate_authentication_options(
        rp_id=party.id, challenge=base64url_to_bytes(challenge), user_verification=structs.UserVerificationRequirement.REQUIRED
    ))


def verify_sign_in(party: RelyingParty, challenge: str, answer: str, public_key: str, sign_count: int) -> int:
    """The new sign count of a passkey that proved itself. Raises `PasskeyError`."""
    import webauthn
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        verified = webauthn.verify_authentication_response(
            credential=answer, expected_challenge=base64url_to_bytes(challenge), expected_rp_id=party.id, expected_origin=party.origin,
            credential_public_key=base64url_to_bytes(public_key), credential_current_sign_count=sign_count, require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise PasskeyError(str(error)) from error
    return verified.new_sign_count


def read_answer(answer: str) -> tuple[str, str]:
    """The credential id and the challenge that an answer names (both base64url), before it is verified. Raises `PasskeyError`."""
    from webauthn.helpers import base64url_to_bytes

    try:
        read = json.loads(answer)
        client = json.loads(base64url_to_bytes(read["response"]["clientDataJSON"]))
        return str(read["id"])[:512], str(client["challenge"])[:200]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise PasskeyError("not a WebAuthn answer") from error
