"""Reads a request with the vendor's own Python types, which change with the vendor and not with us."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError
from twins.play import Json, Refused


def check(params: type, body: Json, *, besides: frozenset[str] = frozenset()) -> None:
    """Refuses what the SDK could not have sent: a value of another type, a member it does not know."""
    unknown = body.keys() - members(params) - besides
    if unknown:
        raise Refused(400, f"Unknown parameters: {', '.join(sorted(unknown))}")
    try:
        exhaust(adapter(params).validate_python(body))
    except ValidationError as error:
        raise Refused(400, worded(error)) from None


def worded(error: ValidationError) -> str:
    """The first few complaints; the others follow from them."""
    complaints = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:4]]
    return "; ".join(complaints)


def exhaust(value: Any) -> None:
    """Reads to the end: an `Iterable` in a type is only validated as it is read."""
    if isinstance(value, dict):
        for member in value.values():
            exhaust(member)
    elif isinstance(value, (list, tuple, Iterator)):
        for item in value:
            exhaust(item)


@cache
def adapter(params: type) -> TypeAdapter[Any]:
    return TypeAdapter(params)


@cache
def members(params: type) -> frozenset[str]:
    return frozenset(get_type_hints(params))
