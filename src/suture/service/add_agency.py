"""Adds an agency to a database: on hold, under the rules and policy of a first start."""

from dataclasses import replace
from pathlib import Path

from suture.model.actors import FIRST_TENANT
from suture.model.audit import AuditCode
from suture.model.outreach_state import HoldCause, OutreachState
from suture.outreach.template_lint import unfit_agency
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.service.first_start import first_start
from suture.store import agencies, audit, outreach
from suture.words.catalog import _


class BadAgency(ServiceError):
    """An agency that cannot be added; the message says why."""


def add_agency(caller: Caller, name: str, config_dir: Path | None = None) -> int:
    """Add an agency under the rules and policy of a first start, on hold, and return its number.

    Raises BadAgency where its name cannot begin a text, or where another has it, or what a first start raises.
    """
    name = " ".join(name.split())
    if not name:
        raise BadAgency(_("An agency needs a name."))
    if unfit := unfit_agency(name):
        raise BadAgency(_("An agency cannot be called {name}: {why}.", name=repr(name), why=unfit))
    engine = caller.tools.engine
    while True:
        known = agencies.all_agencies(engine)
        if any(agency.name.casefold() == name.casefold() for agency in known):
            raise BadAgency(_("There is an agency {name} already.", name=repr(name)))
        number = max((agency.tenant for agency in known), default=FIRST_TENANT - 1) + 1
        new = replace(caller, tenant=number)
        with new.transaction() as tx:
            if not agencies.add(tx, name):
                continue  # another command was as quick as we are
            outreach.put(tx, OutreachState(True, HoldCause.NEW, tx.now))
            audit.record(tx, AuditCode.AGENCY_ADDED, "agency", number, name=name)
        first_start(new.as_system(), config_dir)
        return number
