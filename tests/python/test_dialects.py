"""Every client's dialect meets every provider's format: whoever asks and whoever answers, the caller cannot tell.

The clients are the official ones, and the providers are twins that refuse what the vendor would refuse.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from conftest import Gateway
from dialects import DIALECTS, TOOL, Dialect, Said, Wish
from twins import Twin
from twins.play import THOUGHT

PROVIDERS = {
    "openai-chat": ("custom_openai", "chat-model"),
    "openai-responses": ("openai/responses", "gpt-5"),
    "anthropic-messages": ("anthropic", "claude-sonnet-4-5"),
    "gemini-generate": ("gemini", "gemini-2.5-flash"),
}
"""By format, a provider that is asked in it whatever the caller's dialect, and one of its models."""

ASKED_IN_WORDS = "openai-responses"
"""Shows its thoughts only to who asks for a summary, which no other dialect can."""

THINKERS = [provider for provider in PROVIDERS if provider != "openai-chat"]
"""Chat completions keep their thoughts to themselves."""

RESULT = "It is dry."
BASES = {"openai-chat": "/v1", "openai-responses": "/v1", "anthropic-messages": "", "gemini-generate": "/v1beta"}
STATUSES = [400, 401, 404, 429, 500]
FAULTS = [*(f"fault-{status}" for status in STATUSES), "fault-cut"]

GAPS = {
    r"(shown|round_trip)\[openai-chat-client-streamed-anthropic": (
        "a streamed `thinking_blocks` has no `index`, as LiteLLM's has none, and OpenAI's stream reader demands one"
    ),
    r"shown\[gemini-generate-client-\w+-anthropic": "Gemini's `thinkingConfig` does not become Anthropic's `thinking`",
}
"""What the gateway cannot do yet, by a pattern of the tests' names."""

streamed = pytest.mark.parametrize("stream", [False, True], ids=["unary", "streamed"])
every_provider = pytest.mark.parametrize("provider", PROVIDERS)
every_thinker = pytest.mark.parametrize("provider", THINKERS)


@pytest.fixture(scope="module")
def one_gateway(twin: Twin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One gateway for all tests here: none of them changes it."""
    with Gateway(tmp_path_factory.mktemp("gateway"), config(twin), env={}) as gateway:
        yield gateway


@pytest.fixture(params=DIALECTS, ids=lambda dialect: f"{dialect.name}-client")
def client(request: pytest.FixtureRequest, one_gateway: Gateway) -> Dialect:
    """Each of the official clients in turn."""
    return request.param(one_gateway.url, one_gateway.key)


@pytest.fixture(autouse=True)
def known_gap(request: pytest.FixtureRequest) -> None:
    """Expects a test of a known gap to fail, and fails it once the gap is closed."""
    for pattern, reason in GAPS.items():
        if re.search(pattern, request.node.name):
            request.applymarker(pytest.mark.xfail(strict=True, reason=reason))


@every_provider
@streamed
def test_a_question_is_answered(client: Dialect, provider: str, stream: bool) -> None:
    said = client.ask(provider, [client.user("Hello, you")], Wish(stream=stream))
    assert said.text == f"{provider} was told '' and asked 'Hello, you'"


@every_provider
@streamed
def test_a_conversation_goes_on(client: Dialect, provider: str, stream: bool) -> None:
    turns = [client.user("Hello")]
    first = client.ask(provider, turns, Wish(stream=stream))
    said = client.ask(provider, [*turns, *first.turn, client.user("Again")], Wish(stream=stream))
    assert said.text == f"{provider} was told '' and asked 'Hello Again'"


@every_provider
@streamed
def test_the_system_prompt_reaches_the_model(client: Dialect, provider: str, stream: bool) -> None:
    said = client.ask(provider, [client.user("Hello")], Wish(stream=stream, system="Be brief."))
    assert said.text == f"{provider} was told 'Be brief.' and asked 'Hello'"


@every_provider
@streamed
def test_the_tokens_are_counted(client: Dialect, provider: str, stream: bool) -> None:
    said = client.ask(provider, [client.user("Hello")], Wish(stream=stream))
    assert min(said.tokens) > 0


@every_provider
@streamed
def test_the_answer_keeps_to_the_schema(client: Dialect, provider: str, stream: bool) -> None:
    said = client.ask(provider, [client.user("Where?")], Wish(stream=stream, city=True))
    assert json.loads(said.text) == {"city": "Oslo"}


@every_provider
@streamed
def test_a_tool_is_called_and_its_result_is_heard(client: Dialect, provider: str, stream: bool) -> None:
    called, said = use_a_tool(client, provider, Wish(stream=stream, tool=True))
    assert [(call.name, call.arguments) for call in called.calls] == [(TOOL, {"city": "Oslo"})]
    assert said.text.startswith(f"{provider} was told '' and asked 'Is it raining?' and learnt")
    assert heard(said)


@every_thinker
@streamed
def test_thoughts_are_shown(client: Dialect, provider: str, stream: bool) -> None:
    if provider == ASKED_IN_WORDS != client.name:
        pytest.skip("only the Responses API has a word for wanting to see thoughts of its models")
    said = client.ask(provider, [client.user("Why?")], Wish(stream=stream, think=True))
    assert said.thought == THOUGHT
    assert said.text == f"{provider} was told '' and asked 'Why?'"


@every_thinker
@streamed
def test_a_thought_before_a_call_survives_the_round_trip(client: Dialect, provider: str, stream: bool) -> None:
    """The twins refuse a thought whose signature changed; Anthropic's refuses a call without its thought."""
    _, said = use_a_tool(client, provider, Wish(stream=stream, tool=True, think=True))
    assert heard(said)


@every_provider
@pytest.mark.parametrize("status", STATUSES)
@streamed
def test_an_error_is_raised_as_the_client_knows_it(client: Dialect, provider: str, status: int, stream: bool) -> None:
    with pytest.raises(client.failure(status), match=f"asked to fail with {status}") as raised:
        client.ask(f"{provider}-fault-{status}", [client.user("Hello")], Wish(stream=stream))
    assert status_of(raised.value) == status


@every_provider
def test_a_stream_that_breaks_off_is_not_taken_for_an_answer(client: Dialect, provider: str) -> None:
    with pytest.raises(client.broken):
        client.ask(f"{provider}-fault-cut", [client.user("Hello")], Wish(stream=True))


def heard(said: Said) -> bool:
    """Whether the result arrived. Gemini's callers give an object, which others are told as JSON."""
    return RESULT in said.text


def use_a_tool(client: Dialect, provider: str, wish: Wish) -> tuple[Said, Said]:
    """The call, and the answer once its result is known."""
    turns = [client.user("Is it raining?")]
    called = client.ask(provider, turns, wish)
    results = [client.result(call, RESULT) for call in called.calls]
    return called, client.ask(provider, turns + called.turn + results, wish)


def status_of(error: Exception) -> int:
    return getattr(error, "status_code", None) or error.code


def config(twin: Twin) -> str:
    """One working model for each format, and one for each way to fail."""
    deployments = [
        deployment(twin, name, f"{provider}/{model}", BASES[format])
        for format, (provider, working) in PROVIDERS.items()
        for name, model in [(format, working), *((f"{format}-{fault}", fault) for fault in FAULTS)]
    ]
    return json.dumps({"model_list": deployments, "router_settings": {"num_retries": 0}})


def deployment(twin: Twin, name: str, model: str, base: str) -> dict[str, object]:
    params = {"model": model, "api_base": twin.url + base, "api_key": twin.key}
    return {"model_name": name, "litellm_params": params}
