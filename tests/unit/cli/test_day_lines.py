"""What `suture day plan` prints of exceptions: a shared reason once, and a visit once however many it needs."""

from suture.cli.day import case_lines
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.words.reason import Reason, as_written, reason

NO_NURSE = (
    as_written("Cy Cedar is a PT; the visit needs an RN."),
    reason("cover.rule", title="Roles", because="By the order."),
)


def uncovered(visit: int, position: int = 1, reasons: tuple[Reason, ...] = NO_NURSE) -> CaseToOpen:
    return CaseToOpen(CaseKind.UNCOVERED_VISIT, CaseSubject("visit", visit, position), 3, reasons)


def printed(*cases: CaseToOpen) -> list[str]:
    return list(case_lines(cases, [f"EV{case.subject.id}" for case in cases]))


def test_two_positions_of_one_visit_are_one_line() -> None:
    assert printed(uncovered(8), uncovered(8, 2)) == [
        "Visit without a clinician: visit EV8 (2 positions)",
        "  Cy Cedar is a PT; the visit needs an RN.",
    ]


def test_a_reason_that_several_visits_share_is_printed_once() -> None:
    other = uncovered(3, reasons=(as_written("Everyone is away."),))
    assert printed(uncovered(1), other, uncovered(2), uncovered(8), uncovered(8, 2)) == [
        "Visits without a clinician: EV1, EV2 and EV8 (2 positions)",
        "  Cy Cedar is a PT; the visit needs an RN.",
        "Visit without a clinician: visit EV3",
        "  Everyone is away.",
    ]


def test_many_reasons_are_cut_and_counted() -> None:
    lines = printed(uncovered(1, reasons=tuple(as_written(f"Reason {n}.") for n in range(6))))
    assert lines[-1] == "  2 more reasons are on the board." and len(lines) == 6


def test_what_a_person_can_do_about_it_is_named_by_its_visit() -> None:
    facts = CaseToOpen(CaseKind.RULE_UNKNOWN, CaseSubject("visit", 8), 3, (reason("unknown.fix"),))
    visits = CaseToOpen(CaseKind.INFEASIBLE_SET, CaseSubject("visit", 3), 3, (reason("conflict.fix"),))
    assert printed(facts, visits) == [
        "Rule missing facts: visit EV8",
        "  Enter what is missing, or correct the rule.",
        "Set of visits that do not fit: visit EV3",
        "  Find someone else, or agree with one of the patients on another time.",
    ]
