"""The four official clients behind one face, so that a test can be written once and asked in every dialect.

Nothing is rebuilt by hand: a turn of the model goes back exactly as its client gave it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import anthropic
import openai
from google import genai
from google.genai import types

CITY: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = "get_weather"
ABOUT = "Tells the weather in a city."
THOUGHT_TOKENS = 1024


@dataclass(frozen=True)
class Call:
    """A function that the model wants to have called."""

    id: str | None
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Said:
    """What the model answered, and its turn as the client wants it back."""

    text: str
    turn: list[Any]
    tokens: tuple[int, int]
    """The request's and the answer's."""
    thought: str = ""
    calls: list[Call] = field(default_factory=list)


@dataclass(frozen=True)
class Wish:
    """What is asked for besides the conversation."""

    stream: bool = False
    system: str | None = None
    tool: bool = False
    city: bool = False
    """The answer must be a `CITY`."""
    think: bool = False


class Dialect(ABC):
    """A client that talks to one gateway."""

    name: ClassVar[str]
    broken: ClassVar[tuple[type[Exception], ...]]
    """What the client raises when a stream does not end as it should."""

    @abstractmethod
    def ask(self, model: str, turns: list[Any], wish: Wish) -> Said:
        """Asks and reads the whole answer."""

    @abstractmethod
    def failure(self, status: int) -> type[Exception]:
        """What the client raises for an answer with this status."""

    @abstractmethod
    def result(self, call: Call, text: str) -> Any:
        """The turn that gives a call's result."""

    def user(self, text: str) -> Any:
        """The turn of a user."""
        return {"role": "user", "content": text}


class OpenAiChatClient(Dialect):
    name = "openai-chat"
    broken = (openai.APIError,)

    def __init__(self, url: str, key: str) -> None:
        self._client = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)

    def ask(self, model: str, turns: list[Any], wish: Wish) -> Said:
        system = [{"role": "system", "content": wish.system}] if wish.system else []
        request = {"model": model, "messages": system + turns} | self._wishes(wish)
        if not wish.stream:
            return self._said(self._client.chat.completions.create(**request))
        with self._client.chat.completions.stream(**request, stream_options={"include_usage": True}) as stream:
            return self._said(stream.get_final_completion())

    def failure(self, status: int) -> type[Exception]:
        return status_error(openai, status)

    def result(self, call: Call, text: str) -> Any:
        return {"role": "tool", "tool_call_id": call.id, "content": text}

    def _wishes(self, wish: Wish) -> dict[str, Any]:
        wishes: dict[str, Any] = {}
        if wish.tool:
            function = {"name": TOOL, "description": ABOUT, "parameters": CITY, "strict": True}
            wishes["tools"] = [{"type": "function", "function": function}]
        if wish.city:
            schema = {"name": "city", "schema": CITY, "strict": True}
            wishes["response_format"] = {"type": "json_schema", "json_schema": schema}
        if wish.think:
            wishes["reasoning_effort"] = "low"
        return wishes

    def _said(self, completion: Any) -> Said:
        message, usage = completion.choices[0].message, completion.usage
        calls = [
            Call(call.id, call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []
        ]
        return Said(
            text=message.content or "",
            turn=[self._turn(message)],
            tokens=(usage.prompt_tokens, usage.completion_tokens),
            thought=getattr(message, "reasoning_content", None) or "",
            calls=calls,
        )

    def _turn(self, message: Any) -> dict[str, Any]:
        """Without what the client's stream reader added of its own."""
        own = {"index": True, "function": {"parsed_arguments"}}
        return message.model_dump(exclude_none=True, exclude={"parsed": True, "tool_calls": {"__all__": own}})


class OpenAiResponsesClient(Dialect):
    name = "openai-responses"
    broken = (openai.APIError, RuntimeError)

    def __init__(self, url: str, key: str) -> None:
        self._client = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)

    def ask(self, model: str, turns: list[Any], wish: Wish) -> Said:
        request = {"model": model, "input": turns, "store": False} | self._wishes(wish)
        if not wish.stream:
            return self._said(self._client.responses.create(**request))
        with self._client.responses.stream(**request) as stream:
            deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
            said = self._said(stream.get_final_response())
        assert "".join(deltas) == said.text, "the deltas add up to the final text"
        return said

    def failure(self, status: int) -> type[Exception]:
        return status_error(openai, status)

    def result(self, call: Call, text: str) -> Any:
        return {"type": "function_call_output", "call_id": call.id, "output": text}

    def _wishes(self, wish: Wish) -> dict[str, Any]:
        wishes: dict[str, Any] = {}
        if wish.system:
            wishes["instructions"] = wish.system
        if wish.tool:
            function = {"name": TOOL, "description": ABOUT, "parameters": CITY, "strict": True}
            wishes["tools"] = [{"type": "function"} | function]
        if wish.city:
            wishes["text"] = {"format": {"type": "json_schema", "name": "city", "schema": CITY, "strict": True}}
        if wish.think:
            wishes["reasoning"] = {"effort": "low", "summary": "auto"}
            wishes["include"] = ["reasoning.encrypted_content"]
        return wishes

    def _said(self, response: Any) -> Said:
        usage = response.usage
        thoughts = [item for item in response.output if item.type == "reasoning"]
        calls = [item for item in response.output if item.type == "function_call"]
        return Said(
            text=response.output_text,
            turn=list(response.output),
            tokens=(usage.input_tokens, usage.output_tokens),
            thought="".join(part.text for item in thoughts for part in item.summary or item.content or []),
            calls=[Call(item.call_id, item.name, json.loads(item.arguments)) for item in calls],
        )


