"""What the shell refuses, in words for whoever asked."""

# ServiceError
#   ├── BadSignal        a field of a signal cannot be understood or does not exist
#   ├── NothingInForce   the agency has no rulebook, or no outreach policy
#   └── UnknownBranch    no branch of that id


class ServiceError(Exception):
    """Root of what service functions refuse; nothing was changed."""


class BadSignal(ServiceError):
    """A signal that names something unknown or impossible."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class UnknownBranch(ServiceError):
    """No branch of that id; the message names those there are."""


class NothingInForce(ServiceError):
    """Nothing of a kind of configuration is in force; the message says what waits for it, and how to change that."""
