"""Who asks is one argument: every service function begins with a caller, or with the transaction a caller opened."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from suture.model.actors import COMMAND_LINE, SYSTEM, Permission, Role, Scope, permissions_of
from suture.model.ids import BranchId
from suture.service.caller import Caller
from suture.service.context import Context
from suture.store.transaction import Tx

SOURCE = Path(__file__).parents[3] / "src" / "suture"
SERVICES = sorted((SOURCE / "service").glob("*.py"))
WHOSE = {"caller", "tx", "new"}  # a text that came in holds the transaction that stores it
PURE = {  # they look at their arguments alone, and do nothing on anyone's behalf
    "answer_link.holder",
    "apply_import.rows_of",
    "new_text.maybe",
    "agency_name.without_unfit_names",
    "file_findings.named_in",
    "handle_signals.understand",
    "mail_parts.mail_host",
    "mail_parts.mailbox",
    "mass_change.find_mass_change",
    "offer_words.is_offer_so",
    "offer_words.offer_values",
    "outreach.read_stops",
    "people_lost.day_of",
    "people_lost.people_gone",
    "people_lost.records_of",
    "people_lost.says_active",
    "places.as_csv",
    "state.complete",
    "state.timed",
    "state.with_travel",
    "passwords.check_choice",
    "passwords.hash_of",
    "passwords.hashed",
    "passwords.matches",
    "passwords.is_outdated",
    "passwords.is_right",
    "second_factor.set_up_of",
    "sign_in.too_many",
    "sign_in.wait_note",
    "timers.waits_of",
    "travel.travel_times",
    "versions.check_ready",
}
OF_THE_INSTALLATION = {  # before or beside any agency: processes, the database as a whole
    "agencies.tenants",
    "backups.back_up",
    "backups.restore_into_database",
    "backups.restore_into_folder",
    "check_database.check_database",
    "failpoints.arm",
    "failpoints.fail_point",
    "processes.supervise",
    "renewing.renewed",
}
NEVER = {"actor", "tenant", "scope", "now", "ctx", "context"}


def functions(file: Path) -> dict[str, list[str]]:
    """The public functions of a module, each with its arguments in order."""
    found = [n for n in ast.parse(file.read_text("utf-8")).body if isinstance(n, ast.FunctionDef)]
    return {
        f"{file.stem}.{f.name}": [a.arg for a in (*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs)]
        for f in found
        if not f.name.startswith("_")
    }


ALL = {name: arguments for file in SERVICES for name, arguments in functions(file).items()}


def test_every_service_function_begins_with_a_caller_or_a_transaction() -> None:
    others = {name for name, arguments in ALL.items() if not arguments or arguments[0] not in WHOSE}
    assert others == PURE | OF_THE_INSTALLATION


@pytest.mark.parametrize("name", sorted(ALL))
def test_who_asks_and_when_is_not_said_twice(name: str) -> None:
    assert not NEVER & set(ALL[name])
    assert len(WHOSE & set(ALL[name])) <= 1


def test_tools_know_no_one() -> None:
    assert not {"tenant", "actor", "scope", "now"} & {f.name for f in fields(Context)}
    assert not hasattr(Context, "transaction")


def test_only_one_file_of_the_web_names_an_actor() -> None:
    constants = ("SYSTEM", "COMMAND_LINE", "ANY_LINK", "Actor")
    naming = {
        file.relative_to(SOURCE).as_posix()
        for file in (SOURCE / "web").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "suture.model.actors"
        if {alias.name for alias in node.names} & set(constants)
    }
    assert naming == {"web/callers.py"}


def test_another_takes_over_with_the_same_tools_agency_and_scope() -> None:
    tools: Context = object()  # type: ignore[assignment]
    caller = Caller(tools, COMMAND_LINE, Scope(frozenset({BranchId(2)})), tenant=7)
    assert caller.by(SYSTEM) == Caller(tools, SYSTEM, caller.scope, 7)


def test_suture_itself_works_for_the_whole_agency() -> None:
    tools: Context = object()  # type: ignore[assignment]
    narrow = Caller(tools, COMMAND_LINE, Scope(frozenset({BranchId(2)}), frozenset({Permission.COMMAND})), tenant=7)
    assert narrow.as_system() == Caller(tools, SYSTEM, tenant=7)


@pytest.mark.parametrize("permission", Permission)
def test_one_permission_gives_no_other(permission: Permission) -> None:
    assert {p for p in Permission if Scope(permissions=frozenset({permission})).allows(p)} == {permission}


def test_what_each_role_may_do() -> None:
    plans = {Permission.READ, Permission.SIGNAL, Permission.COMMAND}
    assert {role: set(permissions_of([role])) for role in Role} == {
        Role.COORDINATOR: plans,
        Role.LEAD: plans | {Permission.PEOPLE},
        Role.SUPERVISOR: plans,
        Role.CLINICIAN: {Permission.OWN_DAY},
        Role.ADMIN: {Permission.ADMIN, Permission.PEOPLE},
        Role.PRIVACY: {Permission.AUDIT},
        Role.OPS: set(),
    }
    assert permissions_of([Role.CLINICIAN, Role.PRIVACY]) == {Permission.OWN_DAY, Permission.AUDIT}


def test_a_transaction_in_the_hands_of_another_is_the_same_but_for_them() -> None:
    tx = Tx(None, None, 7, COMMAND_LINE, Scope(frozenset({BranchId(2)})))  # type: ignore[arg-type]
    assert tx.by(SYSTEM) == Tx(None, None, 7, SYSTEM, tx.scope)  # type: ignore[arg-type]


def test_what_belongs_to_no_branch_takes_the_whole_agency() -> None:
    assert Scope().has(BranchId(1)) and Scope().has(None)
    narrow = Scope(frozenset({BranchId(1)}))
    assert narrow.has(BranchId(1))
    assert not narrow.has(BranchId(2)) and not narrow.has(None)
