"""Small parts of the guard."""

import logging

import pytest
from pydantic import SecretStr
from tests.builders import at

from suture.model.addresses import spoken_phone as phone
from suture.web.render import percent, seconds, span
from suture.web.security import UVICORN_OPTIONS, TokenFilter, csrf_token, host_name


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ('%s - "%s %s HTTP/%s" %d', ("127.0.0.1:1", "GET", "/p/abc-DEF_123?lang=es", "1.1", 200)),
        ("GET /p/abc-DEF_123 failed", ()),
        ('"http://localhost:8000/p/abc-DEF_123"', ()),
    ],
)
def test_a_token_never_reaches_the_log(message: str, args: tuple[object, ...]) -> None:
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, message, args, None)
    assert TokenFilter().filter(record)
    assert "abc-DEF" not in record.getMessage() and "/p/*" in record.getMessage()


def test_the_server_writes_no_access_log_and_trusts_no_proxy() -> None:
    assert UVICORN_OPTIONS["access_log"] is False and UVICORN_OPTIONS["proxy_headers"] is False


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost:8000", "localhost"),
        ("LOCALHOST", "localhost"),
        ("[::1]:80", "::1"),
        ("", ""),
        ("[::1", ""),
        ("[::1]:", ""),
        ("[localhost]", ""),
        ("localhost:65535", "localhost"),
        ("localhost:", ""),
        ("localhost:0", ""),
        ("localhost:65536", ""),
        ("localhost:99999", ""),
        ("localhost:abc", ""),
        ("localhost:80:80", ""),
        ("localhost:+80", ""),
        ("localhost\n", ""),
        ("local host", ""),
        ("evil@localhost", ""),
        ("localhost@evil.example", ""),
        ("evil.example/localhost", ""),
        ("localhost?evil", ""),
        ("localhost#evil", ""),
        ("localhost, evil.example", ""),
    ],
)
def test_only_a_name_and_maybe_a_port_is_a_host(header: str, name: str) -> None:
    assert host_name(header) == name


def test_numbers_read_well() -> None:
    assert [percent(x) for x in (None, 0.0, 1.0, 0.9706)] == ["–", "0%", "100%", "97.1%"]
    assert [seconds(x) for x in (None, 45, 60, 125, 4000)] == ["–", "45 s", "1 min", "2 min 5 s", "1 h 6 min"]
    assert [span(at("12:00") - at(t)) for t in ("11:25", "10:55", "12:10")] == ["35 min", "1 h 05", "10 min"]
    assert [phone(x) for x in ("+16145550100", "+49301234", "call us")] == ["614-555-0100", "+49 301 234", "call us"]


def test_a_form_token_fits_one_form_of_one_reader() -> None:
    one = csrf_token(SecretStr("a"), "x")
    assert one == csrf_token(SecretStr("a"), "x")
    assert len({one, csrf_token(SecretStr("b"), "x"), csrf_token(SecretStr("a"), "y")}) == 3
