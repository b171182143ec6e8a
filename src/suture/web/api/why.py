"""GET /api/v1/days/…/why: what every rule says of one pair, the same trace that solver and command line speak from."""

from fastapi import APIRouter
from pydantic import BaseModel

from suture.service.request_types import ServiceDate, Word
from suture.service.why_pair import why_pair
from suture.web.api.scopes import Asking


class RuleSaid(BaseModel):
    """One rule's word. `said`: pass, fail, unknown, applies, silent, waived or replaced; `minutes` of driving."""

    rule: str
    kind: str
    severity: str
    said: str
    title: str
    because: str
    values: dict[str, bool | int | str | list[str]]
    missing: list[str]
    minutes: int
    limits: str
    by: str


class PairWhy(BaseModel):
    """A pair under the rulebook in force. `relax`: the fewest rules to relax, empty where one of `law` is in the way.

    `price_minutes` of driving is what the pair costs once that is done; null where `law` or `blocked` says why not.
    """

    rulebook: str
    eligible: bool
    rules: list[RuleSaid]
    verify: list[str]
    relax: list[str]
    law: list[str]
    price_minutes: int | None
    blocked: str


def why_router() -> APIRouter:
    """The one route."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/days/{branch}/{date}/why", summary="Why a clinician may or may not have a visit")
    def get_why(caller: Asking, branch: Word, date: ServiceDate, clinician: Word, visit: Word) -> PairWhy:
        trace, fix = why_pair(caller, branch, date, clinician, visit)
        return PairWhy(
            rulebook=trace.rulebook_hash,
            eligible=trace.verdict.eligible,
            rules=[
                RuleSaid(
                    rule=line.rule_id,
                    kind=line.kind,
                    severity=line.severity,
                    said=line.said,
                    title=str(line.title),
                    because=line.because,
                    values={k: list(v) if isinstance(v, tuple) else v for k, v in line.values.items()},
                    missing=list(line.missing),
                    minutes=line.minutes,
                    limits=line.limits,
                    by=line.by,
                )
                for line in trace.lines
            ],
            verify=list(fix.verify),
            relax=list(fix.relax),
            law=list(fix.law),
            price_minutes=fix.price_minutes,
            blocked=str(fix.blocked or ""),
        )

    return router
