"""What imports note, ask and hold: remarks on a file, cases that files open, and what a held import would change."""

from collections.abc import Mapping
from typing import Final

from suture.words.catalog import Sentence

_PARTS: Final[Mapping[str, Sentence]] = {
    "import.rows.patients": ("{n} patient", "{n} patients"),
    "import.rows.staff": ("{n} person", "{n} people"),
    "import.rows.credentials": ("{n} credential", "{n} credentials"),
    "import.rows.availability": ("{n} line of hours", "{n} lines of hours"),
    "import.rows.orders": ("{n} order", "{n} orders"),
    "import.rows.consents": ("{n} consent", "{n} consents"),
    "import.rows.visits": ("{n} visit", "{n} visits"),
    "import.rows.other": ("{n} row", "{n} rows"),
    "import.and_more": "{some} and {n} more",
    "import.lines": ("line {lines}", "lines {lines}"),
    "import.lines_and_more": "lines {lines} and {n} more",
}

_NOTES: Final[Mapping[str, Sentence]] = {
    "import.no_expires_on_column": "there is no column expires_on: stored dates stay, and new credentials do not count "
    "yet",
    "import.unverified": "no expires_on in {lines}: unverified, so it does not count yet",
    "import.no_home": "no lat and lon in {lines}: the day begins and ends at the site or branch",
    "import.no_place": "no lat and lon in {lines}: visits there can be planned once the place is known; "
    "suture places missing lists what to look up",
    "import.not_read": "not read: not a file of the import",
    "import.not_read_slip": "not read: did you mean {file}?",
    "import.columns_not_read": ("not read: column {columns}", "not read: columns {columns}"),
    "import.line_breaks": "line breaks inside a cell became spaces: {lines}",
    "import.older_rows": (
        "{n} row is older than what is stored and was not applied",
        "{n} rows are older than what is stored and were not applied",
    ),
    "import.hours_stay": "the hours of {whose} stay as they are stored until every line can be read; good lines only "
    "add to them",
    "import.hours_of_some_stay": "the hours of people with a faulty line stay as they are stored until every line can "
    "be read; good lines only add to them",
    "import.others_get": "line {line}: until it is fixed, others get {visits}",
    "import.visits_of_day": ("{n} visit of {day}", "{n} visits of {day}"),
    "import.not_moved": (
        "{rows} was not moved from {old} to {new} because of published visits: {ids}",
        "{rows} were not moved from {old} to {new} because of published visits: {ids}",
    ),
    "import.moved": "moved from {old} to {new}: {ids}",
    "import.service_changes": "{service}: {changes}; {effect}",
    "import.service.duration": "{old} to {new} minutes",
    "import.service.roles": "roles {old} to {new}",
    "import.service.documentation": "documentation {old} to {new} minutes",
    "import.service.used": ("{n} visit uses it", "{n} visits use it"),
    "import.service.not_planned": (
        "{n} visit uses it, none of them planned yet",
        "{n} visits use it, none of them planned yet",
    ),
    "import.service.kept": ("{n} planned visit keeps {minutes}", "{n} planned visits keep {minutes}"),
    "import.missing.visit": (
        "{n} open visit of this branch is not in the file, nothing was changed: {ids}",
        "{n} open visits of this branch are not in the file, nothing was changed: {ids}",
    ),
    "import.missing.patient": (
        "{n} active patient of this branch is not in the file, nothing was changed: {ids}",
        "{n} active patients of this branch are not in the file, nothing was changed: {ids}",
    ),
    "import.missing.clinician": (
        "{n} active member of staff of this branch is not in the file, nothing was changed: {ids}",
        "{n} active members of staff of this branch are not in the file, nothing was changed: {ids}",
    ),
    "import.missing_on_board": "{missing}; the board asks about {n}",
}

