"""What the demo agency promises. Read the test names as its specification."""

import csv
import io
from collections import Counter, defaultdict
from datetime import datetime, time
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from tests.unit.sim.demo_agency import (
    DAY,
    NURSES,
    Agency,
    Row,
    busiest_nurse,
    by_clinician_and_day,
    charting,
    drive_seconds,
    first_plan,
    home,
    hours,
    insert_all,
    listed,
    minutes,
)

from suture.outreach.policy import HoldBack, OpenHours, OutreachPolicy, SameDayChange
from suture.sim.riverbend import DEFAULT_SEED, as_csv, generate, street_nodes, write

FOLDER = Path(__file__).parents[3] / "examples" / "riverbend"
EVE = "2026-03-23"
COLUMNS = {
    "branch.csv": "external_id,agency,name,phone,timezone,lat,lon,week_starts_on",
    "sites.csv": "site_code,name,line1,city,state,postal_code,lat,lon,timezone",
    "services.csv": "service_code,kind,discipline,visit_type,roles,duration_min,documentation_min",
    "patients.csv": "external_id,family,given,birth_date,status,line1,line2,city,state,postal_code,lat,lon,timezone,"
    "phone_mobile,phone_home,email,language,gender_pref,continuity_group,proxy_name,proxy_phone,updated_at",
    "staff.csv": "employee_id,npi,family,given,status,hire_date,term_date,discipline,employment_type,fte,"
    "max_weekly_min,site_code,territory,home_line1,home_city,home_state,home_postal_code,lat,lon,timezone,"
    "phone_mobile,email,languages,gender,updated_at",
    "credentials.csv": "employee_id,credential_code,number,issuer,state,issued_on,expires_on,verified_on,status",
    "availability.csv": "employee_id,kind,rrule,date,start,end,timezone,reason,updated_at",
    "visits.csv": "external_id,patient_external_id,service_code,status,date,window_start,window_end,timezone,"
    "duration_min,required_skills,preferred_staff,barred_staff,payer,authorization,priority,site_code,notes_ref,"
    "updated_at,staff,positions",
    "consents.csv": "party_external_id,channel,granted,wording,source,at",
}


def read(name: str) -> list[Row]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def agency() -> Agency:
    return Agency({name: read(name) for name in COLUMNS})


# --- made the same way every time -----------------------------------------------------------------------------------


