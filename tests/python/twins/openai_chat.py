"""OpenAI's chat completions.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from twins.play import Answer, Asked, Json, Tool, halves, pieces
from twins.strict import check
from twins.vendor import Headers

ERRORS = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", None),
}


class OpenAiChat:
    name = "openai-chat"

    def serves(self, path: str) -> bool:
        return path == "/v1/chat/completions"

    def key(self, headers: Headers) -> str | None:
        return bearer(headers)

    def read(self, path: str, headers: Headers, body: Json) -> Asked:
        check(CompletionCreateParamsBase, body, besides=frozenset({"stream"}))
        messages = body["messages"]
        return Asked(
            vendor=self.name,
            model=body["model"],
            stream=body.get("stream") is True,
            system=texts_of(messages, "system", "developer"),
            user=texts_of(messages, "user"),
            results=[text_of(message["content"]) for message in messages if message["role"] == "tool"],
            tools=[tool_of(tool["function"]) for tool in body.get("tools", [])],
            schema=schema_of(body.get("response_format", {})),
            size=len(json.dumps(messages)) // 4,
        )

    def whole(self, asked: Asked, answer: Answer) -> Json:
        message: Json = {"role": "assistant", "content": answer.text or None, "refusal": None, "annotations": []}
        if answer.call:
            message["tool_calls"] = [call(answer.call.name, json.dumps(answer.arguments))]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish(answer)}
        return head(asked, "chat.completion") | {"choices": [choice], "usage": usage(asked, answer)}

    def events(self, asked: Asked, answer: Answer) -> Iterator[str]:
        yield chunk(asked, {"role": "assistant", "content": "" if answer.text else None, "refusal": None})
        for piece in pieces(answer.text):
            yield chunk(asked, {"content": piece})
        for delta in call_deltas(answer):
            yield chunk(asked, {"tool_calls": [delta]})
        yield chunk(asked, {}, finish(answer))
        yield event(head(asked, "chat.completion.chunk") | {"choices": [], "usage": usage(asked, answer)})
        yield "data: [DONE]\n\n"

    def refusal(self, status: int, message: str) -> Json:
        return openai_error(status, message)


def bearer(headers: Headers) -> str | None:
    return headers.get("authorization", "").removeprefix("Bearer ") or None


def openai_error(status: int, message: str) -> Json:
    kind, code = ERRORS[status]
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def texts_of(messages: list[Json], *roles: str) -> str:
    return " ".join(text_of(message["content"]) for message in messages if message["role"] in roles)


def text_of(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def tool_of(function: Json) -> Tool:
    return Tool(function["name"], function.get("parameters", {}))


def schema_of(response_format: Json) -> Json | None:
    return response_format["json_schema"]["schema"] if response_format.get("type") == "json_schema" else None


def head(asked: Asked, kind: str) -> Json:
    return {"id": "chatcmpl-twin", "object": kind, "created": 1_750_000_000, "model": asked.model}


def call(name: str, arguments: str) -> Json:
    return {"id": "call_twin", "type": "function", "function": {"name": name, "arguments": arguments}}


def call_deltas(answer: Answer) -> Iterator[Json]:
    if answer.call:
        yield {"index": 0} | call(answer.call.name, "")
        for half in halves(json.dumps(answer.arguments)):
            yield {"index": 0, "function": {"arguments": half}}


def finish(answer: Answer) -> str:
    return "tool_calls" if answer.call else "stop"


def usage(asked: Asked, answer: Answer) -> Json:
    return {
        "prompt_tokens": asked.size,
        "completion_tokens": answer.size,
        "total_tokens": asked.size + answer.size,
    }


def chunk(asked: Asked, delta: Json, finish_reason: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return event(head(asked, "chat.completion.chunk") | {"choices": [choice], "usage": None})


def event(data: Json) -> str:
    return f"data: {json.dumps(data)}\n\n"
