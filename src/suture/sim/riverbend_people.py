"""The people of the demo agency: six clinicians, their papers and hours, and the patients with their consents.

Family names are birds and plants, phone numbers are in the reserved 555-01xx range, e-mail ends in example.org.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from suture.sim.riverbend_ground import EVE, SERVICE_DATE, UPDATED_AT, ZONE, Dice, Row, StreetNode

FAMILIES = (
    "Bluestem", "Buckeye", "Cardinalflower", "Catbird", "Cattail", "Chickadee", "Coneflower", "Dogwood", "Elderberry",
    "Fernleaf", "Flycatcher", "Foxglove", "Goldenrod", "Grackle", "Hawthorn", "Hornbeam", "Ironweed", "Juneberry",
    "Killdeer", "Larkspur", "Meadowlark", "Milkweed", "Mockingbird", "Nuthatch", "Ovenbird", "Pawpaw", "Redbud",
    "Sandpiper", "Sassafras", "Spicebush", "Switchgrass", "Tanager", "Thistle", "Towhee", "Veery", "Waxwing",
    "Whippoorwill", "Witchhazel", "Yarrow", "Bobolink",
)  # fmt: skip
GIVEN_EN = (
    "Alma", "Bert", "Clara", "Dexter", "Edith", "Floyd", "Greta", "Homer", "Ida", "Jasper", "Kay", "Lloyd", "Mabel",
    "Ned", "Opal", "Percy", "Quentin", "Rhoda", "Silas", "Thelma", "Ursula", "Vernon", "Wilma", "Zeke", "Agnes", "Otis",
)  # fmt: skip
GIVEN_ES = ("Lucía", "José", "Pilar", "Ramón", "Inés", "Tomás", "Belén", "Andrés")
WORDING = {
    ("sms", "en"): "You may text me about my visits.",
    ("sms", "es"): "Pueden enviarme mensajes de texto sobre mis visitas.",
    ("email", "en"): "You may e-mail me about my visits.",
    ("email", "es"): "Pueden enviarme correos electrónicos sobre mis visitas.",
}
SPANISH_PATIENTS = 8
CHANNELS_BY_RANK = ("email", "email", "sms", "sms", "")  # the first five of a shuffled list; all others take both


@dataclass(frozen=True, slots=True)
class Member:
    """One clinician: skills map to the last day they count, None = long after the demo."""

    id: str
    role: str
    given: str
    family: str
    fte: str
    max_weekly_min: int
    languages: str
    skills: dict[str, str | None]

    def may(self, roles: str, skills: Sequence[str], day: str) -> bool:
        """Whether role and every skill hold on the ISO date."""
        held = all(skill in self.skills and (self.skills[skill] or "9999") >= day for skill in skills)
        return held and self.role in roles.split(";")


STAFF = (
    Member("E-01", "RN", "Nora", "Kingfisher", "1.0", 2400, "en;es",
           {"wound_care": None, "iv": None, "diabetes": None}),
    # her iv paper counts until the end of the service date: still good for the day, but someone must act
    Member("E-02", "RN", "Judith", "Sycamore", "1.0", 2400, "en",
           {"wound_care": None, "iv": SERVICE_DATE.isoformat(), "catheter": None}),
    # her wound_care paper ended the day before, so the planner must not use it
    Member("E-03", "RN", "Hazel", "Plover", "1.0", 2400, "en",
           {"wound_care": EVE.isoformat(), "diabetes": None, "catheter": None}),
    Member("E-04", "LPN", "Marco", "Bittersweet", "1.0", 2400, "en;es",
           {"wound_care": None, "catheter": None, "diabetes": None}),
    Member("E-05", "PT", "Stellan", "Heron", "0.9", 2160, "en", {}),
    Member("E-06", "HHA", "Dolores", "Magnolia", "1.0", 2400, "en;es", {}),
)  # fmt: skip


def staff_rows(homes: dict[str, StreetNode]) -> list[Row]:
    return [
        {
            "employee_id": m.id, "npi": "", "family": m.family, "given": m.given, "status": "active",
            "hire_date": "2023-05-01", "term_date": "", "discipline": m.role, "employment_type": "hourly", "fte": m.fte,
            "max_weekly_min": str(m.max_weekly_min), "site_code": "", "territory": "", "home_line1": "",
            "home_city": "Columbus", "home_state": "OH", "home_postal_code": "", **homes[m.id].columns(),
            "timezone": ZONE, "phone_mobile": f"+161455501{number:02d}", "email": f"{m.id.lower()}@example.org",
            "languages": m.languages, "gender": "", "updated_at": UPDATED_AT,
        }
        for number, m in enumerate(STAFF, start=1)
    ]  # fmt: skip


def credential_rows() -> list[Row]:
    """The license (its code is the role) and then each skill; only the two dated skills end within half a year."""
    rows = []
    for m in STAFF:
        issuer = "Ohio (demo)"
        for code, ends in ((m.role, None), *m.skills.items()):
            rows.append({
                "employee_id": m.id, "credential_code": code, "number": f"DEMO-{m.id}-{code}", "issuer": issuer,
                "state": "OH", "issued_on": "2024-06-01", "expires_on": ends or "2027-05-31",
                "verified_on": "2026-01-15", "status": "active",
            })  # fmt: skip
            issuer = "Riverbend (demo)"
    return rows


def availability_rows() -> list[Row]:
    def row(employee: str, kind: str, rrule: str, day: str, start: str, end: str, reason: str = "") -> Row:
        return {
            "employee_id": employee, "kind": kind, "rrule": rrule, "date": day, "start": start, "end": end,
            "timezone": ZONE, "reason": reason, "updated_at": UPDATED_AT,
        }  # fmt: skip

    weekdays = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
    return [
        *(row(m.id, "available", weekdays, "2026-02-02", "07:00", "13:00") for m in STAFF),
        row("E-01", "available", "", SERVICE_DATE.isoformat(), "13:00", "17:00"),
        row("E-02", "available", "", EVE.isoformat(), "17:00", "20:30"),
        row("E-04", "available", "", "2026-03-22", "09:00", "12:00"),
        row("E-05", "unavailable", "", "2026-04-02", "00:00", "24:00", "vacation"),
    ]


@dataclass(frozen=True, slots=True)
class Patient:
    """Who lives where, speaks what, and wants to be told how; channels is a `;` list of what was agreed to."""

    id: str
    number: int
    given: str
    family: str
    language: str
    channels: str
    has_phone: bool
    has_email: bool
    home: StreetNode


def draw_patients(dice: Dice, homes: Sequence[StreetNode]) -> list[Patient]:
    """Name the homes' people; who speaks Spanish and who wants which channel is drawn, how many is fixed."""
    families, english, spanish = dice.shuffled(FAMILIES), dice.shuffled(GIVEN_EN), dice.shuffled(GIVEN_ES)
    in_spanish = sorted(dice.shuffled(range(len(homes)))[:SPANISH_PATIENTS])
    by_rank = dice.shuffled(range(len(homes)))
    people = []
    for n, home in enumerate(homes):
        rank = by_rank.index(n)
        people.append(
            Patient(
                id=f"P-{n + 1:02d}",
                number=n + 1,
                given=spanish.pop() if n in in_spanish else english.pop(),
                family=families.pop(),
                language="es" if n in in_spanish else "en",
                channels=CHANNELS_BY_RANK[rank] if rank < len(CHANNELS_BY_RANK) else "sms;email",
                has_phone=rank != 0,  # one of the two "e-mail only" has no phone at all
                has_email=rank != 2,  # one of the two "SMS only" has no e-mail address
                home=home,
            )
        )
    return people


