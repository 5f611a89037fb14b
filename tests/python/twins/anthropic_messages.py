"""Anthropic's messages.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from anthropic.types.beta.message_create_params import MessageCreateParamsBase as BetaParams
from anthropic.types.message_create_params import MessageCreateParamsBase as Params
from twins.play import SIGNATURE, Answer, Asked, Json, Refused, Tool, halves, pieces
from twins.strict import check
from twins.vendor import Headers

ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "api_error",
}

OUTPUT_FORMAT_BETA = "structured-outputs-2025-11-13"
"""The API takes `output_format` with it; newer SDKs only know `output_config.format`, which took its place."""


class AnthropicMessages:
    name = "anthropic-messages"

    def serves(self, path: str) -> bool:
        return path == "/v1/messages"

    def key(self, headers: Headers) -> str | None:
        return headers.get("x-api-key")

    def read(self, path: str, headers: Headers, body: Json) -> Asked:
        if "anthropic-version" not in headers:
            raise Refused(400, "anthropic-version: header is required")
        betas = headers.get("anthropic-beta", "")
        besides = {"stream", "output_format"} if OUTPUT_FORMAT_BETA in betas else {"stream"}
        check(BetaParams if betas else Params, body, besides=frozenset(besides))
        messages = body["messages"]
        check_thinking(body, messages)
        return Asked(
            vendor=self.name,
            model=body["model"],
            stream=body.get("stream") is True,
            system=text_of(body.get("system", "")),
            user=" ".join(text_of(turn["content"]) for turn in messages if turn["role"] == "user").strip(),
            results=[text_of(block["content"]) for block in blocks(messages, "tool_result")],
            tools=[Tool(tool["name"], tool["input_schema"]) for tool in body.get("tools", [])],
            schema=schema_of(body),
            thinks=thinks(body),
            size=len(json.dumps(messages)) // 4,
        )

    def whole(self, asked: Asked, answer: Answer) -> Json:
        usage = {"input_tokens": asked.size, "output_tokens": answer.size}
        end = {"stop_reason": stop_reason(answer), "stop_sequence": None}
        return head(asked) | end | {"content": content(answer), "usage": usage}

    def events(self, asked: Asked, answer: Answer) -> Iterator[str]:
        start = {"stop_reason": None, "stop_sequence": None, "content": []}
        start["usage"] = {"input_tokens": asked.size, "output_tokens": 1}
        yield event("message_start", message=head(asked) | start)
        yield event("ping")
        for index, block in enumerate(content(answer)):
            yield event("content_block_start", index=index, content_block=opened(block))
            for delta in deltas(block):
                yield event("content_block_delta", index=index, delta=delta)
            yield event("content_block_stop", index=index)
        end = {"stop_reason": stop_reason(answer), "stop_sequence": None}
        yield event("message_delta", delta=end, usage={"output_tokens": answer.size})
        yield event("message_stop")

    def refusal(self, status: int, message: str) -> Json:
        return {"type": "error", "error": {"type": ERRORS[status], "message": message}, "request_id": "req_twin"}


def thinks(body: Json) -> bool:
    return body.get("thinking", {}).get("type") in ("enabled", "adaptive")


def check_thinking(body: Json, messages: list[Json]) -> None:
    """Thoughts come back as they were sent; with thinking on, a call that is answered has its thought before it."""
    if any(block["signature"] != SIGNATURE for block in blocks(messages, "thinking")):
        raise Refused(400, "messages: Invalid `signature` in `thinking` block")
    if not thinks(body):
        return
    if body["thinking"].get("budget_tokens", 0) >= body["max_tokens"]:
        raise Refused(400, "`max_tokens` must be greater than `thinking.budget_tokens`")
    if body.get("tool_choice", {}).get("type") in ("any", "tool"):
        raise Refused(400, "Thinking may not be enabled when tool_choice forces tool use.")
    calls = [turn["content"] for turn in messages if list(blocks([turn], "tool_use"))]
    if calls and calls[-1][0]["type"] != "thinking":
        raise Refused(400, "messages: Expected `thinking`, but found `tool_use`")


def blocks(messages: list[Json], kind: str) -> Iterator[Json]:
    lists = (message["content"] for message in messages if isinstance(message["content"], list))
    return (block for content in lists for block in content if block["type"] == kind)


def text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(block["text"] for block in content if block["type"] == "text")


def schema_of(body: Json) -> Json | None:
    wanted = body.get("output_config", {}).get("format") or body.get("output_format")
    return wanted["schema"] if wanted else None


def head(asked: Asked) -> Json:
    return {"id": "msg_twin", "type": "message", "role": "assistant", "model": asked.model}


def content(answer: Answer) -> list[Json]:
    content: list[Json] = []
    if answer.thought:
        content.append({"type": "thinking", "thinking": answer.thought, "signature": SIGNATURE})
    if answer.call:
        content.append({"type": "tool_use", "id": "toolu_twin", "name": answer.call.name, "input": answer.arguments})
    else:
        content.append({"type": "text", "text": answer.text})
    return content


def stop_reason(answer: Answer) -> str:
    return "tool_use" if answer.call else "end_turn"


def opened(block: Json) -> Json:
    """A block as it is announced, before its content has come."""
    empty = {"thinking": "", "signature": "", "text": "", "input": {}}
    return block | {name: empty[name] for name in block if name in empty}


def deltas(block: Json) -> Iterator[Json]:
    match block:
        case {"type": "thinking", "thinking": thought, "signature": signature}:
            yield from ({"type": "thinking_delta", "thinking": piece} for piece in pieces(thought))
            yield {"type": "signature_delta", "signature": signature}
        case {"type": "tool_use", "input": arguments}:
            halved = halves(json.dumps(arguments))
            yield from ({"type": "input_json_delta", "partial_json": half} for half in halved)
        case {"type": "text", "text": text}:
            yield from ({"type": "text_delta", "text": piece} for piece in pieces(text))


def event(kind: str, **data: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | data)}\n\n"
