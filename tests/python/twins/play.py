"""Decides what a twin answers, in no vendor's words.

A model that is given tools calls the first until it has seen a result; otherwise it says what it was told, so that
a test can read in the answer what reached the provider.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

THOUGHT = "Let me think about that."
SIGNATURE = "c2lnbmVkIGJ5IHRoZSB0d2lu"
"""Comes with every thought and must come back with it unchanged."""

Json = dict[str, Any]


class Refused(Exception):
    """The vendor does not take this request."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Tool:
    """A function that the model may call."""

    name: str
    schema: Json


@dataclass(frozen=True)
class Asked:
    """What a request wants, whatever its format."""

    vendor: str
    model: str
    stream: bool = False
    system: str = ""
    user: str = ""
    results: list[str] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    schema: Json | None = None
    thinks: bool = False
    size: int = 1
    """How many tokens the request is said to have."""


@dataclass(frozen=True)
class Answer:
    """What the model says: a text or a call, perhaps after a thought."""

    text: str = ""
    call: Tool | None = None
    arguments: Json = field(default_factory=dict)
    thought: str = ""

    @property
    def size(self) -> int:
        """How many tokens the answer is said to have."""
        return 1 + len(self.text.split()) + len(self.arguments)


def answer(asked: Asked) -> Answer:
    """The answer to a request that the vendor takes."""
    thought = THOUGHT if asked.thinks else ""
    if asked.tools and not asked.results:
        tool = asked.tools[0]
        return Answer(call=tool, arguments=example(tool.schema), thought=thought)
    text = said(asked) if asked.schema is None else json.dumps(example(asked.schema))
    return Answer(text=text, thought=thought)


def said(asked: Asked) -> str:
    words = f"{asked.vendor} was told '{asked.system}' and asked '{asked.user}'"
    return words + "".join(f" and learnt '{result}'" for result in asked.results)


def example(schema: Json) -> Any:
    """The smallest value that the schema admits."""
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example(schema["anyOf"][0])
    if str(schema.get("type", "object")).lower() == "object":
        return {name: example(schema["properties"][name]) for name in schema.get("required", [])}
    return {"string": "Oslo", "integer": 7, "number": 0.5, "boolean": True, "array": []}[schema["type"].lower()]


def pieces(text: str) -> Iterator[str]:
    """A text as it is streamed, a word at a time."""
    yield from re.findall(r"\s*\S+", text)


def halves(text: str) -> tuple[str, str]:
    """Arguments as they are streamed, cut where no reader would."""
    return text[: len(text) // 2], text[len(text) // 2 :]
