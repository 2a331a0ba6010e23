"""What the service can be told: environment (`DEDUP_…`), then the table `[serve]` of the settings file, then this."""

import os
import tomllib
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from dedup.duration import seconds
from service.webhooks.signing import secret_of
from service.webhooks.targets import Host

Scope = Literal["read", "write", "admin"]
MiB = 1 << 20
MOST_QUERIES = 1_000  # of a batch, whatever is set: each takes 3 µs to be read, which no other request interrupts


class Key(BaseModel):
    """An API key: its hash, what it may do, until when; `dedup key NAME` makes one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,64}$")]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    scopes: frozenset[Scope] = frozenset({"read"})
    expires: AwareDatetime | None = None

    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= datetime.now(UTC)


def _duration(written: str) -> str:
    seconds(written)
    return written


def _host(written: str) -> str:
    Host.of(written)
    return written


def _secret(written: SecretStr) -> SecretStr:
    secret_of(written.get_secret_value())
    return written


class Settings(BaseSettings):
    """All settings, with their defaults; docs/http.md explains each."""

    model_config = SettingsConfigDict(env_prefix="DEDUP_", extra="ignore", frozen=True)

    index: str = "lmdb:./index"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    keys: tuple[Key, ...] = ()
    telemetry: bool = False
    search_fields: tuple[str, ...] = ("title", "headline", "source", "author")
    saved_index: str = ""
    saved_ttl: Annotated[str, AfterValidator(_duration)] = "30d"
    webhook_secrets: tuple[Annotated[SecretStr, AfterValidator(_secret)], ...] = ()
    webhook_hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = ()

    body_bytes: Annotated[int, Field(ge=1)] = 16 * MiB
    decompressed_bytes: Annotated[int, Field(ge=1)] = 64 * MiB
    ratio: Annotated[float, Field(ge=1)] = 100
    document_bytes: Annotated[int, Field(ge=1)] = 4 * MiB
    batch: Annotated[int, Field(ge=1, le=MOST_QUERIES)] = 64
    lines: Annotated[int, Field(ge=1)] = 100_000
    json_values: Annotated[int, Field(ge=1)] = 50_000
    json_depth: Annotated[int, Field(ge=1, le=200)] = 32
    lookups: Annotated[int, Field(ge=1)] = 64
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    rate: Annotated[int, Field(ge=0)] = 0
    body_seconds: Annotated[float, Field(gt=0, le=10)] = 8
    send_seconds: Annotated[float, Field(gt=0)] = 30
    stop_seconds: Annotated[int, Field(ge=1)] = 20
    streams: Annotated[int, Field(ge=0)] = 64

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the address bound."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    @field_validator("webhook_hosts")
    @classmethod
    def _signed(cls, hosts: tuple[str, ...], known: ValidationInfo) -> tuple[str, ...]:
        """Refuse to send what no receiver could tell from what others send."""
        if hosts and not known.data.get("webhook_secrets"):
            raise ValueError("webhooks are signed: set webhook_secrets too; echo whsec_$(openssl rand -base64 32)")
        return hosts

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is the library's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments beat the environment, the environment beats the file."""
        return init_settings, env_settings, _File(settings_cls)


class _File(PydanticBaseSettingsSource):
    """The table `[serve]` and the key `index` of the file that DEDUP_CONFIG names, else of `dedup.toml` here."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Unused: the file is read whole."""
        raise NotImplementedError

    def __call__(self) -> dict[str, Any]:
        """Return what the file sets."""
        named = os.environ.get("DEDUP_CONFIG")
        path = Path(named or "dedup.toml")
        if not named and not path.is_file():
            return {}
        values = tomllib.loads(path.read_text("utf-8"))
        own = {"index": values["index"]} if "index" in values else {}
        return {**own, **values.get("serve", {})}
