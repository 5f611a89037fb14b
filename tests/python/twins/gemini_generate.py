"""Gemini's generateContent.

https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from google.genai import types
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from twins.play import SIGNATURE, Answer, Asked, Json, Refused, Tool, pieces
from twins.strict import worded
from twins.vendor import Headers

PATH = re.compile(r"/v1(?:beta|alpha)?/models/([^/:]+):(generateContent|streamGenerateContent)")

STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
}


class Params(BaseModel):
    """The body on the wire, for which the SDK has no type of its own: it has one for each member.

    A name may be spelt either way, as in every JSON form of a protocol buffer.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    contents: list[types.Content]
    system_instruction: types.Content = types.Content(parts=[])
    tools: list[types.Tool] = []
    tool_config: types.ToolConfig | None = None
    safety_settings: list[types.SafetySetting] = []
    generation_config: types.GenerationConfig = types.GenerationConfig()
    cached_content: str | None = None
    labels: dict[str, str] = {}


class GeminiGenerate:
    name = "gemini-generate"

    def serves(self, path: str) -> bool:
        return PATH.fullmatch(path) is not None

    def key(self, headers: Headers) -> str | None:
        return headers.get("x-goog-api-key")

    def read(self, path: str, headers: Headers, body: Json) -> Asked:
        params = params_of(body)
        contents, config = params.contents, params.generation_config
        check_turns(contents)
        model, method = PATH.fullmatch(path).groups()
        return Asked(
            vendor=self.name,
            model=model,
            stream=method == "streamGenerateContent",
            system=text_of(params.system_instruction),
            user=" ".join(filter(None, (text_of(turn) for turn in contents if turn.role == "user"))),
            results=[result_of(part.function_response) for part in parts(contents) if part.function_response],
            tools=[tool_of(function) for tool in params.tools for function in tool.function_declarations or []],
            schema=plain(config.response_json_schema or config.response_schema),
            thinks=config.thinking_config is not None and config.thinking_config.include_thoughts is True,
            size=len(json.dumps(body["contents"])) // 4,
        )

    def whole(self, asked: Asked, answer: Answer) -> Json:
        return response(asked, answer, [*thoughts(answer), last(answer, answer.text)], finish="STOP")

    def events(self, asked: Asked, answer: Answer) -> Iterator[str]:
        for thought in thoughts(answer):
            yield event(response(asked, answer, [thought]))
        said = list(pieces(answer.text)) or [""]
        for piece in said[:-1]:
            yield event(response(asked, answer, [{"text": piece}]))
        yield event(response(asked, answer, [last(answer, said[-1])], finish="STOP"))

    def refusal(self, status: int, message: str) -> Json:
        return {"error": {"code": status, "message": message, "status": STATUSES[status]}}


def params_of(body: Json) -> Params:
    try:
        return Params.model_validate_json(json.dumps(body))
    except ValidationError as error:
        raise Refused(400, worded(error)) from None


def check_turns(contents: list[types.Content]) -> None:
    """Signatures come back unchanged, and every call has its result."""
    if any(part.thought_signature not in (None, b64decode(SIGNATURE)) for part in parts(contents)):
        raise Refused(400, "Thought signature is not valid.")
    calls = sum(1 for part in parts(contents) if part.function_call)
    results = sum(1 for part in parts(contents) if part.function_response)
    if calls != results:
        raise Refused(400, "Please ensure that the number of function response parts is equal to that of the calls.")


def parts(contents: list[types.Content]) -> Iterator[types.Part]:
    return (part for turn in contents for part in turn.parts or [])


def text_of(turn: types.Content) -> str:
    return "".join(part.text or "" for part in turn.parts or [] if not part.thought)


def result_of(result: types.FunctionResponse) -> str:
    """A result is an object; a text inside it has a name that the caller chose."""
    return " ".join(str(value) for value in (result.response or {}).values())


def tool_of(function: types.FunctionDeclaration) -> Tool:
    return Tool(function.name, plain(function.parameters_json_schema or function.parameters) or {})


def plain(schema: Any) -> Json | None:
    """A schema as JSON, whichever of the two kinds it is."""
    return schema.model_dump(mode="json", exclude_none=True) if isinstance(schema, types.Schema) else schema


def thoughts(answer: Answer) -> list[Json]:
    return [{"text": answer.thought, "thought": True}] if answer.thought else []


def last(answer: Answer, text: str) -> Json:
    """The part that ends the answer and, after a thought, bears its signature."""
    call = answer.call
    part = {"functionCall": {"name": call.name, "args": answer.arguments}} if call else {"text": text}
    return part | ({"thoughtSignature": SIGNATURE} if answer.thought else {})


def response(asked: Asked, answer: Answer, parts: list[Json], finish: str | None = None) -> Json:
    candidate: Json = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    usage = usage_of(asked, answer)
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": asked.model, "responseId": "twin"}


def usage_of(asked: Asked, answer: Answer) -> Json:
    thought = len(answer.thought.split())
    total = asked.size + answer.size + thought
    counts = {"promptTokenCount": asked.size, "candidatesTokenCount": answer.size, "totalTokenCount": total}
    return counts | ({"thoughtsTokenCount": thought} if thought else {})


def event(data: Any) -> str:
    return f"data: {json.dumps(data)}\r\n\r\n"