_CASES: Final[Mapping[str, Sentence]] = {
    "import.set_aside": "{file}, {lines}: {problem}.",
    "import.set_aside_cell": "{file}, {lines}: {field}: {problem}.",
    "import.set_aside_more": "And more: import the file again to see every line.",
    "import.fixed": "a later file fixed it",
    "import.readable_again": "the file can be read again",
    "import.window_unclear": "The import could not use its window: it cannot be read, or it is shorter than the visit. "
    "Fix the file and import it again.",
    "import.visit_unclear": "The import could not read {what}. Fix the file and import it again.",
    "import.visit_gap.status": "its status",
    "import.visit_gap.duration_minutes": "how long it takes",
    "import.visit_gap.positions": "how many must come",
    "import.visit_gap.required_skills": "the skills it needs",
    "import.visit_gap.preferred_staff": "whom the patient prefers",
    "import.visit_gap.barred_staff": "who must not come",
    "import.visit_gap.priority": "its priority",
    "import.visit_gap.site": "its site",
    "import.visit_gap.done_by": "who did it",
    "import.visit_gap.updated_at": "how old the line is",
    "import.place_unclear": "Its address is not on the map yet: look it up with suture places missing.",
    "import.patient_unclear": "The import could not read the patient's line. Fix the file and import it again.",
    "import.see_line": "See {file}, line {line}.",
    "import.visit_stays": "Until then the visit stays as it is stored.",
    "import.person_unclear": "The last import could not read: {what}. See {file}, line {line}.",
    "import.person_waits": "Until a correct file is imported, nothing is planned for this person and no message goes "
    "out.",
    "import.person_gap.allergies": "allergies",
    "import.person_gap.gender_preference": "gender preference",
    "import.person_gap.max_weekly_minutes": "max weekly minutes",
    "import.person_gap.pets": "pets",
    "import.person_gap.risk": "risk",
    "import.person_gap.role": "role",
    "import.person_gap.status": "status",
    "import.person_gap.tags": "tags",
    "import.place_unlocated": "This address is not on the map yet, so no visit there can be planned.",
    "import.look_up": "Look it up: suture places missing, then suture places load; or write lat and lon in the file.",
    "import.place_located": "the place is known",
    "import.claimed": "The newest files have them in {there}: {whom}. There are published visits in {here}, so nothing "
    "was moved.",
    "import.claimed_people": "{people} ({ids})",
    "import.claimed_what_to_do": "If the files are wrong, correct the branch and import them again for {here}. If the "
    "move is right, import them again once those visits are over or given to others.",
    "import.branches_agree": "the files and the branch agree",
    "import.visit_not_named": "The newest full export does not name {id}. It stays as it is until you decide.",
    "import.visit_not_named_what_to_do": "If it will not take place, cancel it: suture signal cancellation "
    "{id}. If it will, put it back into the export.",
    "import.person_not_named": "The newest full export does not name {id}, and there are visits to come. Nothing was "
    "changed.",
    "import.person_not_named_what_to_do": "If that is right, write the new status into the file. If not, put the row "
    "back into the export.",
    "import.is_over": "it is over",
    "import.named_again": "a file names it again",
}

_HELD: Final[Mapping[str, Sentence]] = {
    "import.loses_people": ("{n} person", "{n} people"),
    "import.loses_people_of_day": (
        "{n} person, {missing} of the {all} who work on {day} in {branch}",
        "{n} people, {missing} of the {all} who work on {day} in {branch}",
    ),
    "import.loses_positions": "{n} of the {all} positions of {day} in {branch}",
    "import.lost_people": ("{n} person, {why}: {ids}", "{n} people, {why}: {ids}"),
    "import.person_lost.role": "role no longer fits",
    "import.person_lost.hours": "no longer available",
    "import.person_lost.credential": "credential no longer valid",
    "import.person_lost.status": "status cannot be read",
    "import.person_lost.on_leave": "on leave",
    "import.person_lost.ended": "ended",
    "import.lost_positions": (
        "{day} in {branch}: {n} position, {how}: {ids}",
        "{day} in {branch}: {n} positions, {how}: {ids}",
    ),
    "import.lost_positions_of_visits": (
        "{day} in {branch}: {n} position of {visits}, {how}: {ids}",
        "{day} in {branch}: {n} positions of {visits}, {how}: {ids}",
    ),
    "import.position_lost.cancelled": "cancelled",
    "import.position_lost.for_another_patient": "for another patient",
    "import.position_lost.moved": "moved",
    "import.position_lost.not_for_their_clinician": "not for the clinician who has it",
    "import.position_lost.on_hold": "on hold",
    "import.position_lost.one_fewer": "one position fewer",
    "import.position_lost.patient_not_active": "patient not active",
}

IMPORTS: Final[Mapping[str, Sentence]] = {**_PARTS, **_NOTES, **_CASES, **_HELD}
