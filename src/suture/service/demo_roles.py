"""The demo's one-click roles: an account for each, made when it is first chosen, on a demo's data only."""

from suture.model.accounts import Account, How
from suture.model.actors import Role
from suture.service.accounts import BadAccount, make_account
from suture.service.caller import Caller
from suture.service.sessions import Entered, From, begin
from suture.store import accounts
from suture.store import demo as demo_store
from suture.store.transaction import Tx
from suture.words.catalog import _

DEMO_ROLES = (Role.COORDINATOR, Role.LEAD, Role.CLINICIAN, Role.ADMIN)
NAMES = {Role.COORDINATOR: "Casey", Role.LEAD: "Lee", Role.ADMIN: "Adrian"}


def enter_demo(caller: Caller, role: Role, place: From) -> Entered:
    """Sign in as one of the demo's people. Raises BadAccount where this is no demo."""
    with caller.transaction() as tx:
        if not demo_store.is_marked(tx):
            raise BadAccount(_("This is not the demo."))
        account = accounts.by_email(tx, _address(role)) or _made(tx, role)
        return begin(tx, account, How.DEMO, place)


def _made(tx: Tx, role: Role) -> Account:
    clinician, name = demo_store.first_clinician(tx) if role is Role.CLINICIAN else (None, NAMES[role])
    made = accounts.by_id(tx, make_account(tx, _address(role), name, {role}, None, clinician))
    if made is None:
        raise LookupError("the account that was just made is not there")
    return made


def _address(role: Role) -> str:
    return f"{role}@demo.example"
