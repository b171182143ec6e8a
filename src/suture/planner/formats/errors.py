"""What every reader raises: one line a fault, each with the path, the value and what was expected."""


class Unreadable(ValueError):
    """The bytes are no problem of this format. `faults`: one line each."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def at(path: str, said: str) -> str:
    """A fault with the path where it is; `file` where the path is empty."""
    return f"{path or 'file'}: {said}"