class AnthropicClient(Dialect):
    name = "anthropic-messages"
    broken = (anthropic.APIError,)

    def __init__(self, url: str, key: str) -> None:
        self._client = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)

    def ask(self, model: str, turns: list[Any], wish: Wish) -> Said:
        request = {"model": model, "messages": turns, "max_tokens": 2 * THOUGHT_TOKENS} | self._wishes(wish)
        if not wish.stream:
            return self._said(self._client.messages.create(**request))
        with self._client.messages.stream(**request) as stream:
            return self._said(stream.get_final_message())

    def failure(self, status: int) -> type[Exception]:
        return status_error(anthropic, status)

    def result(self, call: Call, text: str) -> Any:
        return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": text}]}

    def _wishes(self, wish: Wish) -> dict[str, Any]:
        wishes: dict[str, Any] = {}
        if wish.system:
            wishes["system"] = wish.system
        if wish.tool:
            wishes["tools"] = [{"name": TOOL, "description": ABOUT, "input_schema": CITY}]
        if wish.city:
            wishes["output_config"] = {"format": {"type": "json_schema", "schema": CITY}}
        if wish.think:
            wishes["thinking"] = {"type": "enabled", "budget_tokens": THOUGHT_TOKENS}
        return wishes

    def _said(self, message: Any) -> Said:
        blocks = message.content
        return Said(
            text="".join(block.text for block in blocks if block.type == "text"),
            turn=[{"role": "assistant", "content": blocks}],
            tokens=(message.usage.input_tokens, message.usage.output_tokens),
            thought="".join(block.thinking for block in blocks if block.type == "thinking"),
            calls=[Call(block.id, block.name, block.input) for block in blocks if block.type == "tool_use"],
        )


class GeminiClient(Dialect):
    name = "gemini-generate"
    broken = (genai.errors.APIError, genai.errors.UnknownApiResponseError)

    def __init__(self, url: str, key: str) -> None:
        self._client = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))

    def ask(self, model: str, turns: list[Any], wish: Wish) -> Said:
        request = {"model": model, "contents": turns, "config": self._config(wish)}
        if wish.stream:
            return self._said(list(self._client.models.generate_content_stream(**request)))
        return self._said([self._client.models.generate_content(**request)])

    def failure(self, status: int) -> type[Exception]:
        return genai.errors.ServerError if status >= 500 else genai.errors.ClientError

    def user(self, text: str) -> Any:
        return types.UserContent(text)

    def result(self, call: Call, text: str) -> Any:
        response = types.FunctionResponse(id=call.id, name=call.name, response={"output": text})
        return types.Content(role="user", parts=[types.Part(function_response=response)])

    def _config(self, wish: Wish) -> types.GenerateContentConfig:
        config = types.GenerateContentConfig(system_instruction=wish.system)
        if wish.tool:
            function = types.FunctionDeclaration(name=TOOL, description=ABOUT, parameters_json_schema=CITY)
            config.tools = [types.Tool(function_declarations=[function])]
        if wish.city:
            config.response_mime_type = "application/json"
            config.response_json_schema = CITY
        if wish.think:
            config.thinking_config = types.ThinkingConfig(include_thoughts=True, thinking_budget=THOUGHT_TOKENS)
        return config

    def _said(self, chunks: list[types.GenerateContentResponse]) -> Said:
        contents = [chunk.candidates[0].content for chunk in chunks if chunk.candidates]
        parts = [part for content in contents if content for part in content.parts or []]
        usage = chunks[-1].usage_metadata
        calls = [part.function_call for part in parts if part.function_call]
        return Said(
            text="".join(part.text or "" for part in parts if not part.thought),
            turn=[types.Content(role="model", parts=parts)],
            tokens=(usage.prompt_token_count, usage.candidates_token_count),
            thought="".join(part.text or "" for part in parts if part.thought),
            calls=[Call(call.id, call.name, call.args) for call in calls],
        )


DIALECTS: list[type[Dialect]] = [OpenAiChatClient, OpenAiResponsesClient, AnthropicClient, GeminiClient]


def status_error(sdk: Any, status: int) -> type[Exception]:
    """The class that both OpenAI's and Anthropic's clients have for a status, under the same name."""
    names = {
        400: "BadRequestError",
        401: "AuthenticationError",
        404: "NotFoundError",
        429: "RateLimitError",
        500: "InternalServerError",
    }
    return getattr(sdk, names[status])
