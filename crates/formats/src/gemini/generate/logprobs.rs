//! `logprobsResult`: the probabilities of tokens, which everybody else writes as OpenAI does.

use ferrolite_types::RawJson;
use ferrolite_types::json::{Array, Fields, Object, Value, object};

/// Reads `logprobsResult` into OpenAI's shape; nothing where it says nothing.
pub(super) fn read(result: Value<'_>) -> Option<RawJson> {
    let fields = result.fields().ok()?;
    let chosen = fields.peek("chosenCandidates")?.items().ok()?;
    let mut others = fields.peek("topCandidates").and_then(|top| top.items().ok()).into_iter().flatten();
    let mut body = Vec::new();
    object(&mut body, |out| {
        out.field("content").array(|list| {
            for token in chosen {
                let others = others.next();
                list.item().object(|out| {
                    read_token(token, out);
                    out.field("top_logprobs").array(|list| read_others(others, list));
                });
            }
        });
    });
    Some(RawJson::from_writer(body))
}

fn read_others(top: Option<Value<'_>>, out: &mut Array<'_>) {
    let candidates = top.and_then(|top| top.fields().ok()?.peek("candidates")?.items().ok());
    candidates.into_iter().flatten().for_each(|token| out.item().object(|out| read_token(token, out)));
}

fn read_token(token: Value<'_>, out: &mut Object<'_>) {
    let Ok(fields) = token.fields() else { return };
    out.maybe_raw("token", fields.peek("token").map(Value::to_raw).as_ref());
    out.maybe_raw("logprob", fields.peek("logProbability").map(Value::to_raw).as_ref());
}

/// Writes `logprobsResult` from OpenAI's shape.
pub(super) fn write(logprobs: &RawJson, out: &mut Object<'_>) {
    let content = logprobs.value().fields().ok().and_then(|fields| fields.peek("content")?.items().ok());
    let tokens: Vec<Fields<'_>> =
        content.into_iter().flatten().filter_map(|token| token.fields().ok()).collect();
    if tokens.is_empty() {
        return;
    }
    out.field("logprobsResult").object(|out| {
        out.field("chosenCandidates").array(|list| tokens.iter().for_each(|token| write_token(token, list)));
        out.field("topCandidates").array(|list| tokens.iter().for_each(|token| write_others(token, list)));
    });
}

fn write_others(token: &Fields<'_>, out: &mut Array<'_>) {
    let others = token.peek("top_logprobs").and_then(|others| others.items().ok()).into_iter().flatten();
    out.item().object(|out| {
        out.field("candidates").array(|list| {
            others.filter_map(|other| other.fields().ok()).for_each(|other| write_token(&other, list));
        });
    });
}

fn write_token(token: &Fields<'_>, out: &mut Array<'_>) {
    out.item().object(|out| {
        out.maybe_raw("token", token.peek("token").map(Value::to_raw).as_ref());
        out.maybe_raw("logProbability", token.peek("logprob").map(Value::to_raw).as_ref());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openais_shape_is_read_and_written_back() {
        let google = r#"{"chosenCandidates":[{"token":"a","logProbability":-0.5}],"topCandidates":[{"candidates":[{"token":"a","logProbability":-0.5},{"token":"b","logProbability":-1}]}]}"#;
        let openai = read(Value::parse(google).unwrap()).unwrap();
        let expected = r#"{"content":[{"token":"a","logprob":-0.5,"top_logprobs":[{"token":"a","logprob":-0.5},{"token":"b","logprob":-1}]}]}"#;
        assert_eq!(openai.as_str(), expected);
        let mut back = Vec::new();
        object(&mut back, |out| write(&openai, out));
        assert_eq!(String::from_utf8(back).unwrap(), format!(r#"{{"logprobsResult":{google}}}"#));
    }
}
