"""The official OpenAI client cannot tell the gateway from OpenAI: blocking and asynchronous, in front of a provider
and in front of the mock that needs none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import openai
import pydantic
import pytest
from conftest import Gateway, Provider

STATUSES = [400, 401, 403, 404, 409, 422, 429, 500, 503]
ERRORS = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    409: openai.ConflictError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
}

HELLO = [{"role": "user", "content": "Hello, you"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Behind(NamedTuple):
    """Who answers, and under which names."""

    chat: str
    tools: str
    fault: str
    """Followed by a status."""
    echo: str
    """What it says to `HELLO`."""
    after_tool: str
    """What it says to the result `dry`."""


PROVIDER = Behind("fast", "fast", "fault-", "The user said: Hello, you", "The tool said: dry")
MOCK = Behind("mock", "mock-tool", "mock-fault-", "You said: Hello, you", "You said: dry")


def config(provider: Provider) -> str:
    """Every model that the tests ask for; a failure is final."""
    asked = {"api_base": f"{provider.url}/v1", "api_key": "sk-provider"}
    served = {"fast": "openai/gpt-4o", "team/fast": "openai/gpt-4o", "hang": "openai/gpt-4o-fault-hang"}
    served |= {f"fault-{status}": f"openai/gpt-4o-fault-{status}" for status in STATUSES}
    played = {"mock": "mock/hello", "mock-tool": "mock/tool"}
    played |= {f"mock-fault-{status}": f"mock/fault-{status}" for status in STATUSES}
    models = [{"model_name": name, "litellm_params": {"model": model} | asked} for name, model in served.items()]
    models += [{"model_name": name, "litellm_params": {"model": model}} for name, model in played.items()]
    return json.dumps({"model_list": models, "router_settings": {"num_retries": 0}})


class House(NamedTuple):
    gateway: Gateway
    provider: Provider


@pytest.fixture(scope="module")
def one_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One gateway and one provider for all tests here: none of them changes either."""
    with Provider(tmp_path_factory.mktemp("provider")) as provider:
        with Gateway(tmp_path_factory.mktemp("gateway"), config(provider), env={}) as gateway:
            yield House(gateway, provider)


@pytest.fixture
def house(one_house: House) -> House:
    one_house.provider.reset()
    return one_house


class Blocking:
    """The client whose calls block."""

    def __init__(self, gateway: Gateway, **options: Any) -> None:
        self.client: Any = openai.OpenAI(**about(gateway), **options)

    def wait(self, answer: Any) -> Any:
        return answer

    def pieces(self, stream: Any) -> list[Any]:
        return list(stream)

    def close(self) -> None:
        self.client.close()


class Asynchronous:
    """The client whose calls are awaited, on a loop of its own."""

    def __init__(self, gateway: Gateway, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self.client: Any = openai.AsyncOpenAI(**about(gateway), **options)

    def wait(self, answer: Any) -> Any:
        return self._loop.run_until_complete(answer)

    def pieces(self, stream: Any) -> list[Any]:
        async def collected() -> list[Any]:
            return [piece async for piece in stream]

        return self.wait(collected())

    def close(self) -> None:
        self.wait(self.client.close())
        self._loop.close()


Caller = Blocking | Asynchronous


def about(gateway: Gateway) -> dict[str, Any]:
    return {"base_url": f"{gateway.url}/v1", "api_key": gateway.key, "max_retries": 0}


@pytest.fixture(scope="module", params=[Blocking, Asynchronous], ids=["blocking", "asynchronous"])
def one_caller(request: pytest.FixtureRequest, one_house: House) -> Iterator[Caller]:
    """Each client in turn; what one holds on to while it is there, all tests have."""
    caller = request.param(one_house.gateway)
    yield caller
    caller.close()


@pytest.fixture
def caller(one_caller: Caller, house: House) -> Caller:
    """A client whose provider has heard nothing yet."""
    return one_caller


behind_both = pytest.mark.parametrize("behind", [PROVIDER, MOCK], ids=["provider", "mock"])
streamed = pytest.mark.parametrize("stream", [False, True], ids=["unary", "streamed"])


def ask(caller: Caller, model: str, messages: list[Any] = HELLO, **options: Any) -> Any:
    """A whole answer, or the pieces of a streamed one."""
    answer = caller.wait(caller.client.chat.completions.create(model=model, messages=messages, **options))
    return caller.pieces(answer) if options.get("stream") else answer


def said(pieces: list[Any]) -> str:
    return "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)


@behind_both
def test_a_question_is_answered(caller: Caller, behind: Behind) -> None:
    completion = ask(caller, behind.chat)
    assert completion.choices[0].message.content == behind.echo
    assert completion.choices[0].finish_reason == "stop"
    assert completion.model == behind.chat
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens > 0


@behind_both
def test_a_stream_says_what_a_whole_answer_says(caller: Caller, behind: Behind) -> None:
    pieces = ask(caller, behind.chat, stream=True)
    assert said(pieces) == behind.echo
    assert len(pieces) > 3
    assert {piece.model for piece in pieces} == {behind.chat}
    assert pieces[-1].choices[0].finish_reason == "stop"
    assert all(piece.usage is None for piece in pieces)


@behind_both
def test_the_usage_ends_a_stream_where_it_was_asked_for(caller: Caller, behind: Behind) -> None:
    pieces = ask(caller, behind.chat, stream=True, stream_options={"include_usage": True})
    assert said(pieces) == behind.echo
    assert all(piece.usage is None for piece in pieces[:-1])
    whole = ask(caller, behind.chat).usage
    assert pieces[-1].usage.completion_tokens == whole.completion_tokens > 0


@behind_both
@streamed
def test_a_tool_is_called_and_its_result_answered(caller: Caller, behind: Behind, stream: bool) -> None:
    answer = ask(caller, behind.tools, tools=[WEATHER], stream=stream)
    call = put_together(answer) if stream else answer.choices[0].message.tool_calls[0].model_dump()
    assert call["function"]["name"] == "weather"
    json.loads(call["function"]["arguments"])

    turns = [
        *HELLO,
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "dry"},
    ]
    answer = ask(caller, behind.tools, turns, tools=[WEATHER], stream=stream)
    assert (said(answer) if stream else answer.choices[0].message.content) == behind.after_tool


