"""Where a notice goes: rules that hold whatever somebody chose and is doing."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.models.notifications import all_kinds, kind_of
from app.models.notifications.deciding import Device, State, decide
from app.models.notifications.kinds import CHANNELS, IN_APP, MAIL, PUSH, Kind

kinds = st.sampled_from(all_kinds())
devices = st.lists(st.builds(Device, id=st.integers(1, 9), is_on=st.booleans(), kinds=st.dictionaries(st.sampled_from([k.key for k in all_kinds()]), st.booleans())),
                   max_size=4, unique_by=lambda device: device.id).map(tuple)
states = st.builds(
    State, is_muted=st.booleans(), is_looking=st.booleans(), is_in_use=st.booleans(), quiet_until=st.none() | st.integers(1), has_digest=st.booleans(), devices=devices
)
choices = st.dictionaries(st.tuples(st.sampled_from([k.key for k in all_kinds()]), st.sampled_from(CHANNELS)), st.booleans())


@given(kinds, choices, states)
def test_every_way_has_one_outcome_with_a_reason(kind: Kind, chosen: Any, state: State) -> None:
    outcomes = decide(kind, chosen, state)
    assert [one.channel for one in outcomes].count(IN_APP) == [one.channel for one in outcomes].count(MAIL) == 1
    pushed = [one for one in outcomes if one.channel == PUSH]
    assert pushed and all(one.reason for one in outcomes)
    if len(pushed) > 1 or pushed[0].device_id:
        assert [one.device_id for one in pushed] == [device.id for device in state.devices]


@given(kinds, choices, states)
def test_what_was_switched_off_never_goes(kind: Kind, chosen: Any, state: State) -> None:
    for one in decide(kind, chosen, state):
        if one.goes and not (one.channel == IN_APP and kind.always):
            assert chosen.get((kind.key, one.channel), kind.default(one.channel))
        if one.goes and one.device_id:
            device = next(device for device in state.devices if device.id == one.device_id)
            assert device.is_on and device.kinds.get(kind.key, True)


@given(kinds, choices, states)
def test_only_what_is_urgent_passes_quiet_time_mutes_and_use(kind: Kind, chosen: Any, state: State) -> None:
    outcomes = decide(kind, chosen, state)
    if not kind.urgent and (state.quiet_until is not None or state.is_in_use or state.is_muted or state.is_looking):
        assert not any(one.goes for one in outcomes if one.channel == PUSH)
    if not kind.urgent and (state.is_muted or state.is_looking):
        assert not any(one.goes for one in outcomes)
    if not state.has_digest and not kind.own_mail:
        assert not any(one.goes for one in outcomes if one.channel == MAIL)


@given(kinds, choices, states)
def test_quiet_time_and_use_hide_nothing_in_the_app(kind: Kind, chosen: Any, state: State) -> None:
    calm = State(is_muted=state.is_muted, is_looking=state.is_looking, has_digest=state.has_digest, devices=state.devices)
    assert decide(kind, chosen, state)[0] == decide(kind, chosen, calm)[0]


def test_security_is_always_shown_and_pushed_at_night() -> None:
    outcomes = decide(kind_of("security.sign_in"), {("security.sign_in", IN_APP): False}, State(quiet_until=5, devices=(Device(1),)))
    assert [(one.channel, one.goes, one.reason) for one in outcomes] == [(IN_APP, True, "always"), (PUSH, True, "urgent"), (MAIL, True, "default")], "at once, whatever the digest"