def test_making_it_again_gives_the_committed_files_byte_for_byte(tmp_path):
    write(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == sorted([*COLUMNS, "rulebook.yaml", "outreach.yaml", "on-call.yaml"])
    for name in names:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_another_seed_gives_another_agency():
    streets = street_nodes()
    assert generate(DEFAULT_SEED + 1, streets)["visits.csv"] != generate(DEFAULT_SEED, streets)["visits.csv"]


@pytest.mark.parametrize("name", COLUMNS)
def test_each_file_has_exactly_the_documented_columns(name):
    assert (FOLDER / name).read_text(encoding="utf-8").splitlines()[0] == COLUMNS[name]


def test_all_homes_are_nodes_of_the_committed_street_excerpt_of_at_most_2000(agency):
    streets = street_nodes()
    assert len(streets) <= 2000
    assert [node.osm_node_id for node in streets] == sorted({node.osm_node_id for node in streets})
    nodes = {(f"{node.lat:.7f}", f"{node.lon:.7f}") for node in streets}
    for name in ("branch.csv", "sites.csv", "patients.csv", "staff.csv"):
        assert {(row["lat"], row["lon"]) for row in agency.files[name]} <= nodes


# --- nobody is real --------------------------------------------------------------------------------------------------


def test_phones_are_of_the_reserved_range_and_one_per_person(agency):
    phones = [agency.files["branch.csv"][0]["phone"]]
    phones += [row["phone_mobile"] for name in ("staff.csv", "patients.csv") for row in agency.files[name]]
    phones = [phone for phone in phones if phone]
    assert set(phones) <= {f"+16145550{n}" for n in range(100, 200)}
    assert len(set(phones)) == len(phones)


def test_no_birth_date_no_street_address_no_npi_and_only_example_org(agency):
    people = agency.files["patients.csv"] + agency.files["staff.csv"]
    assert not any(
        row.get("birth_date") or row.get("line1") or row.get("home_line1") or row.get("npi") for row in people
    )
    assert all(row["email"].endswith("@example.org") for row in people if row["email"])


def test_no_two_people_share_a_family_name_and_the_agency_name_fits_an_sms(agency):
    families = [row["family"] for row in agency.files["patients.csv"] + agency.files["staff.csv"]]
    assert len(set(families)) == len(families)
    assert agency.files["branch.csv"][0]["agency"] == "Riverbend Home Care"


# --- six clinicians --------------------------------------------------------------------------------------------------


def test_six_clinicians_three_rn_one_lpn_one_pt_one_hha(agency):
    roles = Counter(row["discipline"] for row in agency.staff.values())
    assert roles == {"RN": 3, "LPN": 1, "PT": 1, "HHA": 1}
    assert all(0 < int(row["max_weekly_min"]) <= 2400 for row in agency.staff.values())


def test_everybody_works_weekdays_from_seven_to_one_since_weeks_before(agency):
    weekly = [row for row in agency.files["availability.csv"] if row["rrule"]]
    assert [row["employee_id"] for row in weekly] == list(agency.staff)
    for row in weekly:
        assert (row["kind"], row["start"], row["end"]) == ("available", "07:00", "13:00")
        assert row["rrule"] == "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
        assert row["date"] <= "2026-02-24"
    assert '"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"' in (FOLDER / "availability.csv").read_text(encoding="utf-8")


def test_the_busiest_rn_alone_is_also_there_in_the_afternoon(agency):
    """So the shift finds no clinician when she calls out, and is offered."""
    dated = [row for row in agency.files["availability.csv"] if row["date"] == DAY]
    assert [(r["employee_id"], r["kind"], r["start"], r["end"]) for r in dated] == [
        ("E-01", "available", "13:00", "17:00")
    ]
    assert busiest_nurse(first_plan(agency)) == "E-01"


def test_two_others_may_do_the_shift(agency):
    (shift,) = agency.of_kind("open_shift")
    assert agency.may_do(shift) == list(NURSES)


def test_each_has_the_license_of_the_role_for_long(agency):
    for who, row in agency.staff.items():
        assert who in agency.holders(row["discipline"], "2026-12-31")


def test_one_skill_expired_the_day_before_and_one_ends_that_day(agency):
    ending = [row for row in agency.files["credentials.csv"] if row["expires_on"] < "2026-12-31"]
    assert sorted((r["expires_on"], r["employee_id"], r["credential_code"]) for r in ending) == [
        (EVE, "E-03", "wound_care"),
        (DAY, "E-02", "iv"),
    ]


def test_the_expired_skill_matters_and_others_hold_it(agency):
    wounds = [row for row in agency.today if "wound_care" in listed(row["required_skills"])]
    blocked = [row for row in wounds if agency.usual(row) == "E-03"]
    assert len(blocked) == 1  # continuity asks for her, her paper forbids her
    assert all("E-03" not in agency.may_do(row) and len(agency.may_do(row)) >= 2 for row in wounds)


def test_the_skill_that_ends_that_day_matters_when_the_busiest_calls_out(agency):
    infusions = [row for row in agency.today if "iv" in listed(row["required_skills"])]
    assert len(infusions) == 2
    assert all(agency.may_do(row) == ["E-01", "E-02"] for row in infusions)


# --- the morning -----------------------------------------------------------------------------------------------------


def test_thirty_home_visits_three_appointments_one_open_shift_all_requested(agency):
    kinds = Counter(agency.service[row["service_code"]]["kind"] for row in agency.today)
    assert kinds == {"home_visit": 30, "appointment": 3, "open_shift": 1}
    assert {row["status"] for row in agency.today} == {"requested"}
    assert {row["positions"] for row in agency.today} == {"1"}
    assert datetime.fromisoformat(DAY).strftime("%A") == "Tuesday"


def test_home_visits_take_15_to_40_minutes_and_5_of_charting(agency):
    for row in agency.of_kind("home_visit"):
        assert 15 <= int(row["duration_min"]) <= 40
        assert agency.service[row["service_code"]]["documentation_min"] == "5"


def test_home_visit_windows_lie_between_eight_and_noon_and_are_mixed(agency):
    lengths: Counter[int] = Counter()
    for row in agency.of_kind("home_visit"):
        opens, closes = minutes(row["window_start"]), minutes(row["window_end"])
        assert opens >= 8 * 60 and closes <= 12 * 60
        assert closes - opens >= int(row["duration_min"]) + 5
        lengths[closes - opens] += 1
    assert set(lengths) == {60, 120, 180, 240}
    assert lengths[60] == 6 and lengths[120] == 16 and lengths[180] + lengths[240] == 8


def test_appointments_are_in_the_morning_at_a_site_with_an_exact_time(agency):
    for row in agency.of_kind("appointment"):
        assert "08:00" <= row["window_start"] < row["window_end"] <= "12:00"
        assert minutes(row["window_end"]) - minutes(row["window_start"]) == int(row["duration_min"])
        assert row["site_code"] in agency.site and row["patient_external_id"] in agency.patient
    roles = sorted(agency.service[row["service_code"]]["roles"] for row in agency.of_kind("appointment"))
    assert roles == ["PT", "RN;LPN", "RN;LPN"]


def test_the_open_shift_needs_an_rn_from_one_to_five_and_has_no_patient(agency):
    (shift,) = agency.of_kind("open_shift")
    assert (shift["window_start"], shift["window_end"], shift["duration_min"]) == ("13:00", "17:00", "240")
    assert shift["patient_external_id"] == "" and shift["site_code"] in agency.site
    assert agency.service[shift["service_code"]]["roles"] == "RN"
    assert agency.service[shift["service_code"]]["documentation_min"] == "0"


def test_the_mix_of_roles(agency):
    home = agency.of_kind("home_visit")
    roles = Counter(agency.service[row["service_code"]]["roles"] for row in home)
    assert roles == {"RN;LPN": 14, "RN": 6, "PT": 5, "HHA": 5}
    types = Counter(agency.service[row["service_code"]]["visit_type"] for row in home)
    assert types["start_of_care"] == types["recertification"] == 1
    for row in home:
        if agency.service[row["service_code"]]["visit_type"] in ("start_of_care", "recertification"):
            assert agency.service[row["service_code"]]["roles"] == "RN"


def test_priorities_are_one_stat_three_urgent_and_routine(agency):
    assert Counter(row["priority"] for row in agency.today) == {"routine": 30, "urgent": 3, "stat": 1}


def test_forbidden_pairs_and_wishes_leave_a_choice(agency):
    barred = [row for row in agency.today if row["barred_staff"]]
    assert len(barred) == 2
    wished = [row for row in agency.today if row["preferred_staff"]]
    assert len(wished) == 5
    for row in barred + wished:
        assert len(agency.may_do(row)) >= 2
        assert row["preferred_staff"] in ["", *agency.may_do(row)]


def test_one_patient_has_two_visits_and_they_cannot_collide(agency):
    count = Counter(row["patient_external_id"] for row in agency.today if row["patient_external_id"])
    (twice,) = [patient for patient, times in count.items() if times > 1]
    first, second = (row for row in agency.today if row["patient_external_id"] == twice)
    assert first["window_end"] <= second["window_start"]
    assert set(count) == set(agency.patient)


# --- the weeks before ------------------------------------------------------------------------------------------------


def test_a_moderate_number_of_finished_visits_lies_in_the_four_weeks_before(agency):
    assert 150 <= len(agency.past) <= 200
    assert all("2026-02-24" <= row["date"] <= EVE for row in agency.past)
    assert {row["status"] for row in agency.past} == {"done"}


def test_every_patient_has_a_usual_clinician_but_the_one_whose_care_starts(agency):
    for row in agency.today:
        if row["patient_external_id"]:
            assert (agency.usual(row) is None) == (row["service_code"] == "SN_START")
    assert sum(len(by) > 1 for by in agency.done_by.values()) >= 3  # some handoffs, as in life


def test_no_one_did_a_finished_visit_without_role_skill_or_hours(agency):
    for row in agency.past:
        assert row["staff"] in agency.may_do(row)
        assert any(
            start <= minutes(row["window_start"]) and minutes(row["window_end"]) + charting(agency, row) <= end
            for start, end in hours(agency, row["staff"], row["date"])
        ), row["external_id"]
        assert minutes(row["window_end"]) - minutes(row["window_start"]) == int(row["duration_min"])


def test_finished_visits_of_one_clinician_never_overlap_and_leave_time_to_drive(agency):
    for rows in by_clinician_and_day(agency).values():
        for a, b in pairwise(rows):
            free = minutes(b["window_start"]) - minutes(a["window_end"]) - charting(agency, a)
            assert free * 60 >= drive_seconds(agency.place(a), agency.place(b))


def test_no_patient_had_two_finished_visits_at_one_time(agency):
    for a, b in pairwise(sorted(agency.past, key=lambda r: (r["patient_external_id"], r["date"], r["window_start"]))):
        if (a["patient_external_id"], a["date"]) == (b["patient_external_id"], b["date"]):
            assert a["window_end"] <= b["window_start"]


def test_each_clinician_has_hours_in_the_current_week_mostly_on_monday(agency):
    worked: dict[str, Counter[str]] = defaultdict(Counter)
    for row in agency.past:
        if row["date"] >= "2026-03-22":
            worked[row["staff"]][row["date"]] += int(row["duration_min"]) + charting(agency, row)
    assert set(worked) == set(agency.staff)
    assert [who for who, days in sorted(worked.items()) if days["2026-03-22"]] == ["E-04"]
    assert all(days[EVE] >= 45 for days in worked.values())


def test_one_duty_ends_at_half_past_eight_the_evening_before_and_rest_of_ten_hours_holds(agency):
    last = {who: rows[-1] for (who, day), rows in by_clinician_and_day(agency).items() if day == EVE}
    ends = {who: minutes(row["window_end"]) + charting(agency, row) for who, row in last.items()}
    assert [who for who, end in ends.items() if end > 13 * 60] == ["E-02"]
    assert ends["E-02"] == 20 * 60 + 30
    assert (24 + 7) * 60 - ends["E-02"] >= 10 * 60


# --- how people are reached ------------------------------------------------------------------------------------------


def test_a_quarter_of_the_patients_speak_spanish(agency):
    languages = Counter(row["language"] for row in agency.patient.values())
    assert languages == {"en": 24, "es": 8}


def test_most_agreed_to_both_channels_two_each_to_one_and_one_to_none(agency):
    agreed = {patient: "" for patient in agency.patient}
    for row in agency.files["consents.csv"]:
        if row["granted"] == "true" and row["party_external_id"] in agreed:
            agreed[row["party_external_id"]] += row["channel"] + " "
            reached_by = {"sms": "phone_mobile", "email": "email"}[row["channel"]]
            assert agency.patient[row["party_external_id"]][reached_by]
    assert Counter(agreed.values()) == {"sms email ": 27, "email ": 2, "sms ": 2, "": 1}
    assert sum(not row["phone_mobile"] for row in agency.patient.values()) == 1


def test_all_staff_agreed_to_texts_and_email(agency):
    rows = [row for row in agency.files["consents.csv"] if row["party_external_id"] in agency.staff]
    assert {row["granted"] for row in rows} == {"true"}
    assert [(row["party_external_id"], row["channel"]) for row in rows] == [
        (who, channel) for who in agency.staff for channel in ("sms", "email")
    ]


def test_everything_was_last_changed_on_the_eve_and_times_have_an_offset(agency):
    for rows in agency.files.values():
        for row in rows:
            assert row.get("updated_at", EVE).startswith(EVE)
            if "at" in row:
                assert datetime.fromisoformat(row["at"]).utcoffset() is not None


def test_the_outreach_settings_are_those_of_the_decisions():
    policy = OutreachPolicy.model_validate(yaml.safe_load((FOLDER / "outreach.yaml").read_text(encoding="utf-8")))
    assert policy.patient_hours == OpenHours(opens=time(8), closes=time(21))
    assert policy.staff_hours == OpenHours(opens=time(5, 30), closes=time(21))
    assert policy.same_day_change == SameDayChange(enabled=True, earliest=time(6, 30), within_hours=4)
    assert policy.hold_back == HoldBack(person=20, automatic=60, urgent=10, urgent_within_hours=2)
    assert (policy.caps.per_day, policy.caps.per_week, policy.max_changes_per_day) == (1, 3, 3)


# --- the day works, and survives the call-out ------------------------------------------------------------------------


def test_drives_are_short_and_the_team_has_slack(agency):
    plan = first_plan(agency)
    busy, drives = 0, []
    for who, route in plan.items():
        here = home(agency, who)
        for job in route:
            drives.append(drive_seconds(here, job.place))
            busy += job.duration + job.charting if job.closes <= 12 * 60 else 0
            here = job.place
    load = (busy + sum(drives) / 60) / (6 * 6 * 60)
    assert 0.45 <= load <= 0.65
    assert max(drives) <= 20 * 60


def test_a_simple_greedy_plan_covers_everything_and_spreads_the_work(agency):
    plan = first_plan(agency)
    assert sum(len(route) for route in plan.values()) == len(agency.today)
    assert len(plan["E-05"]) == 6 and len(plan["E-06"]) == 5
    assert all(3 <= len(plan[who]) <= 8 for who in (*NURSES, "E-04"))


def test_at_least_60_percent_of_the_busiest_nurses_visits_find_somebody_else(agency):
    plan = first_plan(agency)
    nurse = busiest_nurse(plan)
    hit = plan[nurse]
    assert len(hit) >= 5
    others = {who: route for who, route in plan.items() if who != nurse}
    left = insert_all(agency, others, hit, leaves_at=7 * 60 + 40)
    assert 1 - len(left) / len(hit) >= 0.6


@pytest.mark.parametrize("seed", range(1, 6))
def test_other_seeds_give_days_that_work_as_well(seed):
    files = generate(seed, street_nodes())
    other = Agency({name: list(csv.DictReader(io.StringIO(as_csv(rows)))) for name, rows in files.items()})
    plan = first_plan(other)
    assert sum(len(route) for route in plan.values()) >= 32
    nurse = busiest_nurse(plan)
    left = insert_all(other, {who: r for who, r in plan.items() if who != nurse}, plan[nurse], leaves_at=7 * 60 + 40)
    assert 1 - len(left) / len(plan[nurse]) >= 0.6