def put_together(pieces: list[Any]) -> dict[str, Any]:
    """The only tool call of a stream."""
    deltas = [call for piece in pieces if piece.choices for call in piece.choices[0].delta.tool_calls or []]
    assert {delta.index for delta in deltas} == {0}
    assert pieces[-1].choices[0].finish_reason == "tool_calls"
    arguments = "".join(delta.function.arguments or "" for delta in deltas)
    return {"id": deltas[0].id, "type": "function", "function": {"name": deltas[0].function.name, "arguments": arguments}}


def test_several_answers_are_told_apart(caller: Caller) -> None:
    completion = ask(caller, "fast", n=2)
    assert [choice.index for choice in completion.choices] == [0, 1]
    pieces = ask(caller, "fast", n=2, stream=True)
    assert {piece.choices[0].index for piece in pieces} == {0, 1}


class Person(pydantic.BaseModel):
    name: str
    age: int


class Meeting(pydantic.BaseModel):
    title: str
    hours: float
    people: list[Person]
    room: str | None


def test_a_structured_answer_is_parsed(caller: Caller, house: House) -> None:
    parsing = caller.client.chat.completions.parse(model="fast", messages=HELLO, response_format=Meeting)
    meeting = caller.wait(parsing).choices[0].message.parsed
    assert isinstance(meeting, Meeting)
    asked = house.provider.requests()[0]["json"]["response_format"]
    assert (asked["type"], asked["json_schema"]["name"]) == ("json_schema", "Meeting")
    assert asked["json_schema"]["strict"] is True


def test_a_parsed_tool_call_is_typed(caller: Caller) -> None:
    tool = openai.pydantic_function_tool(Person)
    parsing = caller.client.chat.completions.parse(model="fast", messages=HELLO, tools=[tool])
    call = caller.wait(parsing).choices[0].message.tool_calls[0]
    assert isinstance(call.function.parsed_arguments, Person)


def test_the_clients_own_stream_helper_puts_answers_together(house: House) -> None:
    caller = Blocking(house.gateway)
    with caller.client.chat.completions.stream(model="fast", messages=HELLO) as stream:
        kinds = {event.type for event in stream}
        completion = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert completion.choices[0].message.content == PROVIDER.echo


@behind_both
@streamed
@pytest.mark.parametrize("status", STATUSES)
def test_a_refusal_raises_its_own_exception(caller: Caller, behind: Behind, stream: bool, status: int) -> None:
    with pytest.raises(ERRORS[status]) as refusal:
        ask(caller, f"{behind.fault}{status}", stream=stream)
    assert refusal.value.status_code == status
    assert refusal.value.code == str(status)
    assert refusal.value.message


