"""Suture's own processes for tests: started as a person starts them, watched from outside, and gone afterwards.

The demo's first start, which prepares the morning, is done once a run; tests that need a prepared morning copy its
data folder.
"""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
import pytest
from psycopg.rows import dict_row

SERVICE_DATE = "2026-03-24"
CHILDREN = ("postgres", "catcher", "worker", "web")
PREPARE_LIMIT_S = 180.0
START_LIMIT_S = 60.0
STOP_LIMIT_S = 60.0


def wait_for[T](look: Callable[[], T], what: str, limit_s: float = 30.0) -> T:
    """Look again until there is something to see; give up after `limit_s`."""
    deadline = time.monotonic() + limit_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {limit_s:.0f} s: {what}"
        time.sleep(0.05)
    return seen
