"""What every twin can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from twins.play import Answer, Asked, Json

KEY = "sk-twin"
"""The only key that the twins accept."""

Headers = Mapping[str, str]


class Vendor(Protocol):
    """A provider's format, seen from the provider's side."""

    name: str

    def serves(self, path: str) -> bool:
        """Whether this is one of the vendor's paths."""

    def key(self, headers: Headers) -> str | None:
        """The caller's key, where the vendor looks for it."""

    def read(self, path: str, headers: Headers, body: Json) -> Asked:
        """What is asked; raises `Refused` where the vendor would refuse."""

    def whole(self, asked: Asked, answer: Answer) -> Json:
        """The answer in one piece."""

    def events(self, asked: Asked, answer: Answer) -> Iterator[str]:
        """The same answer as server-sent events."""

    def refusal(self, status: int, message: str) -> Json:
        """The body of an error."""
