"""The coordinator's page and the demo's inbox: what they show, in which order, and the one thing they do."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import event
from tests.conftest import clone
from tests.flow.a_web_morning import BEARER, OWN_PAGE, THE_DAY, WebMorning, at, heading, hidden, web_morning

from suture.model.actors import Actor, ActorKind
from suture.model.messages import Channel, InboundText
from suture.model.seen import SeenMessage
from suture.service import worker
from suture.service.plan_day import plan_day, publish_day
from suture.service.receive_reply import receive_text
from suture.service.signal_requests import CancellationRequest, receive_signal
from suture.store import access
from suture.store.branches import all_branches
from suture.store.embedded import EmbeddedPostgres
from suture.store.transaction import open_engine

EVIL = '<script>alert(1)</script><img src=x onerror="alert(1)">'


@pytest.fixture(scope="module")
def quiet(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """One morning for all tests that only look."""
    yield from web_morning(postgres)


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


@pytest.fixture
def bare(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """An installation into which nothing was imported."""
    engine = open_engine(clone(postgres))
    yield WebMorning(engine, at("07:40"))
    engine.dispose()


def press_call_out(web: WebMorning, **fields: str) -> int:
    form = hidden(web.browser.get("/").text)
    return web.browser.post("/demo/call-out", data={**form, **fields}, headers=OWN_PAGE).status_code


def test_the_day_is_told_from_exceptions_to_changes(quiet: WebMorning) -> None:
    html = quiet.browser.get("/").text
    assert heading(html) == "Tuesday, March 24"
    marks = ["Exceptions", "The three numbers", "The plan", "Latest changes"]
    places = [html.index(f"{mark}<" if mark != "Exceptions" else "Exceptions <span") for mark in marks]
    assert places == sorted(places)
    assert "version 1, published" in html and ">07:40</time>" in html
    assert "Estimated travel" in html and "http-equiv" not in html
    assert "Casey" in html and "Sign out" in html


def test_figures_say_of_how_many_and_a_dash_where_there_is_nothing_yet(quiet: WebMorning) -> None:
    html = quiet.browser.get("/").text
    for words in ("of 34 positions due today", "visits due today", "of 0 affected today"):
        assert f"{words}</small>" in html
    assert "<b>–</b> not confirmed by the start" in html


def test_it_says_who_was_asked_to_confirm_and_what_came_back(quiet: WebMorning) -> None:
    text = " ".join(re.sub("<[^>]+>", " ", quiet.browser.get("/").text).split())
    assert "Patients who were asked to confirm Asked Arrived Answered Yes No By text 30 30 0 0 0" in text
    assert "By e-mail 2 2 0 0 0 Less than a day ahead 32 32 0 0 0" in text and "days ahead" not in text


def test_what_is_called_off_is_said_beside_the_figures_and_counts_in_none(web: WebMorning) -> None:
    planned = web.rows(
        """SELECT v.external_id AS id FROM visit v JOIN assignment a ON a.visit_id = v.id AND a.to_version IS NULL
           WHERE v.positions = 1 ORDER BY a.starts_at"""
    )
    late, early = planned[0]["id"], planned[-1]["id"]
    for visit, clock in ((early, "07:41"), (late, "16:59")):
        web.clock.advance_to(at(clock))
        request = CancellationRequest(kind="cancellation", visit=visit, by="agency")
        receive_signal(web.caller, request)
        worker.drain(web.caller)
    html = web.browser.get("/").text
    assert "of 33 positions due today, 1 cancelled after the start</small>" in html
    assert "<b>1</b> cancelled by the agency, not counted" in html
    share = re.search(r"<b>(\d+)\s?%</b> have a clinician now", html)
    assert share and int(share.group(1)) == 97, "32 of 33"


def test_every_visit_stands_in_the_timeline_and_in_a_table(quiet: WebMorning) -> None:
    html = quiet.browser.get("/").text
    visits = quiet.rows("SELECT external_id FROM visit WHERE service_date = :day", day=THE_DAY)
    assert len(re.findall(r'<li class="bar at ', html)) == len(visits) == 34
    assert all(f"<td>{v['external_id']}</td>" in html for v in visits)
    assert len(re.findall(r'<span class="hidden">\d\d:\d\d [^<]+: not confirmed yet, ', html)) > 20


def test_patients_are_a_first_name_and_an_initial(quiet: WebMorning) -> None:
    html = quiet.browser.get("/").text
    for p in quiet.rows("SELECT given, family FROM party WHERE kind = 'patient'"):
        assert p["family"] not in html
    assert re.search(r">[A-Z][^<> ]+ [A-Z]\.<", html)


def test_an_exception_says_what_why_and_until_when(quiet: WebMorning) -> None:
    html = quiet.browser.get("/").text
    cases = re.search(r'<ol class="cases">(.*?)</ol>', html, re.DOTALL)
    assert cases
    first = cases.group(1)
    assert re.search(
        r'<p class="band"><span class="icon" aria-hidden="true">.</span> (Critical|High|Medium|Low)', first
    )
    assert "<h3>" in first and ("decide by" in first or "no deadline" in first)
    with quiet.caller.transaction() as tx:
        shown = access.open_cases(tx, all_branches(tx)[0], THE_DAY)
    assert f"<title>({len(shown)}) " in html


def test_the_button_sends_one_call_out_and_the_page_waits_for_it(web: WebMorning) -> None:
    worker.drain(web.caller)  # what was due before 07:40
    before = web.browser.get("/").text
    nurse = re.search(r"<button>The 07:40 call-out: (.*?)</button>", before)
    assert nurse and press_call_out(web) == 303
    waiting = web.browser.get("/").text
    assert (
        "1 report is being worked into the plan" in waiting
        and '<meta http-equiv="refresh" content="2; url=?branch=COLUMBUS&amp;date=2026-03-24&amp;auto=1">' in waiting
    )
    assert "<button disabled" in waiting
    assert press_call_out(web) == 303
    (call_out,) = [s for s in web.signals() if s["kind"] == "call_out"]
    assert call_out["source"] == "console"
    worker.drain(web.caller)
    after = web.browser.get("/").text
    assert "http-equiv" not in after and "version 2, published" in after
    assert '<span class="icon" aria-hidden="true">⊖</span> called out</b>' in after
    assert f"{nurse.group(1)} has called out" in after and "</span> called out</b>" in after
    assert f"<h3>{nurse.group(1)} called out at 07:40 <small>version 2</small></h3>" in after
    assert re.search(rf"<li>[^<]+, \d\d:\d\d[^<]*: {nurse.group(1)} → [^<]+</li>", after)
    assert re.search(r"Time to reassign <small>of [1-9]\d* affected", after)


def test_while_messages_are_held_back_the_board_shows_what_was_really_told(web: WebMorning) -> None:
    press_call_out(web)
    worker.drain(web.caller)
    moved = web.rows(
        """SELECT v.external_id, to_char(p.window_open AT TIME ZONE 'America/New_York', 'HH24:MI') AS told,
                  to_char(a.told_open AT TIME ZONE 'America/New_York', 'HH24:MI') AS waits
           FROM visit v JOIN assignment a ON a.visit_id = v.id AND a.to_version IS NULL
           JOIN promise p ON p.visit_id = v.id AND p.party_id = v.patient_id
           WHERE p.window_open <> a.told_open ORDER BY v.id"""
    )
    html = web.browser.get("/").text
    assert moved
    for visit in moved:
        (line,) = re.findall(rf"<tr>(?:(?!</tr>).)*<td>{visit['external_id']}</td>.*?</tr>", html, re.DOTALL)
        assert re.search(rf"told {visit['told']}[^,<]*, {visit['waits']}[^,<]* not told yet", line)


def test_the_busiest_nurse_is_the_one(web: WebMorning) -> None:
    press_call_out(web)
    (call_out,) = [s for s in web.signals() if s["kind"] == "call_out"]
    visits = web.rows(
        """SELECT a.clinician_id AS id, count(*) AS n FROM assignment a JOIN clinician c ON c.party_id = a.clinician_id
           WHERE c.role = 'RN' GROUP BY 1 ORDER BY 2 DESC"""
    )
    assert call_out["body"]["clinician_id"] in [v["id"] for v in visits if v["n"] == visits[0]["n"]]


def test_who_covers_nothing_stands_on_top(web: WebMorning) -> None:
    for clinician in web.rows("SELECT external_id FROM party WHERE kind = 'clinician'"):
        web.browser.post(
            "/api/v1/signals",
            json={"kind": "call_out", "clinician": clinician["external_id"]},
            headers={"Authorization": "Bearer a-token-for-tests"},
        )
    worker.drain(web.caller)
    html = web.browser.get("/").text
    assert html.index("No clinician yet") < html.index('<div class="row away">')
    assert html.count('<li class="bar at exception') == 34
    assert html.index("Critical") < html.index("No clinician for")
    assert press_call_out(web) == 409


def press(web: WebMorning, event: str) -> int:
    """Press one of the buttons beside the call-out."""
    form = hidden(web.browser.get("/").text)
    return web.browser.post("/demo/event", data={**form, "event": event}, headers=OWN_PAGE).status_code


def offered(web: WebMorning) -> dict[str, str]:
    """What the buttons beside the call-out say; one that cannot be pressed ends in a minus."""
    found = re.findall(
        r'<button name="event" value="(\w+)"( disabled)? aria[^>]*>(.*?)</button>', web.browser.get("/").text
    )
    return {event: label + (" -" if off else "") for event, off, label in found}


def test_beside_the_call_out_three_things_can_be_made_to_happen(web: WebMorning) -> None:
    first = offered(web)
    assert first["run_over"] == "A visit takes longer -", "no one has begun yet"
    assert re.fullmatch(r"No check-in: \w+ \w+", first["no_check_in"])
    assert re.fullmatch(r"A silent patient: \w+ \w\.", first["silent_patient"])

    assert press(web, "no_check_in") == press(web, "silent_patient") == press(web, "run_over") == 303
    quiet = web.rows(
        "SELECT p.kind, p.given, p.family FROM demo_quiet q JOIN party p ON p.id = q.party_id ORDER BY p.kind"
    )
    assert [q["kind"] for q in quiet] == ["clinician", "patient"]
    assert first["no_check_in"].endswith(f"{quiet[0]['given']} {quiet[0]['family']}")
    assert first["silent_patient"].endswith(f"{quiet[1]['given']} {quiet[1]['family'][0]}.")
    assert offered(web)["no_check_in"] != first["no_check_in"], "the next time it is another one"
    assert web.rows("SELECT id FROM inbox WHERE kind = 'run_over'") == []

    signal = {"kind": "check_in", "visit": "V-0324-04"}
    assert web.browser.post("/api/v1/signals", json=signal, headers=BEARER).status_code == 202
    worker.drain(web.caller)
    assert offered(web)["run_over"].startswith("A visit takes longer: ") and press(web, "run_over") == 303
    worker.drain(web.caller)
    (visit,) = web.rows("SELECT expected_end - started_at AS lasts FROM visit WHERE external_id = 'V-0324-04'")
    assert visit["lasts"] == timedelta(minutes=55)


def test_after_a_button_the_page_says_what_was_done(web: WebMorning) -> None:
    who = {key: label.partition(": ")[2] for key, label in offered(web).items()}
    for what, does in (("no_check_in", "check in"), ("silent_patient", "answer")):
        form = hidden(web.browser.get("/").text)
        there = web.browser.post("/demo/event", data={**form, "event": what}, headers=OWN_PAGE).headers["location"]
        assert re.search(rf"&done={what}&about=\d+$", there)
        said = f'<p class="strip" role="status">{who[what]} does not {does} from now on.</p>'
        assert said in web.browser.get(there).text
        assert said not in web.browser.get("/").text


def test_nothing_of_the_demo_stands_outside_it(postgres: EmbeddedPostgres) -> None:
    for web in web_morning(postgres, demo=False):
        html = web.browser.get("/").text
        assert "07:40 call-out" not in html and "/dev/inbox" not in html and ">Time<" in html
        for method, path in (
            ("GET", "/dev/inbox"),
            ("POST", "/dev/inbox/reply"),
            ("POST", "/dev/inbox/key"),
            ("POST", "/dev/inbox/phone"),
            ("POST", "/demo/call-out"),
            ("POST", "/demo/event"),
        ):
            assert web.browser.request(method, path, headers=OWN_PAGE).status_code == 404


def test_an_empty_installation_says_what_to_do(bare: WebMorning) -> None:
    assert "suture import csv" in bare.browser.get("/").text
    assert press_call_out(bare) == 403
    assert bare.browser.get("/dev/inbox").status_code == 200
    assert bare.browser.get("/p/unknown").status_code == 404


def test_days_without_visits_and_addresses_without_sense(quiet: WebMorning) -> None:
    assert "No visits on Sunday, March 29" in quiet.browser.get("/?date=2026-03-29").text
    assert quiet.browser.get("/?date=someday").status_code == 422
    lost = quiet.browser.get("/nowhere")
    assert lost.status_code == 404 and heading(lost.text) == "There is nothing here"
    button = quiet.browser.get("/texts/read")
    assert button.status_code == 405 and heading(button.text) == "This address cannot be opened by itself"
    assert "cut short" not in button.text


@pytest.mark.parametrize(
    "query", ["branch=NOPE", "branch=NOPE&date=2026-03-24", "branch=columbus", "branch=%20COLUMBUS"]
)
def test_a_branch_that_is_not_there_is_no_other_branch(quiet: WebMorning, query: str) -> None:
    answer = quiet.browser.get(f"/?{query}")
    assert answer.status_code == 404 and heading(answer.text).startswith("There is no branch")
    assert '<a href="/?branch=COLUMBUS">Columbus</a>' in answer.text and "Tuesday, March 24" not in answer.text
    form = hidden(quiet.browser.get("/").text)
    sent = quiet.browser.post("/demo/call-out", data={**form, "branch": "NOPE"}, headers=OWN_PAGE)
    assert (sent.status_code, heading(sent.text)) == (404, "There is no branch NOPE")


def test_a_branch_may_be_left_out(quiet: WebMorning) -> None:
    assert heading(quiet.browser.get("/").text) == heading(quiet.browser.get("/?branch=").text) == "Tuesday, March 24"


def test_today_stays_on_the_board_when_a_later_day_is_planned(web: WebMorning) -> None:
    later = date(2026, 3, 26)
    plan_day(web.caller, "COLUMBUS", later)
    publish_day(web.caller, "COLUMBUS", later)
    press_call_out(web)
    worker.drain(web.caller)
    receive_text(web.caller, InboundText("console", "text-1", "+16145550900", "Who is this?"))
    today = web.browser.get("/").text
    assert heading(today) == "Tuesday, March 24"
    assert re.search(r'<a href="\?branch=COLUMBUS&amp;date=2026-03-26">Thursday, March 26[^<]*</a>', today)
    cases = len(web.rows("SELECT 1 FROM exception_case WHERE service_date = :day AND state = 'open'", day=THE_DAY))
    other = web.browser.get("/?date=2026-03-26").text
    assert cases and f'date=2026-03-24">Tuesday, March 24: {cases} exception' in other
    web.clock.advance_to(at("00:05", date(2026, 3, 25)))
    assert heading(web.browser.get("/").text) == "Thursday, March 26"
    web.clock.advance_to(at("12:00", date(2026, 3, 28)))
    assert heading(web.browser.get("/").text) == "Thursday, March 26"


def test_what_people_write_is_text(web: WebMorning) -> None:
    web.run("UPDATE party SET given = :evil, family = :evil WHERE kind = 'patient'", evil=EVIL)
    web.run("UPDATE exception_case SET reasons = jsonb_build_array(cast(:evil AS text))", evil=EVIL)
    web.run("UPDATE agency SET name = :evil", evil=EVIL)
    web.seen = [SeenMessage(Channel.SMS, EVIL, at("07:00"), EVIL, f"{EVIL} javascript:x", ("javascript:x", EVIL))]
    form = hidden(web.browser.get("/dev/inbox").text)
    web.browser.post("/dev/inbox/reply", data={**form, "to": "+1614", "body": EVIL}, headers=OWN_PAGE)
    for path in ("/", "/dev/inbox", web.link(), web.link(purpose="clinician_day"), "/p/unknown"):
        html = web.browser.get(path).text
        assert "<script" not in html and "<img" not in html and 'href="javascript' not in html, path
        assert "alert(1)" in html or path.startswith("/p/")


def test_a_reply_is_received_as_the_phone_that_wrote_it(web: WebMorning) -> None:
    to = web.rows(
        """SELECT a.value FROM open_prompt o JOIN address a ON a.party_id = o.party_id AND a.channel = 'sms'
           WHERE o.closed_at IS NULL ORDER BY o.id LIMIT 1"""
    )[0]["value"]
    web.seen = [SeenMessage(Channel.SMS, to, at("07:00"), "", "Reply 1 yes: http://localhost:8000/p/abc", ())]
    html = web.browser.get("/dev/inbox").text
    assert re.findall(r'name="body" value="(\w+)"', html) == ["1", "2", "3", "STOP", "HELP"]
    form = {**hidden(html), "to": to}
    sent = web.browser.post("/dev/inbox/reply", data={**form, "body": "1"}, headers=OWN_PAGE)
    assert sent.status_code == 303
    assert [(s["source"], s["body"]["answer"]) for s in web.signals()] == [("sms", "accept")]
    typed = {**form, "body": "when do you come?"}
    web.browser.post("/dev/inbox/reply", data=typed, headers={"Origin": "http://localhost:8000"})
    after = web.browser.get("/dev/inbox").text
    assert (
        ">when do you come?</p>" in after and "taken as a yes" in after and "waits to be read: see the board" in after
    )
    assert web.browser.post("/dev/inbox/reply", data=form, headers=OWN_PAGE).status_code == 303
    assert len(web.rows("SELECT 1 FROM inbound")) == 2


def test_the_inbox_shows_links_as_links_newest_first(quiet: WebMorning) -> None:
    link = "https://care.example/p/abc"
    quiet.seen = [
        SeenMessage(Channel.EMAIL, "p-1@example.org", at(f"07:{n:02}"), f"Subject {n}.", f"See {link}. Bye", (link,))
        for n in range(50)
    ]
    html = quiet.browser.get("/dev/inbox?channel=email").text
    assert html.count("<article") == 40 and html.index("<h3>Subject 49.") < html.index("<h3>Subject 48.")
    assert f'See <a href="{link}" rel="noreferrer">{link}</a>. Bye' in html
    older = re.findall(r'href="([^"]+page=2)"', html)[0].replace("&amp;", "&")
    assert quiet.browser.get(older).text.count("<article") == 10
    assert quiet.browser.get("/dev/inbox?channel=sms").text.count("<article") == 0


def queries_of(web: WebMorning, on: date) -> int:
    counted: list[str] = []

    def count(conn: object, cursor: object, statement: str, *rest: object) -> None:
        counted.append(statement)

    event.listen(web.engine, "before_cursor_execute", count)
    try:
        assert web.browser.get(f"/?date={on}").status_code == 200
    finally:
        event.remove(web.engine, "before_cursor_execute", count)
    return len(counted)


OF_ACCESS_LOG = 2
"""Where patients are shown: who was shown whom, in a transaction of its own."""
OF_SESSION = 3
"""Who asks: the tenant, the session with its account, and that it was seen."""

OF_ON_CALL = 5
"""Where critical cases wait for someone, however many: who is on call, how they are reached, and who was told."""


def test_a_page_costs_the_same_queries_whatever_the_day(web: WebMorning) -> None:
    press_call_out(web)
    worker.drain(web.caller)
    few = queries_of(web, THE_DAY)
    for n in range(5):
        receive_text(web.caller, InboundText("console", f"text-{n}", f"+1614555090{n}", "Who is this?"))
    full = queries_of(web, THE_DAY)
    assert full == few
    web.run(
        """INSERT INTO visit (external_id, branch_id, service_date, service_code, patient_id, place_id, earliest_start,
                  latest_start, latest_end, duration_min, status)
           SELECT 'alone', branch_id, :day, service_code, patient_id, place_id, earliest_start,
                  latest_start, latest_end, duration_min, 'requested' FROM visit WHERE service_date = :full LIMIT 1""",
        day=date(2026, 3, 30),
        full=THE_DAY,
    )
    most = 25 + OF_ACCESS_LOG + OF_SESSION
    assert queries_of(web, date(2026, 3, 30)) + OF_ON_CALL == full <= most, "one of them is the demo's"


@pytest.mark.parametrize("kind", [ActorKind.PATIENT_LINK, ActorKind.CLINICIAN_LINK])
def test_a_link_opens_no_other_door(quiet: WebMorning, kind: ActorKind) -> None:
    with quiet.caller.transaction() as tx:
        branch, link = all_branches(tx)[0], tx.by(Actor(kind))
        assert [d.service_date for d in access.planned_days(tx, branch.id)] == [THE_DAY]
        for look in (
            lambda: access.planned_days(link, branch.id),
            lambda: access.day_view(link, branch, THE_DAY),
            lambda: access.plan_view(link, branch, THE_DAY),
            lambda: access.texts_from(link, "+16145550111"),
            lambda: access.signal_view(link, 1),
        ):
            with pytest.raises(access.NotAllowed):
                look()


def test_leave_by_the_roster_is_no_call_out(web: WebMorning) -> None:
    web.run(
        """INSERT INTO availability (clinician_id, starts_at, ends_at, kind, source)
           SELECT party_id, cast(:day AS date), cast(:day AS date) + 3, 'unavailable', 'test' FROM clinician LIMIT 1""",
        day=THE_DAY,
    )
    page = web.browser.get("/").text
    assert re.search(r'aria-hidden="true">◌</span> away</b> ', page) and "called out</b>" not in page
    assert "has called out" not in page
