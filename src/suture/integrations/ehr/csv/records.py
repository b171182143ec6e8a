"""From typed rows to records."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from suture.integrations.ehr.csv.columns import FILES
from suture.integrations.ehr.csv.fields import FieldError
from suture.integrations.ehr.csv.hours import availability, visit
from suture.integrations.ehr.csv.surroundings import Fault, Surroundings, address_of, point_of
from suture.integrations.ehr.csv.tables import Row
from suture.model.imports import (
    BranchRecord,
    ConsentRecord,
    CredentialRecord,
    ImportRecord,
    OrderRecord,
    PatientRecord,
    ServiceRecord,
    SiteRecord,
    StaffRecord,
)
from suture.model.people import Traits
from suture.words.reason import reason


def build(file: str, row: Row, around: Surroundings) -> ImportRecord:
    """The record of one row, which names what of it could not be read. Raises Fault where none can be made."""
    record = _BUILDERS[file](row, around)
    missing = FILES[file].fields_of(row.unreadable)
    return replace(record, unreadable=missing) if missing else record


def _branch(row: Row, around: Surroundings) -> BranchRecord:
    v = row.values
    if around.branch is not None:
        error = FieldError("second_branch", reason("file.second_branch"), reason("file.hint.own_folder"))
        raise Fault("external_id", error)
    around.branch = BranchRecord(
        line=row.line,
        raw=row.raw,
        external_id=v["external_id"],
        agency=v["agency"],
        name=v["name"],
        phone=v["phone"],
        tz=v["timezone"],
        point=point_of(row, around, needed=True),
        week_starts_on=v["week_starts_on"],
    )
    return around.branch


def _site(row: Row, around: Surroundings) -> SiteRecord:
    v = row.values
    if v["timezone"]:
        around.site_zones[v["site_code"]] = v["timezone"]
    return SiteRecord(
        line=row.line,
        raw=row.raw,
        external_id=v["site_code"],
        name=v["name"],
        point=point_of(row, around),
        tz=v["timezone"],
        address=address_of(v),
    )


def _service(row: Row, around: Surroundings) -> ServiceRecord:
    v = row.values
    if not v["roles"] and "roles" not in row.unreadable:
        row.leave_out("roles", FieldError("missing", reason("file.names_no_role"), reason("file.hint.roles")))
    return ServiceRecord(
        line=row.line,
        raw=row.raw,
        code=v["service_code"],
        kind=v["kind"],
        discipline=v["discipline"],
        visit_type=v["visit_type"],
        roles=v["roles"],
        duration_minutes=v["duration_min"],
        documentation_minutes=v["documentation_min"],
    )


def _patient(row: Row, around: Surroundings) -> PatientRecord:
    v = row.values
    return PatientRecord(
        line=row.line,
        raw=row.raw,
        external_id=v["external_id"],
        family=v["family"],
        given=v["given"],
        status=v["status"],
        lang=v["language"],
        tz=around.zone(row),
        point=point_of(row, around),
        address=address_of(v),
        gender_preference=v["gender_pref"],
        traits=traits(tags=v["tags"], pets=v["pets"], risk=v["risk"]),
        sms=v["phone_mobile"],
        email=v["email"],
    )


def _staff(row: Row, around: Surroundings) -> StaffRecord:
    v = row.values
    return StaffRecord(
        line=row.line,
        raw=row.raw,
        external_id=v["employee_id"],
        family=v["family"],
        given=v["given"],
        status=v["status"],
        role=v["discipline"],
        tz=around.zone(row),
        home=point_of(row, around),
        address=address_of(v, prefix="home_"),
        site=v["site_code"],
        max_weekly_minutes=v["max_weekly_min"],
        languages=v["languages"],
        traits=traits(
            gender=v["gender"],
            zone=v["territory"],
            contract=v["employment_type"],
            hired_on=v["hire_date"] and v["hire_date"].isoformat(),
            tags=v["tags"],
            allergies=v["allergies"],
        ),
        sms=v["phone_mobile"],
        email=v["email"],
    )


def _credential(row: Row, around: Surroundings) -> CredentialRecord:
    v = row.values
    if v["issued_on"] and v["expires_on"] and v["expires_on"] < v["issued_on"]:
        what = reason("file.before_issued", date=str(v["expires_on"]), other=str(v["issued_on"]))
        row.leave_out("expires_on", FieldError("order", what, reason("file.hint.correct_one")), "issued_on")
    return CredentialRecord(
        line=row.line,
        raw=row.raw,
        staff=v["employee_id"],
        code=v["credential_code"],
        number=v["number"],
        jurisdiction=v["state"],
        valid_from=v["issued_on"],
        valid_until=v["expires_on"],
        status=v["status"],
    )


def _order(row: Row, around: Surroundings) -> OrderRecord:
    v = row.values
    if v["end_date"] and "start_date" not in row.unreadable and v["end_date"] < v["start_date"]:
        what = reason("file.before_start_date", date=str(v["end_date"]), other=str(v["start_date"]))
        row.leave_out("end_date", FieldError("order", what, reason("file.hint.correct_one")), "start_date")
    return OrderRecord(
        line=row.line,
        raw=row.raw,
        external_id=v["external_id"],
        patient=v["patient_external_id"],
        discipline=v["discipline"],
        service=v["service_code"],
        frequency=v["frequency"],
        start_date=v["start_date"],
        end_date=v["end_date"],
        status=v["status"],
    )


def _consent(row: Row, around: Surroundings) -> ConsentRecord:
    v = row.values
    return ConsentRecord(
        line=row.line,
        raw=row.raw,
        party=v["party_external_id"],
        channel=v["channel"],
        granted=v["granted"],
        wording=v["wording"],
        source=v["source"],
        at=v["at"],
    )


_BUILDERS: Mapping[str, Callable[[Row, Surroundings], ImportRecord]] = {
    "branch.csv": _branch,
    "sites.csv": _site,
    "services.csv": _service,
    "patients.csv": _patient,
    "staff.csv": _staff,
    "credentials.csv": _credential,
    "availability.csv": availability,
    "orders.csv": _order,
    "consents.csv": _consent,
    "visits.csv": visit,
}


def traits(**facts: str | int | tuple[str, ...] | None) -> Traits:
    """The facts that are known."""
    return {name: fact for name, fact in facts.items() if fact is not None}
