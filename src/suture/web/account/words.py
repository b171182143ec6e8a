"""Roles and browsers, as people call them."""

import re

from suture.model.actors import Role
from suture.words.catalog import _, marked

ROLES = {
    Role.COORDINATOR: marked("Coordinator"),
    Role.LEAD: marked("Branch lead"),
    Role.SUPERVISOR: marked("Clinical supervisor"),
    Role.CLINICIAN: marked("Clinician"),
    Role.ADMIN: marked("Administrator"),
    Role.PRIVACY: marked("Privacy officer"),
    Role.OPS: marked("Operations"),
}
WHAT_FOR = {
    Role.COORDINATOR: marked("plans days, and works on exceptions"),
    Role.LEAD: marked("as a coordinator, and manages the branch’s people"),
    Role.SUPERVISOR: marked("as a coordinator, for questions of care"),
    Role.CLINICIAN: marked("sees and answers their own day"),
    Role.ADMIN: marked("manages people, and sees no patients"),
    Role.PRIVACY: marked("answers for who did what, and who saw whom"),
    Role.OPS: marked("keeps the server running, and sees no patients"),
}
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_FIRST_WORD = re.compile(r"[\w.-]{1,20}")


def role_words(role: Role) -> str:
    """ "Branch lead"."""
    return _(ROLES[role])


def purpose_words(role: Role) -> str:
    """What a role is for, to follow its name."""
    return _(WHAT_FOR[role])


def agent_words(agent: str) -> str:
    """ "Firefox on Windows", as far as a browser says what it is."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser and system:
        return _("{browser} on {system}", browser=browser, system=system)
    first = _FIRST_WORD.match(agent)
    return browser or system or (first.group(0) if first else _("An unknown browser"))
