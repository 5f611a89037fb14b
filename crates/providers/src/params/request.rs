//! Takes out of a canonical request what the target does not support. Names are OpenAI's, as callers know them,
//! whatever dialect the request came in.

use std::borrow::Cow;

use ferrolite_formats::openai;
use ferrolite_types::chat::{ChatRequest, Reasoning};
use ferrolite_types::{Error, Loss, LossKind};

use super::{Params, Policy, Verdict};
use crate::param::Param;

/// Looks at each parameter that the request sets. Where it came in another dialect its caller never chose OpenAI's
/// parameters, so nothing is refused.
pub(super) fn check<'r>(
    params: &Params,
    policy: &Policy,
    request: &'r ChatRequest,
) -> Result<(Cow<'r, ChatRequest>, Vec<Loss>), Error> {
    let foreign = is_foreign(request);
    let (mut losses, mut refused, mut cleared) = (Vec::new(), Vec::new(), Vec::new());
    for param in Param::ALL.iter().copied().filter(|param| is_set(request, *param)) {
        let is_default = param == Param::N && request.output.n == Some(1);
        match params.verdict(policy, param, is_default) {
            Verdict::Sent => {}
            Verdict::TakenOut => cleared.push(param),
            Verdict::Refused if !foreign => refused.push(param),
            Verdict::Dropped | Verdict::Refused => {
                cleared.push(param);
                losses.push(Loss::new(LossKind::Parameter, param.as_str()));
            }
        }
    }
    match refused.as_slice() {
        [] => Ok((without(request, &cleared), losses)),
        refused => Err(params.unsupported(refused)),
    }
}

/// Whether a request came in another dialect than OpenAI's.
pub(super) fn is_foreign(request: &ChatRequest) -> bool {
    request.own.origin().is_some_and(|origin| origin != openai::chat::ID)
}

fn without<'r>(request: &'r ChatRequest, cleared: &[Param]) -> Cow<'r, ChatRequest> {
    let mut request = Cow::Borrowed(request);
    cleared.iter().for_each(|param| clear(request.to_mut(), *param));
    request
}

fn is_set(request: &ChatRequest, param: Param) -> bool {
    let ChatRequest {
        sampling,
        output,
        reasoning,
        tools,
        tool_choice,
        parallel_tools,
        thread,
        user,
        tier,
        ..
    } = request;
    match param {
        Param::Audio => output.audio.is_some(),
        Param::FrequencyPenalty => sampling.frequency_penalty.is_some(),
        Param::LogitBias => sampling.logit_bias.is_some(),
        Param::Logprobs => output.logprobs.is_some(),
        Param::MaxCompletionTokens => output.max_tokens.is_some() && output.max_tokens_count_thoughts,
        Param::MaxTokens => output.max_tokens.is_some() && !output.max_tokens_count_thoughts,
        Param::Modalities => !output.modalities.is_empty(),
        Param::N => output.n.is_some(),
        Param::ParallelToolCalls => parallel_tools.is_some(),
        Param::PresencePenalty => sampling.presence_penalty.is_some(),
        Param::ReasoningEffort => reasoning.as_ref().is_some_and(|reasoning| reasoning.effort.is_some()),
        Param::ResponseFormat => output.format.is_some(),
        Param::Seed => sampling.seed.is_some(),
        Param::ServiceTier => tier.is_some(),
        Param::Stop => !sampling.stop.is_empty(),
        Param::Store => thread.store.is_some(),
        Param::Temperature => sampling.temperature.is_some(),
        Param::Thinking => {
            reasoning.as_ref().is_some_and(|reasoning| reasoning.budget.is_some() || reasoning.adaptive)
        }
        Param::ToolChoice => tool_choice.is_some(),
        Param::Tools => !tools.is_empty(),
        Param::TopLogprobs => output.top_logprobs.is_some(),
        Param::TopP => sampling.top_p.is_some(),
        Param::User => user.is_some(),
        Param::Verbosity => output.verbosity.is_some(),
        // How the answer travels; every target streams.
        Param::Stream | Param::StreamOptions => false,
        Param::ContextManagement
        | Param::FunctionCall
        | Param::Functions
        | Param::IncludeServerSideToolInvocations
        | Param::Prediction
        | Param::PromptCacheKey
        | Param::PromptCacheRetention
        | Param::SafetyIdentifier
        | Param::WebSearchOptions => carried(request, param),
    }
}

/// Whether a member that the canonical request does not name was sent by a client of OpenAI's dialect; the same
/// name means something else in another.
fn carried(request: &ChatRequest, param: Param) -> bool {
    request.ext.origin() == Some(openai::chat::ID)
        && request.ext.get(param.as_str()).is_some_and(|value| !value.value().is_null())
}

fn clear(request: &mut ChatRequest, param: Param) {
    let ChatRequest {
        sampling,
        output,
        reasoning,
        tools,
        tool_choice,
        parallel_tools,
        thread,
        user,
        tier,
        ext,
        ..
    } = request;
    match param {
        Param::Audio => output.audio = None,
        Param::FrequencyPenalty => sampling.frequency_penalty = None,
        Param::LogitBias => sampling.logit_bias = None,
        Param::Logprobs => output.logprobs = None,
        Param::MaxCompletionTokens | Param::MaxTokens => output.max_tokens = None,
        Param::Modalities => output.modalities.clear(),
        Param::N => output.n = None,
        Param::ParallelToolCalls => *parallel_tools = None,
        Param::PresencePenalty => sampling.presence_penalty = None,
        Param::ReasoningEffort => forget(reasoning, |reasoning| reasoning.effort = None),
        Param::ResponseFormat => output.format = None,
        Param::Seed => sampling.seed = None,
        Param::ServiceTier => *tier = None,
        Param::Stop => sampling.stop.clear(),
        Param::Store => thread.store = None,
        Param::Temperature => sampling.temperature = None,
        Param::Thinking => {
            forget(reasoning, |reasoning| (reasoning.budget, reasoning.adaptive) = (None, false));
        }
        Param::ToolChoice => *tool_choice = None,
        Param::Tools => tools.clear(),
        Param::TopLogprobs => output.top_logprobs = None,
        Param::TopP => sampling.top_p = None,
        Param::User => *user = None,
        Param::Verbosity => output.verbosity = None,
        Param::Stream | Param::StreamOptions => {}
        Param::ContextManagement
        | Param::FunctionCall
        | Param::Functions
        | Param::IncludeServerSideToolInvocations
        | Param::Prediction
        | Param::PromptCacheKey
        | Param::PromptCacheRetention
        | Param::SafetyIdentifier
        | Param::WebSearchOptions => drop(ext.take(param.as_str())),
    }
}

fn forget(reasoning: &mut Option<Reasoning>, what: impl FnOnce(&mut Reasoning)) {
    if let Some(said) = reasoning {
        what(said);
        let Reasoning { effort, budget, adaptive, summary: _, ext: _ } = said;
        if effort.is_none() && budget.is_none() && !*adaptive {
            *reasoning = None;
        }
    }
}