def patient_rows(patients: Sequence[Patient]) -> list[Row]:
    return [
        {
            "external_id": p.id, "family": p.family, "given": p.given, "birth_date": "", "status": "active",
            "line1": "", "line2": "", "city": "Columbus", "state": "OH", "postal_code": "", **p.home.columns(),
            "timezone": ZONE, "phone_mobile": f"+1614555{110 + p.number:04d}" if p.has_phone else "", "phone_home": "",
            "email": f"{p.id.lower()}@example.org" if p.has_email else "", "language": p.language, "gender_pref": "",
            "continuity_group": "", "proxy_name": "", "proxy_phone": "", "updated_at": UPDATED_AT,
        }
        for p in patients
    ]  # fmt: skip


def consent_rows(patients: Sequence[Patient]) -> list[Row]:
    """One row per address a patient has, agreed to or refused; staff agree to texts and e-mail when hired."""

    def row(party: str, channel: str, granted: bool, language: str, source: str, at: str) -> Row:
        return {
            "party_external_id": party, "channel": channel, "granted": "true" if granted else "false",
            "wording": WORDING[channel, language], "source": source, "at": at,
        }  # fmt: skip

    rows = [
        row(p.id, channel, channel in p.channels.split(";"), p.language, "intake form", "2026-02-16T10:00:00-05:00")
        for p in patients
        for channel, reachable in (("sms", p.has_phone), ("email", p.has_email))
        if reachable
    ]
    return rows + [
        row(m.id, channel, True, "en", "hiring form", "2026-02-02T09:00:00-05:00")
        for m in STAFF
        for channel in ("sms", "email")
    ]
