"""The words for each kind of entry in the audit log. A test holds that every kind that is recorded anywhere has some."""

from __future__ import annotations

from collections.abc import Callable

from app.lib.i18n import _

# One line per kind, by its name: who did it stands before the words, whom it was done to behind them.
WORDS: dict[str, Callable[[], str]] = {
    "account.delete": lambda: _("Asked for their account to be deleted"),
    "account.deleted": lambda: _("An account was deleted for good"),
    "account.email": lambda: _("Changed their email address"),
    "account.export": lambda: _("Asked for a copy of everything of theirs"),
    "account.keep": lambda: _("Kept an account that was to be deleted"),
    "account.name": lambda: _("Changed their name"),
    "application_password.make": lambda: _("Made a password for a program"),
    "application_password.revoke": lambda: _("Revoked the password of a program"),
    "chat.default": lambda: _("Changed which channels new members join"),
    "chat.rules": lambda: _("Changed the rules of Chat"),
    "guest.arrive": lambda: _("A guest has arrived"),
    "guest.channels": lambda: _("Changed a guest’s channels"),
    "guest.demote": lambda: _("Made a member a guest"),
    "guest.end": lambda: _("Changed how long a guest may stay"),
    "guest.invite": lambda: _("Invited a guest"),
    "guest.over": lambda: _("A guest’s time was over"),
    "guest.promote": lambda: _("Made a guest a member"),
    "guest.remove": lambda: _("Removed a guest"),
    "guest.restore": lambda: _("Let a guest in again"),
    "identity.connect": lambda: _("Connected an account with the organisation’s sign-in"),
    "identity.disconnect": lambda: _("Disconnected an account from the organisation’s sign-in"),
    "invitation.accept": lambda: _("An invitation was accepted"),
    "invitation.batch": lambda: _("Sent a list of invitations"),
    "invitation.batch_stop": lambda: _("Stopped a list of invitations"),
    "invitation.cancel": lambda: _("Cancelled an invitation"),
    "invitation.create": lambda: _("Invited a member"),
    "invitation.decline": lambda: _("An invitation was declined"),
    "invitation.link": lambda: _("Copied the link of an invitation"),
    "invitation.resend": lambda: _("Sent an invitation again"),
    "invitation.restore": lambda: _("Restored an invitation"),
    "log.export": lambda: _("Exported the audit log"),
    "member.by_provider": lambda: _("Became a member by the organisation’s sign-in"),
    "member.disable": lambda: _("Disabled a person"),
    "member.enable": lambda: _("Enabled a person again"),
    "member.export": lambda: _("Exported the list of people"),
    "member.grant": lambda: _("Gave a right"),
    "member.remove": lambda: _("Removed a person"),
    "member.return": lambda: _("Brought a removed person back"),
    "member.revoke": lambda: _("Took a right away"),
    "member.rights": lambda: _("Restored rights"),
    "member.role": lambda: _("Changed a role"),
    "member.title": lambda: _("Changed a job title"),
    "organisation.edit": lambda: _("Changed the organisation’s settings"),
    "organisation.features": lambda: _("Changed what the plan includes"),
    "organisation.limits": lambda: _("Changed the limits of the plan"),
    "passkey.add": lambda: _("Added a passkey"),
    "passkey.remove": lambda: _("Removed a passkey"),
    "password.change": lambda: _("Changed a password"),
    "password.reset": lambda: _("A password was reset by an emailed link"),
    "provider.change": lambda: _("Changed the OpenID Connect provider"),
    "provider.connect": lambda: _("Connected an OpenID Connect provider"),
    "provider.disconnect": lambda: _("Disconnected the OpenID Connect provider"),
    "resource.archive": lambda: _("Archived a room or equipment"),
    "resource.create": lambda: _("Added a room or equipment"),
    "resource.edit": lambda: _("Changed a room or equipment"),
    "resource.restore": lambda: _("Took a room or equipment out of the archive"),
    "session.end": lambda: _("Signed a device out"),
    "session.end_others": lambda: _("Signed all other devices out"),
    "session.new_device": lambda: _("Signed in on a new device"),
    "sign_in.guessed": lambda: _("Failed to sign in many times"),
    "sign_in.policy": lambda: _("Changed the rules for signing in"),
    "team.add": lambda: _("Added people to a team"),
    "team.create": lambda: _("Created a team"),
    "team.delete": lambda: _("Deleted a team"),
    "team.edit": lambda: _("Changed a team"),
    "team.join": lambda: _("Joined a team"),
    "team.lead": lambda: _("Changed who leads a team"),
    "team.remove": lambda: _("Removed somebody from a team"),
    "team.set": lambda: _("Changed somebody’s teams"),
    "two_factor.codes": lambda: _("Made new recovery codes"),
    "two_factor.off": lambda: _("Switched two-step sign-in off"),
    "two_factor.on": lambda: _("Switched two-step sign-in on"),
}


def words_for(kind: str) -> str:
    """What this kind of entry is called, in the language being spoken; its name where an older version recorded it."""
    words = WORDS.get(kind)
    return words() if words else kind
