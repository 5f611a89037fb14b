"""OpenAI's Responses.

https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

from openai.types.responses.response_create_params import ResponseCreateParamsBase
from twins.openai_chat import bearer, openai_error
from twins.play import SIGNATURE, Answer, Asked, Json, Refused, Tool, halves, pieces
from twins.strict import check
from twins.vendor import Headers


class OpenAiResponses:
    name = "openai-responses"

    def serves(self, path: str) -> bool:
        return path == "/v1/responses"

    def key(self, headers: Headers) -> str | None:
        return bearer(headers)

    def read(self, path: str, headers: Headers, body: Json) -> Asked:
        items = items_of(body["input"])
        check(ResponseCreateParamsBase, body | {"input": items}, besides=frozenset({"stream"}))
        check_items(items)
        return Asked(
            vendor=self.name,
            model=body["model"],
            stream=body.get("stream") is True,
            system=" ".join(filter(None, [body.get("instructions"), texts_of(items, "system", "developer")])),
            user=texts_of(items, "user"),
            results=[text_of(item["output"]) for item in items if item.get("type") == "function_call_output"],
            tools=[Tool(tool["name"], tool["parameters"]) for tool in body.get("tools", [])],
            schema=schema_of(body.get("text", {})),
            thinks=bool((body.get("reasoning") or {}).get("summary")),
            size=len(json.dumps(items)) // 4,
        )

    def whole(self, asked: Asked, answer: Answer) -> Json:
        return response(asked, "completed") | {"output": output(answer), "usage": usage(asked, answer)}

    def events(self, asked: Asked, answer: Answer) -> Iterator[str]:
        number = count()

        def event(kind: str, **data: Any) -> str:
            whole = {"type": kind, "sequence_number": next(number)} | data
            return f"event: {kind}\ndata: {json.dumps(whole)}\n\n"

        yield event("response.created", response=response(asked, "in_progress"))
        yield event("response.in_progress", response=response(asked, "in_progress"))
        for index, item in enumerate(output(answer)):
            yield event("response.output_item.added", output_index=index, item=opened(item))
            for kind, data in inside(item):
                yield event(f"response.{kind}", output_index=index, item_id=item["id"], **data)
            yield event("response.output_item.done", output_index=index, item=item)
        yield event("response.completed", response=self.whole(asked, answer))

    def refusal(self, status: int, message: str) -> Json:
        return openai_error(status, message)


def items_of(said: Any) -> list[Json]:
    return [{"role": "user", "content": said}] if isinstance(said, str) else [item_of(item) for item in said]


def item_of(item: Json) -> Json:
    """An item with what the SDK's types demand of a model's message and the API does not."""
    if item.get("role") != "assistant" or isinstance(item["content"], str):
        return item
    content = [{"annotations": []} | part for part in item["content"]]
    return {"id": "msg_own", "status": "completed", "type": "message"} | item | {"content": content}


def check_items(items: list[Json]) -> None:
    """Reasoning comes back sealed, or not at all; every call has its output."""
    thoughts = [item for item in items if item.get("type") == "reasoning"]
    if any(item.get("encrypted_content") not in (None, SIGNATURE) for item in thoughts):
        raise Refused(400, "The encrypted content could not be verified.")
    calls = {item["call_id"] for item in items if item.get("type") == "function_call"}
    outputs = {item["call_id"] for item in items if item.get("type") == "function_call_output"}
    if calls != outputs:
        raise Refused(400, f"No tool output found for function call {', '.join(calls ^ outputs)}.")


def texts_of(items: list[Json], *roles: str) -> str:
    return " ".join(text_of(item["content"]) for item in items if item.get("role") in roles)


def text_of(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def schema_of(text: Json) -> Json | None:
    wanted = text.get("format", {})
    return wanted["schema"] if wanted.get("type") == "json_schema" else None


def response(asked: Asked, status: str) -> Json:
    return {
        "id": "resp_twin",
        "object": "response",
        "created_at": 1_750_000_000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": asked.system or None,
        "metadata": {},
        "model": asked.model,
        "output": [],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": None,
    }


def output(answer: Answer) -> list[Json]:
    items = [reasoning(answer.thought)] if answer.thought else []
    return [*items, function_call(answer) if answer.call else message(answer.text)]


def reasoning(thought: str) -> Json:
    summary = [{"type": "summary_text", "text": thought}]
    return {"type": "reasoning", "id": "rs_twin", "summary": summary, "encrypted_content": SIGNATURE}


def function_call(answer: Answer) -> Json:
    return {
        "type": "function_call",
        "id": "fc_twin",
        "call_id": "call_twin",
        "name": answer.call.name,
        "arguments": json.dumps(answer.arguments),
        "status": "completed",
    }


def message(text: str) -> Json:
    content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    return {"type": "message", "id": "msg_twin", "role": "assistant", "status": "completed", "content": content}


def usage(asked: Asked, answer: Answer) -> Json:
    return {
        "input_tokens": asked.size,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": answer.size,
        "output_tokens_details": {"reasoning_tokens": len(answer.thought.split())},
        "total_tokens": asked.size + answer.size,
    }


def opened(item: Json) -> Json:
    """An item as it is announced, before its content has come."""
    empty = {"summary": [], "arguments": "", "content": [], "status": "in_progress"}
    return item | {name: empty[name] for name in item if name in empty}


def inside(item: Json) -> Iterator[tuple[str, Json]]:
    """The events between an item's beginning and its end."""
    match item:
        case {"type": "reasoning", "summary": [part]}:
            yield from summary_events(part)
        case {"type": "function_call", "arguments": arguments, "name": name}:
            for half in halves(arguments):
                yield "function_call_arguments.delta", {"delta": half}
            yield "function_call_arguments.done", {"arguments": arguments, "name": name}
        case {"type": "message", "content": [part]}:
            yield from text_events(part)


def summary_events(part: Json) -> Iterator[tuple[str, Json]]:
    place = {"summary_index": 0}
    yield "reasoning_summary_part.added", place | {"part": part | {"text": ""}}
    for piece in pieces(part["text"]):
        yield "reasoning_summary_text.delta", place | {"delta": piece}
    yield "reasoning_summary_text.done", place | {"text": part["text"]}
    yield "reasoning_summary_part.done", place | {"part": part}


def text_events(part: Json) -> Iterator[tuple[str, Json]]:
    place = {"content_index": 0}
    yield "content_part.added", place | {"part": part | {"text": ""}}
    for piece in pieces(part["text"]):
        yield "output_text.delta", place | {"delta": piece, "logprobs": []}
    yield "output_text.done", place | {"text": part["text"], "logprobs": []}
    yield "content_part.done", place | {"part": part}
