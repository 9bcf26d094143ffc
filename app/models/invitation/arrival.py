"""What happens when somebody new comes in: the others are told, and the newcomer is made welcome (CHAT-14, CHAT-15, AI-07)."""

from __future__ import annotations

from collections.abc import Collection

from app import database
from app.lib.i18n import _, speaking
from app.models.account import Account
from app.models.bot import bot_says, bot_tells
from app.models.chat.channel import Channel
from app.models.notifications.notifying import notify
from app.models.organisation import EXTERNAL, Membership, Organisation
from app.models.viewer import Viewer

MOST_TOLD = 500
"""In a larger organisation a newcomer is no news for everybody: the line in the channel of all members says it."""


async def arrive(
    organisation: Organisation, member: Membership, account: Account, inviter: Account | None, channels: Collection[Channel], base: str, *, is_new: bool
) -> None:
    """Tell the others and welcome the newcomer, in the transaction that let them in. `base` is where links lead; no inviter: from the command line."""
    if member.role == EXTERNAL:
        await _tell_channels(organisation, account, channels)
        await bot_says(organisation.id, account.id, _guest_welcome(organisation, account, inviter, channels, base))
    elif is_new:
        general = await _tell_everybody(organisation, account)
        if await _uses_chat(member):
            await bot_says(organisation.id, account.id, _welcome(organisation, account, inviter, general, channels, base))


async def tell_of_channels(viewer: Viewer, account: Account, channels: Collection[Channel]) -> None:
    """Somebody who belongs already was taken into channels: the bot tells them which."""
    with speaking(account.locale):
        names = ", ".join(f"#{channel.name}" for channel in channels)
        await bot_says(viewer.org_id, account.id, _("%(name)s has added you to %(channels)s. You find it in the list of your channels.") % {
            "name": _plain(viewer.name), "channels": _plain(names),
        })


async def _tell_everybody(organisation: Organisation, account: Account) -> Channel:
    general = await Channel.general(organisation, account.id)
    people = await database.fetch(
        "SELECT account_id FROM membership WHERE org_id = $1 AND ended_at IS NULL AND role IN ('legal', 'admin', 'user') LIMIT $2",
        organisation.id, MOST_TOLD + 1,
    )
    if len(people) <= MOST_TOLD:
        await notify(
            "member.joined", [row["account_id"] for row in people], organisation.id, url=general.url, source="members", actor_id=account.id,
            facts={"name": account.name, "organisation": organisation.name}, group=f"member:{account.id}",
        )
    with speaking(organisation.locale):
        await bot_tells(general, _("**%(name)s** has joined %(organisation)s. Say hello!") % {
            "name": _plain(account.name), "organisation": _plain(organisation.name),
        })
    return general


async def _tell_channels(organisation: Organisation, account: Account, channels: Collection[Channel]) -> None:
    for channel in channels:
        people = await database.fetch("SELECT account_id FROM channel_member WHERE channel_id = $1 LIMIT $2", channel.id, MOST_TOLD)
        await notify(
            "member.joined", [row["account_id"] for row in people], organisation.id, url=channel.url, source=f"channel:{channel.id}",
            source_name=f"#{channel.name}", actor_id=account.id, facts={"name": account.name, "place": f"#{channel.name}"},
            group=f"member:{account.id}",
        )


async def _uses_chat(member: Membership) -> bool:
    sql = "SELECT 1 FROM product_right WHERE membership_id = $1 AND product = 'chat' AND level = 'use'"
    return await database.fetch_value(sql, member.id) is not None


def _welcome(
    organisation: Organisation, account: Account, inviter: Account | None, general: Channel, channels: Collection[Channel], base: str
) -> str:
    with speaking(account.locale):
        lines = [
            _("Welcome to %(organisation)s, %(name)s! I am the bot of this suite. Some first steps:") % {
                "organisation": _plain(organisation.name), "name": _plain(account.given_name),
            },
            "",
            "- " + _("[Add a picture and your phone number](%(url)s), so that people know whom they write to") % {"url": f"{base}/account"},
            "- " + _("Say hello in [%(channel)s](%(url)s), where everybody is") % {"channel": f"#{general.name}", "url": f"{base}{general.url}"},
            *(["- " + _("Your channels: %(channels)s") % {"channels": _links(channels, base)}] if channels else []),
            "- " + _("[Browse the other channels](%(url)s) and join those that concern you") % {"url": f"{base}/chat/channels"},
            "- " + _("[Choose your language, your time zone and how times are shown](%(url)s)") % {"url": f"{base}/account/language"},
            "- " + _("Press **Ctrl K** anywhere to find people, messages and commands"),
            *(["", _("You were invited by **%(name)s**, who is glad to help.") % {"name": _plain(inviter.name)}] if inviter else []),
        ]
    return "\n".join(lines)


def _guest_welcome(organisation: Organisation, account: Account, inviter: Account | None, channels: Collection[Channel], base: str) -> str:
    with speaking(account.locale):
        names = {"name": _plain(account.given_name), "organisation": _plain(organisation.name), "inviter": _plain(inviter.name) if inviter else ""}
        invited = _("Welcome, %(name)s! You are a guest of %(organisation)s, invited by **%(inviter)s**.")
        lines = [
            (invited if inviter else _("Welcome, %(name)s! You are a guest of %(organisation)s.")) % names,
            "",
            *(["- " + _("Your channels: %(channels)s") % {"channels": _links(channels, base)}] if channels else []),
            "- " + _("[Add a picture](%(url)s), so that people know whom they write to") % {"url": f"{base}/account"},
            "- " + _("You can write directly to everybody who shares a channel with you"),
        ]
    return "\n".join(lines)


def _links(channels: Collection[Channel], base: str) -> str:
    return ", ".join(f"[#{channel.name}]({base}{channel.url})" for channel in channels) or "–"


def _plain(text: str) -> str:
    """Words that people chose, without what Markdown would make of them."""
    return "".join(f"\\{character}" if character in "\\`*_[]<>#~|@" else character for character in text)
