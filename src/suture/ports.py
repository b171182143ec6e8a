"""The seams to the outside: one Protocol a kind of adapter. Adapters see this file and `model`, nothing else."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from suture.model.connections import Connection, Sender
from suture.model.hooks import HookNews, HookRequest, KeyNews, SentMessage, Spoken
from suture.model.identities import Asked, Endpoints, Identity, SignInProvider
from suture.model.imports import ImportBatch
from suture.model.messages import Channel, InboundText, Receipt, Send
from suture.model.people import Place
from suture.model.travel import TravelMatrix


class AdapterError(Exception):
    """Root of what an adapter may raise; messages carry ids and codes, never names, phones or addresses.

    AdapterError
    ├── TransientAdapterError   try again later
    └── PermanentAdapterError   a human must look: an exception case
    """


class TransientAdapterError(AdapterError):
    """The other side is away for now."""


class PermanentAdapterError(AdapterError):
    """The other side will never accept this."""


class DemandAndRosterSource(Protocol):
    """Reads an upstream export: demand and staff, with a quarantine line for every record it cannot accept."""

    def read(self, source: Path) -> Sequence[ImportBatch]:
        """One batch a file, in the order they must be saved. Raises PermanentAdapterError if `source` is no export."""
        ...


class MessageChannel(Protocol):
    """Hands one message to a provider. Never retries by itself; never raises for what a Receipt can say."""

    @property
    def channel(self) -> Channel:
        """Which channel it serves."""
        ...

    def send(self, message: Send) -> Receipt:
        """Try once. What has not left within 5 s is given up; what has left gets the time its protocol asks for."""
        ...


class Provider(Protocol):
    """Someone who carries messages under an account of the agency, and calls us about them afterwards."""

    @property
    def keeps_list(self) -> bool:
        """Whether its own list says what left, so that what is unknown can be looked up."""
        ...

    def channel(self, sender: Sender) -> MessageChannel:
        """How the messages of one sender leave. Raises PermanentAdapterError where its connection cannot be used."""
        ...

    def read(self, connection: Connection, request: HookRequest) -> HookNews | None:
        """What a call to our address says; None where it is not the provider's own, or not about this account.

        Raises PermanentAdapterError for a genuine call that says nothing we know.
        """
        ...

    def say(self, connection: Connection, news: KeyNews, spoken: Spoken) -> str:
        """What answers the provider's call about a key, in its own language for that."""
        ...

    def sent_since(self, connection: Connection, instant: datetime) -> Sequence[SentMessage]:
        """Everything that left since, by its list. Raises TransientAdapterError when it is away."""
        ...

    def received_since(self, connection: Connection, instant: datetime) -> Sequence[InboundText]:
        """Every text that came in since. Raises TransientAdapterError when the provider is away."""
        ...


class IdentityProvider(Protocol):
    """Knows the agency's people by a sign-in of their own. Each request that it makes is given up after 5 s."""

    def look_up(self, issuer: str, secret_env: str, group_claim: str) -> Endpoints:
        """Where an issuer is asked, by its own description.

        Raises TransientAdapterError when it is away, PermanentAdapterError, in words, for one that does not fit.
        """
        ...

    def address(self, provider: SignInProvider, asked: Asked, back: str, *, sign_in_again: bool) -> str:
        """Where a browser is sent to. `sign_in_again`: whoever is signed in there already, too."""
        ...

    def identity(self, provider: SignInProvider, asked: Asked, code: str, back: str, now: datetime) -> Identity:
        """Who came back with that code, once all of it is proven.

        Raises TransientAdapterError when it is away, PermanentAdapterError for what must not be believed; both carry
        a code, and nothing of what was said.
        """
        ...


class TravelTimeProvider(Protocol):
    """Driving times between points."""

    def matrix(self, places: Sequence[Place], *, depart_at: datetime) -> TravelMatrix:
        """Whole seconds between all places, rounded up. Raises TransientAdapterError when the engine is away."""
        ...
