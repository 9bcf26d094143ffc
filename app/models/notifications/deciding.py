"""Where a notice goes, and why: one pure function over what the person chose and what they are doing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.models.notifications.kinds import IN_APP, MAIL, PUSH, Kind

# Why it goes.
CHOSEN, DEFAULT, ALWAYS, URGENT = "chosen", "default", "always", "urgent"
# Why it doesn't, or not now.
MUTED, LOOKING, OFF, NOT_OFFERED, QUIET, NO_DEVICE, DEVICE_OFF, DEVICE_KIND_OFF, IN_USE, DIGEST_OFF = (
    "muted", "looking", "off", "default_off", "quiet", "no_device", "device_off", "device_kind_off", "in_use", "digest_off",
)


@dataclass(frozen=True, slots=True)
class Device:
    """A device that can be pushed to; `kinds` are those that were switched on or off for it alone."""

    id: int
    is_on: bool = True
    kinds: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """What is true of a person at the moment something happens. Instants in milliseconds since the epoch."""

    is_muted: bool = False
    is_looking: bool = False
    is_in_use: bool = False
    quiet_until: int | None = None
    has_digest: bool = True
    devices: tuple[Device, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a notice goes to a channel (for push: to a device), and the rule or choice that said so."""

    channel: str
    goes: bool
    reason: str
    device_id: int | None = None
    until: int | None = None


Choices = Mapping[tuple[str, str], bool]
"""What was chosen, by kind and channel; what isn't in it is as the kind has it by default."""


def decide(kind: Kind, choices: Choices, state: State) -> list[Outcome]:
    """Where a notice of `kind` goes: one outcome for the app, one for mail, and for push one per device, or one that says why none.

    The rules, the first that applies counts: a muted source (not for urgent kinds), looking at the place itself, the choice for the
    kind. Then for push: no device, quiet time (not for urgent kinds), the device's switch, its switch for the kind, and a tab in use,
    which puts it off. Quiet time never holds back what is shown in the app, where nothing sounds.
    """
    return [_in_app(kind, choices, state), *_push(kind, choices, state), _mail(kind, choices, state)]


def _held(kind: Kind, channel: str, choices: Choices, state: State) -> str:
    """Why nothing goes to a channel at all, or an empty word."""
    if state.is_muted and not kind.urgent:
        return MUTED
    if state.is_looking and not kind.urgent:
        return LOOKING
    if channel == IN_APP and kind.always:
        return ""
    if choices.get((kind.key, channel), kind.default(channel)):
        return ""
    return OFF if (kind.key, channel) in choices else NOT_OFFERED


def _why(kind: Kind, channel: str, choices: Choices) -> str:
    if channel == IN_APP and kind.always:
        return ALWAYS
    return CHOSEN if (kind.key, channel) in choices else DEFAULT


def _in_app(kind: Kind, choices: Choices, state: State) -> Outcome:
    held = _held(kind, IN_APP, choices, state)
    return Outcome(IN_APP, not held, held or _why(kind, IN_APP, choices))


def _push(kind: Kind, choices: Choices, state: State) -> list[Outcome]:
    held = _held(kind, PUSH, choices, state)
    if held:
        return [Outcome(PUSH, False, held)]
    if not state.devices:
        return [Outcome(PUSH, False, NO_DEVICE)]
    if state.quiet_until is not None and not kind.urgent:
        return [Outcome(PUSH, False, QUIET, until=state.quiet_until)]
    return [_to_device(kind, choices, state, device) for device in state.devices]


def _to_device(kind: Kind, choices: Choices, state: State, device: Device) -> Outcome:
    if not device.is_on:
        return Outcome(PUSH, False, DEVICE_OFF, device.id)
    if not device.kinds.get(kind.key, True):
        return Outcome(PUSH, False, DEVICE_KIND_OFF, device.id)
    if state.is_in_use and not kind.urgent:
        return Outcome(PUSH, False, IN_USE, device.id)
    quiet_was_passed = kind.urgent and state.quiet_until is not None
    return Outcome(PUSH, True, URGENT if quiet_was_passed else _why(kind, PUSH, choices), device.id)


def _mail(kind: Kind, choices: Choices, state: State) -> Outcome:
    held = _held(kind, MAIL, choices, state) or ("" if state.has_digest or kind.own_mail else DIGEST_OFF)
    return Outcome(MAIL, not held, held or _why(kind, MAIL, choices))
