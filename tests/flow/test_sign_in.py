"""Signing in: by password and code, by a link once; and what does not get in."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import event
from starlette.testclient import TestClient
from tests.fakes.callers import with_tools
from tests.flow.a_web_morning import OWN_PAGE, WebMorning, heading, hidden, web_morning
from tests.flow.test_key_matrix import make_west

from suture.model.actors import Role
from suture.service import passwords
from suture.service.accounts import BadAccount, add_user, change_user, disable_user, reset_user, user_named
from suture.service.sessions import From
from suture.service.sign_in import NotSignedIn, sign_in
from suture.service.welcome import first_link
from suture.store import agencies
from suture.store.embedded import EmbeddedPostgres
from suture.web.app import create_app
from suture.web.signed_in import COOKIE

EMAIL, PASSWORD = "dana@agency.example", "four plain words here"


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


class Person:
    """Someone at a browser that keeps cookies, with a phone that shows codes."""

    def __init__(self, web: WebMorning, **headers: str) -> None:
        self.web = web
        self.browser = TestClient(
            web.app, base_url="https://localhost:8000", follow_redirects=False, headers={**OWN_PAGE, **headers}
        )
        self.secret = ""

    @property
    def cookie(self) -> str:
        return str(self.browser.cookies.get(COOKIE) or "")

    def get(self, path: str) -> Any:
        return self.browser.get(path)

    def post(self, page: str, path: str = "", **fields: Any) -> Any:
        """Send the form of a page as it stands."""
        own = hidden(self.browser.get(page).text)
        return self.browser.post(path or page, data={**own, **fields})

    def code(self, steps: int = 0) -> str:
        """What the app shows now."""
        seconds = int(self.web.clock.now().timestamp()) + 30 * steps
        return pyotp.TOTP(self.secret).at(seconds)

    def begin(self, token: str, password: str = PASSWORD, **more: str) -> list[str]:
        """Choose a password by a link and set up the phone; the recovery codes."""
        said = self.browser.post(f"/welcome/{token}", data={"password": password, "again": password, **more})
        assert (said.status_code, said.headers["Location"]) == (303, "/sign-in/set-up"), said.text
        shown = self.get("/sign-in/set-up").text
        self.secret = re.search(r'class="secret">([A-Z2-7 ]+)<', shown)[1].replace(" ", "")  # type: ignore[index]
        done = self.post("/sign-in/set-up", code=self.code())
        assert done.status_code == 200, done.text
        return re.findall(r"<code>(\w{5}-\w{5})</code>", done.text)

    def enter(self, password: str = PASSWORD, email: str = EMAIL, **more: str) -> Any:
        return self.browser.post("/sign-in", data={"email": email, "password": password, **more})


def someone(web: WebMorning, *roles: Role, branches: tuple[str, ...] = (), email: str = EMAIL) -> Person:
    """Someone who has an account, a password and a phone, and is signed in."""
    person = Person(web)
    person.begin(add_user(web.caller, email, "Dana Ortiz", roles or (Role.COORDINATOR,), branches or None))
    web.clock.advance_to(web.clock.now() + timedelta(minutes=1))
    person.get("/account")
    return person


def test_the_first_start_has_a_link_that_makes_one_administrator(web: WebMorning) -> None:
    web.run("DELETE FROM session")
    web.run("DELETE FROM account")
    token = first_link(web.caller)
    newer = first_link(web.caller)
    assert token and newer and Person(web).get(f"/welcome/{token}").status_code == 404, (
        "a start replaces the last one's"
    )
    admin = Person(web)
    assert heading(admin.get(f"/welcome/{newer}").text) == "Welcome to Suture"
    short = {"email": EMAIL, "name": "Dana", "password": "short", "again": "short"}
    said = admin.browser.post(f"/welcome/{newer}", data=short)
    assert said.status_code == 422 and "12 to 128 characters" in said.text and 'value="Dana"' in said.text
    codes = admin.begin(newer, email=EMAIL, name="Dana Ortiz")
    assert len(codes) == len(set(codes)) == 10
    assert admin.get("/").headers["Location"] == "/admin/users", "an administrator sees no patients"
    assert admin.get("/fill?visit=V-0324-01").status_code == 404
    assert Person(web).get(f"/welcome/{newer}").status_code == 404
    assert first_link(web.caller) is None


def test_whoever_plans_days_too_says_so(web: WebMorning) -> None:
    web.run("DELETE FROM session")
    web.run("DELETE FROM account")
    admin = Person(web)
    admin.begin(first_link(web.caller) or "", email=EMAIL, name="Dana", plans="true")
    assert heading(admin.get("/").text) == "Tuesday, March 24" and admin.get("/admin/users").status_code == 200


def test_a_password_then_a_code_then_the_page_one_asked_for(web: WebMorning) -> None:
    dana = someone(web)
    dana.post("/account", "/sign-out", csrf=_sign_out_token(dana))
    assert not dana.cookie
    asked = dana.get("/fill?visit=V-0324-01")
    assert asked.headers["Location"] == "/sign-in?next=%2Ffill%3Fvisit%3DV-0324-01"
    form = hidden(dana.get(asked.headers["Location"]).text.replace('action="/sign-in/demo"', 'action="/sign-out"'))
    said = dana.enter(**form)
    asks = "/sign-in/code?next=%2Ffill%3Fvisit%3DV-0324-01"
    assert (said.status_code, said.headers["Location"]) == (303, asks)
    assert dana.get("/").headers["Location"] == "/sign-in/code", "half is not in"
    wrong = dana.post(asks, "/sign-in/code", code="000000")
    assert wrong.status_code == 422 and "That code is not right" in wrong.text
    right = dana.post(asks, "/sign-in/code", code=dana.code())
    assert (right.status_code, right.headers["Location"]) == (303, "/fill?visit=V-0324-01")
    codes = [r["code"] for r in web.rows("SELECT code FROM audit_row ORDER BY id DESC LIMIT 2")]
    assert codes == ["user.signed_in", "user.code_refused"]


def _sign_out_token(person: Person) -> str:
    found = re.search(r'action="/sign-out"><input type="hidden" name="csrf" value="(\w+)"', person.get("/account").text)
    return found[1] if found else ""


def test_the_cookie_is_for_tls_and_for_no_script_and_changes_at_each_step(web: WebMorning) -> None:
    dana = someone(web)
    said = dana.enter()
    sent = said.headers["Set-Cookie"]
    assert sent.startswith("__Host-suture_session=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} == {part.strip() for part in sent.split(";")[1:]}
    before = dana.cookie
    dana.post("/sign-in/code", code=dana.code())
    assert dana.cookie != before
    thief = Person(web)
    assert thief.browser.get("/", headers={"Cookie": f"{COOKIE}={before}"}).status_code == 303


def test_a_cookie_that_someone_chose_becomes_no_session(web: WebMorning) -> None:
    dana = someone(web)
    fixed = Person(web, Cookie=f"{COOKIE}=chosen-by-another")
    assert fixed.enter().status_code == 303
    assert "chosen-by-another" not in fixed.cookie
    assert Person(web, Cookie=f"{COOKIE}=chosen-by-another").get("/").status_code == 303
    assert dana.get("/").status_code == 200


def test_a_code_is_good_once_and_so_is_a_recovery_code(web: WebMorning) -> None:
    dana = Person(web)
    codes = dana.begin(add_user(web.caller, EMAIL, "Dana", [Role.COORDINATOR]))
    dana.enter()
    assert dana.post("/sign-in/code", code=dana.code()).status_code == 422, "the code that set the phone up was used"
    web.clock.advance_to(web.clock.now() + timedelta(seconds=30))
    code = dana.code()
    assert dana.post("/sign-in/code", code=code).status_code == 303
    again = Person(web)
    again.enter()
    assert again.post("/sign-in/code", code=code).status_code == 422
    assert again.post("/sign-in/code", code=codes[0].lower()).status_code == 303
    third = Person(web)
    third.enter()
    assert third.post("/sign-in/code", code=codes[0]).status_code == 422
    assert "9 recovery codes are left" in again.get("/account").text


def test_codes_are_guessed_ten_times_and_no_more(web: WebMorning) -> None:
    dana = someone(web)
    dana.enter()
    wrong = [c for c in (f"{n:06}" for n in range(40)) if c not in {dana.code(s) for s in (-1, 0, 1)}][:10]
    for code in wrong:
        assert dana.post("/sign-in/code", code=code).status_code == 422
    assert dana.post("/sign-in/code", code=dana.code()).status_code == 422
    web.clock.advance_to(web.clock.now() + timedelta(minutes=15))
    dana.enter()
    assert dana.post("/sign-in/code", code=dana.code()).status_code == 303


def test_no_one_learns_who_has_an_account(web: WebMorning, monkeypatch: pytest.MonkeyPatch) -> None:
    someone(web)
    checked: list[str] = []
    real = passwords.is_right

    def noting(stored: str, given: str) -> bool:
        checked.append(stored)
        return real(stored, given)

    monkeypatch.setattr(passwords, "is_right", noting)
    said = [Person(web).enter("a wrong password", email) for email in (EMAIL, "nobody@agency.example")]
    assert said[0].status_code == said[1].status_code == 422
    assert said[0].text == said[1].text.replace("nobody@agency.example", EMAIL)
    assert len(checked) == 2 and checked[0] and not checked[1], "both are computed, so both take the same time"
    assert "Set-Cookie" not in said[0].headers


def test_ten_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(web: WebMorning) -> None:
    someone(web)
    for n in range(10):
        assert Person(web).enter(f"wrong password {n}").status_code == 422
    locked = Person(web).enter()
    assert locked.status_code == 422 and "Wait 15 minutes" in locked.text, "the right one, too"
    web.clock.advance_to(web.clock.now() + timedelta(minutes=14, seconds=59))
    assert Person(web).enter().status_code == 422
    web.clock.advance_to(web.clock.now() + timedelta(minutes=15))
    assert Person(web).enter().status_code == 303


def test_many_accounts_tried_from_one_place_lock_the_place(web: WebMorning) -> None:
    someone(web)
    for n in range(10):
        Person(web).enter("Summer2026!!", f"person{n}@agency.example")
    assert Person(web).enter().status_code == 422
    forged = Person(
        web, **{"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X-Real-IP": "203.0.113.9"}
    )
    assert forged.enter().status_code == 422, "what anyone may claim moves no one elsewhere"
    elsewhere = sign_in(web.caller, EMAIL, PASSWORD, From("203.0.113.0/24"))
    assert elsewhere.cookie


def test_guesses_made_at_once_are_no_more_than_ten(web: WebMorning, monkeypatch: pytest.MonkeyPatch) -> None:
    someone(web)
    compared: list[int] = []
    monkeypatch.setattr(passwords, "is_right", lambda stored, given: given == PASSWORD)
    monkeypatch.setattr(passwords, "is_outdated", lambda stored: False)

    def guess(n: int) -> None:
        try:
            sign_in(web.caller, EMAIL, PASSWORD if n == 39 else f"guess {n}", From(f"10.0.{n}.0/24"))
            compared.append(n)
        except NotSignedIn:
            pass

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(39)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    guess(39)
    assert not compared, "40 guesses, and the right one was the last"
    assert web.rows("SELECT count(*) AS n FROM failed_try GROUP BY key_hash ORDER BY 1 DESC LIMIT 1") == [{"n": 10}]


def test_where_guesses_cannot_be_counted_no_one_gets_in(web: WebMorning) -> None:
    someone(web)

    @event.listens_for(web.engine, "before_cursor_execute")
    def refuse(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "failed_try" in statement:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    said = Person(web).enter()
    assert said.status_code == 503 and "Set-Cookie" not in said.headers
    event.remove(web.engine, "before_cursor_execute", refuse)
    assert Person(web).enter().status_code == 303


def test_a_sign_in_sent_by_another_page_is_refused(web: WebMorning) -> None:
    someone(web)
    other = Person(web)
    said = other.browser.post(
        "/sign-in", data={"email": EMAIL, "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert said.status_code == 403 and "Set-Cookie" not in said.headers


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "\\\\evil", ""]
)
def test_signing_in_leads_to_no_other_site(web: WebMorning, elsewhere: str) -> None:
    web.run("UPDATE account SET roles = '{ops}'")
    person = Person(web)
    person.browser.post(f"/welcome/{add_user(web.caller, EMAIL, 'Dana', [Role.OPS])}", data=_twice(PASSWORD))
    assert Person(web).enter(next=elsewhere).headers["Location"] == "/"
    assert Person(web).enter(next="/account").headers["Location"] == "/account"


def _twice(password: str) -> dict[str, str]:
    return {"password": password, "again": password}


def test_fifteen_minutes_without_a_gesture_end_a_session(web: WebMorning) -> None:
    dana = someone(web)
    for _ in range(4):
        web.clock.advance_to(web.clock.now() + timedelta(minutes=14))
        assert dana.get("/").status_code == 200
    for _ in range(3):
        web.clock.advance_to(web.clock.now() + timedelta(minutes=5))
        page = dana.get("/?branch=COLUMBUS&date=2026-03-24&auto=1")
    assert page.status_code == 303, "a page that reloads by itself keeps no one signed in"


def test_on_a_shared_computer_five_minutes_do(web: WebMorning) -> None:
    dana = someone(web)
    dana.enter(shared="true")
    dana.post("/sign-in/code", code=dana.code())
    web.clock.advance_to(web.clock.now() + timedelta(minutes=4, seconds=59))
    assert dana.get("/").status_code == 200
    web.clock.advance_to(web.clock.now() + timedelta(minutes=5))
    assert dana.get("/").status_code == 303


def test_twelve_hours_end_a_session_whatever_one_does(web: WebMorning) -> None:
    dana = someone(web)
    began = web.clock.now() - timedelta(minutes=1)
    while web.clock.now() + timedelta(minutes=10) < began + timedelta(hours=12):
        web.clock.advance_to(web.clock.now() + timedelta(minutes=10))
        assert dana.get("/account").status_code == 200
    web.clock.advance_to(began + timedelta(hours=12))
    assert dana.get("/account").status_code == 303


def test_who_is_disabled_is_out_at_the_next_click(web: WebMorning) -> None:
    dana = someone(web)
    account = user_named(web.caller, EMAIL)
    disable_user(web.caller, account.id)
    assert dana.get("/").status_code == 303
    assert Person(web).enter().status_code == 422
    back = reset_user(web.caller, account.id)
    assert Person(web).enter().status_code == 422, "the old password is good for nothing"
    Person(web).begin(back, "another set of words")


def test_a_changed_role_counts_at_the_next_click(web: WebMorning) -> None:
    dana = someone(web)
    assert dana.get("/").status_code == 200
    web.run("UPDATE account SET roles = '{admin}' WHERE email = :email", email=EMAIL)
    assert dana.get("/").headers["Location"] == "/admin/users"
    web.run("UPDATE account SET roles = '{clinician}' WHERE email = :email", email=EMAIL)
    assert dana.get("/admin/users").status_code == 404


def test_another_password_ends_the_other_sessions(web: WebMorning) -> None:
    dana, there = someone(web), Person(web, **{"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"})
    there.secret = dana.secret
    there.enter()
    there.post("/sign-in/code", code=there.code())
    assert there.get("/").status_code == 200
    page = dana.get("/account").text
    assert "Firefox on Windows" in page and page.count("Sign out there") == 1
    token = re.search(r'/account/password".*?name="csrf" value="(\w+)"', page, re.DOTALL)[1]  # type: ignore[index]
    fields = {"csrf": token, "new": "other words for it", "again": "other words for it"}
    assert dana.browser.post("/account/password", data={**fields, "old": "not this one"}).status_code == 422
    said = dana.browser.post("/account/password", data={**fields, "old": PASSWORD})
    assert said.headers["Location"] == "/account?password=1"
    assert (dana.get("/").status_code, there.get("/").status_code) == (200, 303)


def test_one_session_is_ended_from_another(web: WebMorning) -> None:
    dana, there = someone(web), Person(web)
    there.secret = dana.secret
    there.enter()
    there.post("/sign-in/code", code=there.code())
    page = dana.get("/account").text
    which = re.search(r'name="csrf" value="(\w+)"><button name="which" value="(\d+)"', page)
    assert which
    dana.browser.post("/account/sessions", data={"csrf": which[1], "which": which[2]})
    assert (dana.get("/").status_code, there.get("/").status_code) == (200, 303)


@pytest.mark.parametrize("password", ["password1234", "dana dana dana", "aaaaaaaaaaaaaaa", "x" * 129, "tiny"])
def test_what_is_quick_to_guess_is_no_password(web: WebMorning, password: str) -> None:
    token = add_user(web.caller, EMAIL, "Dana", [Role.OPS])
    said = Person(web).browser.post(f"/welcome/{token}", data=_twice(password))
    assert said.status_code == 422 and ("quick to guess" in said.text or "12 to 128" in said.text)
    assert Person(web).get(f"/welcome/{token}").status_code == 200, "the link was not used up"


def test_no_password_and_no_cookie_is_kept(web: WebMorning) -> None:
    dana = someone(web)
    kept = str([web.rows(f'SELECT * FROM "{t}"') for t in ("account", "session", "welcome_link", "audit_row")])
    assert PASSWORD not in kept and dana.cookie not in kept
    assert web.rows("SELECT password_hash FROM account WHERE email = :e", e=EMAIL)[0]["password_hash"].startswith(
        "$argon2id$v=19$m=65536,t=3,p=4$"
    )
    codes = [r["code"] for r in web.rows("SELECT code FROM audit_row WHERE actor LIKE 'user:%' ORDER BY id")]
    assert codes == ["user.password_chosen", "user.second_factor_set", "user.signed_in"]


def test_a_session_alone_replaces_no_phone_and_makes_no_codes(web: WebMorning) -> None:
    dana = someone(web)
    old, began = dana.secret, web.rows("SELECT ends_at FROM session ORDER BY id DESC LIMIT 1")[0]["ends_at"]
    shown = dana.get("/sign-in/set-up").text
    dana.secret = re.search(r'class="secret">([A-Z2-7 ]+)<', shown)[1].replace(" ", "")  # type: ignore[index]
    assert dana.post("/sign-in/set-up", code=dana.code(), before="000000").status_code == 422
    form = hidden(dana.get("/account").text.replace('action="/account/password"', 'action="/sign-out"'))
    assert dana.browser.post("/account/codes", data={"csrf": form["csrf"], "code": dana.code()}).status_code == 422
    before = pyotp.TOTP(old).at(int(web.clock.now().timestamp()))
    done = dana.post("/sign-in/set-up", code=dana.code(), before=before)
    assert done.status_code == 200 and "Your recovery codes" in done.text
    ends = web.rows("SELECT ends_at FROM session WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1")[0]["ends_at"]
    assert ends == began, "twelve hours are twelve hours"


def test_once_it_is_locked_nothing_is_computed(web: WebMorning, monkeypatch: pytest.MonkeyPatch) -> None:
    someone(web)
    for n in range(10):
        Person(web).enter(f"wrong password {n}")
    computed: list[str] = []

    def noting(stored: str, given: str) -> bool:
        computed.append(given)
        return False

    monkeypatch.setattr(passwords, "is_right", noting)
    assert Person(web).enter().status_code == 422 and not computed


def test_whoever_finds_us_busy_has_made_no_guess(web: WebMorning, monkeypatch: pytest.MonkeyPatch) -> None:
    someone(web)

    def busy(stored: str, given: str) -> bool:
        raise passwords.TooBusy("busy")

    with monkeypatch.context() as patched:
        patched.setattr(passwords, "is_right", busy)
        assert [Person(web).enter().status_code for _ in range(12)] == [503] * 12
    assert Person(web).enter().status_code == 303


def test_a_branch_that_is_taken_away_does_not_become_every_branch(web: WebMorning) -> None:
    add_user(web.caller, EMAIL, "Dana", [Role.COORDINATOR], ["COLUMBUS"])
    account, admin = user_named(web.caller, EMAIL), web.browser_of(Role.ADMIN, called="adrian")
    address = f"/admin/users/{account.id}"
    form = hidden(admin.get(address).text)
    said = admin.post(address, data={**form, "role": "coordinator"}, headers=OWN_PAGE)
    assert said.status_code == 422 and "Choose at least one branch." in said.text
    assert user_named(web.caller, EMAIL).branches == ("COLUMBUS",)
    assert (
        admin.post(address, data={**form, "role": "coordinator", "every": "true"}, headers=OWN_PAGE).status_code == 303
    )
    assert user_named(web.caller, EMAIL).branch_ids is None


def test_there_is_always_an_administrator(web: WebMorning) -> None:
    add_user(web.caller, EMAIL, "Dana", [Role.ADMIN])
    only = user_named(web.caller, EMAIL)
    with pytest.raises(BadAccount, match="last administrator"):
        disable_user(web.caller, only.id)
    with pytest.raises(BadAccount, match="last administrator"):
        change_user(web.caller, only.id, [Role.COORDINATOR])
    add_user(web.caller, "robin@agency.example", "Robin", [Role.ADMIN])
    disable_user(web.caller, only.id)


def test_a_clinicians_account_has_the_clinicians_branch(web: WebMorning) -> None:
    make_west(web)
    with pytest.raises(BadAccount, match="works for another branch"):
        add_user(web.caller, EMAIL, "Dana", [Role.CLINICIAN], ["WEST"], "E-02")
    add_user(web.caller, EMAIL, "Dana", [Role.CLINICIAN], ["WEST", "COLUMBUS"], "E-02")


def test_behind_tls_an_older_browser_says_where_it_comes_from_by_origin(web: WebMorning) -> None:
    tools = with_tools(web.caller, desk_url="https://desk.example").tools
    browser = TestClient(create_app(tools), base_url="http://desk.example", follow_redirects=False)
    form = {"email": EMAIL, "password": PASSWORD}
    for origin, status in (
        ("https://desk.example", 422),
        ("https://evil.example", 403),
        ("http://localhost:8000", 403),
    ):
        assert browser.post("/sign-in", data=form, headers={"Origin": origin}).status_code == status


def test_someone_who_works_for_two_agencies_gets_into_the_one_whose_password_it_is(web: WebMorning) -> None:
    other = replace(web.caller, tenant=2)
    with other.transaction() as tx:
        agencies.add(tx, "Far Away Care")
    here, there = Person(web), Person(web)
    here.begin(add_user(web.caller, EMAIL, "Dana", [Role.ADMIN]))
    there.begin(add_user(other, EMAIL, "Dana", [Role.ADMIN]), "another four plain words")
    add_user(other, "kim@far.example", "Kim Far", [Role.OPS])
    web.clock.advance_to(web.clock.now() + timedelta(minutes=1))
    again = Person(web)
    again.secret = there.secret
    assert again.enter("another four plain words").status_code == 303
    assert again.post("/sign-in/code", code=again.code()).status_code == 303
    assert "Kim Far" in again.get("/admin/users").text and "Kim Far" not in here.get("/admin/users").text
    refused = "SELECT count(*) AS n FROM audit_row WHERE code = 'user.sign_in_refused'"
    assert web.rows(refused) == [{"n": 0}], "the first agency notes nothing: no one was refused"