def test_a_model_that_nobody_serves_is_a_bad_request(caller: Caller) -> None:
    with pytest.raises(openai.BadRequestError, match="Invalid model name passed in model=nobody"):
        ask(caller, "nobody")


def test_a_key_that_is_none_is_refused(house: House) -> None:
    caller = Blocking(house.gateway)
    with pytest.raises(openai.AuthenticationError, match="Malformed API Key"):
        ask(caller, "fast", extra_headers={"Authorization": "sk-without-its-scheme"})
    with pytest.raises(openai.BadRequestError, match="No connected db"):
        ask(caller, "fast", extra_headers={"Authorization": "Bearer sk-wrong"})
    assert house.provider.requests() == []


@streamed
def test_a_caller_who_waits_no_longer_is_not_kept(house: House, stream: bool) -> None:
    for client in [Blocking, Asynchronous]:
        caller = client(house.gateway, timeout=0.3)
        with pytest.raises(openai.APITimeoutError):
            ask(caller, "hang", stream=stream)
        caller.close()


def test_a_stream_that_breaks_off_raises_after_its_words(caller: Caller, house: House) -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "one word"}}]}
    house.provider.enqueue({"body": {"stream": [{"send": f"data: {json.dumps(chunk)}\n\n"}, "cut"]}})
    heard: list[str] = []
    with pytest.raises(openai.APIError, match="hung up before its answer was complete"):
        listen(caller, heard)
    assert heard == ["one word"]


def test_a_failure_that_the_provider_tells_in_a_stream_is_raised(caller: Caller, house: House) -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "one word"}}]}
    frames = "".join(f"data: {json.dumps(event)}\n\n" for event in [chunk, {"error": {"message": "out of words"}}])
    house.provider.enqueue({"body": {"stream": [{"send": frames}]}})
    heard: list[str] = []
    with pytest.raises(openai.APIError, match="out of words"):
        listen(caller, heard)
    assert heard == ["one word"]


def listen(caller: Caller, heard: list[str]) -> None:
    """Notes the words of a stream as they come."""
    stream = caller.wait(caller.client.chat.completions.create(model="fast", messages=HELLO, stream=True))
    if isinstance(caller, Blocking):
        heard.extend(piece.choices[0].delta.content for piece in stream)
        return

    async def listening() -> None:
        async for piece in stream:
            heard.append(piece.choices[0].delta.content)

    caller.wait(listening())


def test_the_models_are_listed_and_described(caller: Caller) -> None:
    names = [model.id for model in caller.pieces(caller.client.models.list())]
    assert {"fast", "team/fast", "mock"} <= set(names)
    assert caller.wait(caller.client.models.retrieve("fast")).id == "fast"
    with pytest.raises(openai.NotFoundError):
        caller.wait(caller.client.models.retrieve("nobody"))


def test_the_headers_tell_who_answered(house: House) -> None:
    client = Blocking(house.gateway).client
    raw = client.chat.completions.with_raw_response.create(
        model="fast", messages=HELLO, extra_headers={"x-litellm-call-id": "my-call"}
    )
    assert raw.headers["x-litellm-call-id"] == "my-call"
    assert raw.headers["x-litellm-model-group"] == "fast"
    assert raw.parse().choices[0].message.content == PROVIDER.echo


def test_parameters_that_nobody_knows_reach_the_provider(house: House) -> None:
    ask(Blocking(house.gateway), "fast", seed=7, extra_body={"unheard_of": {"a": [1.5]}})
    asked = house.provider.requests()[0]["json"]
    assert (asked["seed"], asked["unheard_of"]) == (7, {"a": [1.5]})


@pytest.mark.parametrize("model", ["fast", "team/fast"])
def test_azures_client_finds_its_way(house: House, model: str) -> None:
    url, key = house.gateway.url, house.gateway.key
    client = openai.AzureOpenAI(azure_endpoint=url, api_key=key, api_version="2024-10-21", max_retries=0)
    completion = client.chat.completions.create(model=model, messages=HELLO)
    assert completion.choices[0].message.content == PROVIDER.echo


def test_the_client_tries_again_by_itself(house: House) -> None:
    house.provider.enqueue({"status": 500, "body": {"json": {"error": {"message": "not now"}}}})
    client = Blocking(house.gateway).client.with_options(max_retries=1)
    completion = client.chat.completions.create(model="fast", messages=HELLO)
    assert completion.choices[0].message.content == PROVIDER.echo
    assert len(house.provider.requests()) == 2
