"""Who may sign in, and as what: for those who manage people."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse, Response

from suture.model.accounts import Account
from suture.model.actors import Role
from suture.model.ids import AccountId
from suture.service.accounts import (
    WELCOME_HOURS,
    BadAccount,
    add_user,
    change_user,
    disable_user,
    may_give,
    reset_user,
    user_of,
    users_now,
)
from suture.service.caller import Caller
from suture.service.errors import UnknownBranch
from suture.service.request_types import StoredId, WordIfAny
from suture.store import lookups
from suture.store.branches import all_branches
from suture.web.account.words import purpose_words, role_words
from suture.web.foreign import own_form
from suture.web.page_rights import Reader, signed_in
from suture.web.render import page
from suture.web.signed_in import form_token
from suture.words.catalog import _

PEOPLE_FORM = "people"
Roles = Annotated[list[Role] | None, Form()]
Branches = Annotated[list[WordIfAny] | None, Form(alias="branch")]
Every = Annotated[bool, Form()]


def people_router() -> APIRouter:
    """Routes under /admin/users."""
    router = APIRouter(prefix="/admin/users", include_in_schema=False, dependencies=[Depends(signed_in)])

    @router.get("")
    def show(caller: Reader) -> Response:
        return _list(caller)

    @router.post("", dependencies=[Depends(own_form(PEOPLE_FORM))])
    def add(
        caller: Reader,
        email: Annotated[WordIfAny, Form()] = "",
        name: Annotated[WordIfAny, Form()] = "",
        role: Roles = None,
        branch: Branches = None,
        every: Every = False,
        clinician: Annotated[WordIfAny, Form()] = "",
    ) -> Response:
        try:
            link = add_user(caller, email, name, role or (), _within(branch, every=every), _named(clinician))
        except (BadAccount, UnknownBranch) as error:
            kept = {
                "email": email,
                "name": name,
                "clinician": clinician,
                "roles": role or [],
                "branches": branch or [],
                "every": every,
            }
            return _list(caller, status=422, error=str(error), kept=kept)
        return _linked(caller, link, email)

    _add_one(router)
    return router


def _add_one(router: APIRouter) -> None:
    """Routes of one account."""

    @router.get("/{account_id}")
    def one(caller: Reader, account_id: StoredId) -> Response:
        return _one(caller, account_id)

    @router.post("/{account_id}", dependencies=[Depends(own_form(PEOPLE_FORM))])
    def change(
        caller: Reader,
        account_id: StoredId,
        role: Roles = None,
        branch: Branches = None,
        every: Every = False,
        clinician: Annotated[WordIfAny, Form()] = "",
    ) -> Response:
        if _find(caller, account_id) is None:
            return _no_such()
        try:
            change_user(caller, AccountId(account_id), role or (), _within(branch, every=every), _named(clinician))
        except (BadAccount, UnknownBranch) as error:
            return _one(caller, account_id, status=422, error=str(error))
        return RedirectResponse("/admin/users", 303)

    @router.post("/{account_id}/disable", dependencies=[Depends(own_form(PEOPLE_FORM))])
    def disable(caller: Reader, account_id: StoredId) -> Response:
        if _find(caller, account_id) is None:
            return _no_such()
        try:
            disable_user(caller, AccountId(account_id))
        except BadAccount as error:
            return _one(caller, account_id, status=422, error=str(error))
        return RedirectResponse("/admin/users", 303)

    @router.post("/{account_id}/reset", dependencies=[Depends(own_form(PEOPLE_FORM))])
    def reset(caller: Reader, account_id: StoredId) -> Response:
        account = _find(caller, account_id)
        if account is None:
            return _no_such()
        return _linked(caller, reset_user(caller, account.id), account.email)


def _within(branches: Sequence[str] | None, *, every: bool) -> Sequence[str] | None:
    """The branches that were chosen; None for all of them."""
    return None if every else branches or ()


def _named(clinician: str) -> str | None:
    return clinician.strip() or None


def _find(caller: Caller, account_id: int) -> Account | None:
    try:
        return user_of(caller, AccountId(account_id))
    except BadAccount:
        return None


def _no_such() -> Response:
    return page(
        "refused.html", status=404, title=_("There is no such account"), why=_("Maybe the address was cut short.")
    )


def _list(caller: Caller, *, status: int = 200, error: str = "", kept: Mapping[str, object] | None = None) -> Response:
    blank = {"email": "", "name": "", "clinician": "", "roles": [], "branches": [], "every": False}
    people = [(one, ", ".join(role_words(r) for r in sorted(one.roles))) for one in users_now(caller)]
    return page(
        "account/people.html", status=status, error=error, people=people, kept=kept or blank, **_choices(caller)
    )


def _one(caller: Caller, account_id: int, *, status: int = 200, error: str = "") -> Response:
    account = _find(caller, account_id)
    if account is None:
        return _no_such()
    with caller.transaction() as tx:
        _visits, parties = lookups.external_ids(tx, visits=(), parties=[account.clinician_id or 0])
    kept = {
        "clinician": parties.get(account.clinician_id or 0, ""),
        "roles": sorted(account.roles),
        "branches": list(account.branches),
        "every": account.branch_ids is None,
    }
    return page("account/person.html", status=status, error=error, account=account, kept=kept, **_choices(caller))


def _choices(caller: Caller) -> dict[str, object]:
    with caller.transaction() as tx:
        roles = [(role, role_words(role), purpose_words(role)) for role in Role if role in may_give(tx)]
        branches, every = all_branches(tx), tx.scope.branches is None
    return {"roles": roles, "branches": branches, "every": every, "csrf": form_token(PEOPLE_FORM)}


def _linked(caller: Caller, token: str, email: str) -> Response:
    link = f"{caller.tools.desk_url.rstrip('/')}/welcome/{token}"
    return page("account/linked.html", link=link, email=email, hours=WELCOME_HOURS)
