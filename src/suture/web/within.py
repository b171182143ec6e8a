"""A caller within one request."""

from dataclasses import replace

from starlette.requests import HTTPConnection

from suture.service.caller import Caller


def within(request: HTTPConnection, caller: Caller) -> Caller:
    """The caller within this request: whom they are shown is stored as one row."""
    return replace(caller, reads=request.state.reads)
