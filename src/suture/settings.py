"""Typed settings from the environment (prefix SUTURE_, apart from DATABASE_URL, POSTGRES_BIN and PUBLIC_BASE_URL)."""

from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything an administrator can set. Read once, by `cli` and `bootstrap`."""

    model_config = SettingsConfigDict(env_prefix="SUTURE_", extra="ignore")

    database_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_URL", "SUTURE_DATABASE_URL"),
        description="A PostgreSQL (15 or newer) to use instead of starting one in the data folder; "
        "its login becomes the role `suture_app`.",
    )
    postgres_bin: Path | None = Field(
        default=None,
        validation_alias=AliasChoices("POSTGRES_BIN", "SUTURE_POSTGRES_BIN"),
        description="A folder with postgres and initdb, tried before the system's and the wheel's.",
    )
    data_dir: Path | None = Field(
        default=None,
        description="Where an agency's database, mail and texts are kept; default ./.suture, as root /var/lib/suture. "
        "The demo has a folder of its own: ./.suture-demo, as root /var/lib/suture-demo.",
    )
    public_base_url: str = Field(
        default="http://localhost:8000",
        validation_alias=AliasChoices("PUBLIC_BASE_URL", "SUTURE_PUBLIC_BASE_URL"),
        description="What links in messages begin with.",
    )
    desk_url: str = Field(
        default="http://localhost:8000",
        description="Where the agency's people sign in, such as https://desk.example.org with TLS in front.",
    )
    proxy: str = Field(
        default="",
        description="The address of the server for TLS in front, such as 127.0.0.1: the last address that it writes to "
        "X-Forwarded-For is then taken for the browser's. Without it that header is no one's word.",
    )
    api_token: SecretStr | None = Field(
        default=None,
        description="The value of the API's key `bootstrap`, which is the first agency's; "
        "without it a new one is made and printed at each start.",
    )
    smtp_host: str = Field(default="127.0.0.1", description="Where e-mail leaves.")
    smtp_port: int = Field(default=8025, description="The port of the mail server.")
    config_dir: Path | None = Field(
        default=None,
        description="A folder with rulebook.yaml, outreach.yaml and, if you like, on-call.yaml, imported once, at the "
        "first start; later they come in with `suture rules`, `suture policy` and `suture on-call`.",
    )
    seed: int = Field(default=1, ge=0, lt=2**63, description="The seed of every search: same seed, same plans.")
    demo: bool = Field(
        default=False,
        description="Shows the demo's inbox and call-out button, on a demo's data only; set by `suture demo`.",
    )
    lease_seconds: float = Field(default=60.0, description="How long a worker may hold a message or a branch-day.")
    shared_data: Path = Field(
        default=Path(__file__).parents[2].parent / "shared" / "data",
        description="Shared instances and populations of the benchmarks; needed by `suture bench` only.",
    )
    failpoint: str = Field(default="", description="Tests only: kill the process at this named point.")
    testing: bool = Field(default=False, description="Tests only: allows `failpoint`.")

    @property
    def names_public_side(self) -> bool:
        """Whether PUBLIC_BASE_URL was given, and is no guess of ours."""
        return "public_base_url" in self.model_fields_set

    @property
    def names_desk(self) -> bool:
        """Whether SUTURE_DESK_URL was given, and is no guess of ours."""
        return "desk_url" in self.model_fields_set
