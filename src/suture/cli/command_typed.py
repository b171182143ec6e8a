"""Which command runs, as the access log names it."""

import click


def command_typed() -> str:
    """Such as `suture day sheet`: its words without arguments and options."""
    ctx = click.get_current_context(silent=True)
    words: list[str] = []
    while ctx is not None and ctx.parent is not None:
        words.append(ctx.info_name or "")
        ctx = ctx.parent
    return " ".join(["suture", *reversed(words)])
