"""Ways to prove who one is: passwords, passkeys, one-time codes, application passwords, emailed links; and what slows guessers down."""

from app.models.credential.application_password import ApplicationPassword
from app.models.credential.attempt import FailedAttempt, Throttled
from app.models.credential.challenge import Challenge
from app.models.credential.emailed_link import EmailedLink, LinkOver
from app.models.credential.known_device import KnownDevice
from app.models.credential.passkey import Passkey
from app.models.credential.password import WrongPassword, check_password, sign_in
from app.models.credential.provider import LinkedIdentity, SignInProvider
from app.models.credential.two_factor import OneTimeSecret, RecoveryCode, WrongCode

__all__ = [
    "ApplicationPassword",
    "Challenge",
    "EmailedLink",
    "FailedAttempt",
    "KnownDevice",
    "LinkOver",
    "LinkedIdentity",
    "OneTimeSecret",
    "Passkey",
    "RecoveryCode",
    "SignInProvider",
    "Throttled",
    "WrongCode",
    "WrongPassword",
    "check_password",
    "sign_in",
]
