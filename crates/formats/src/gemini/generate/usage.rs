//! `usageMetadata`: Google counts prompts with what was cached of them, answers mostly without their thoughts,
//! and gives parts of the counts by modality; ours never overlap.

use ferrolite_types::json::{Fields, JsonError, Object};
use ferrolite_types::{Ext, Usage};

use super::ID;
use super::grounding::Searches;

/// Reads `usageMetadata`; the whole of it is also kept, to be said again as it came.
pub(super) fn read(mut fields: Fields<'_>, searches: &Searches) -> Result<Usage, JsonError> {
    let ext = Ext::rest_of(&fields, ID);
    let mut count = |key: &str| Ok::<u64, JsonError>(fields.u64(key)?.unwrap_or(0));
    let (prompt, candidates) = (count("promptTokenCount")?, count("candidatesTokenCount")?);
    let (thoughts, cached) = (count("thoughtsTokenCount")?, count("cachedContentTokenCount")?);
    let (tools, total) = (count("toolUsePromptTokenCount")?, count("totalTokenCount")?);
    let by_kind = fields.peek("promptTokensDetails").is_some();
    let of_prompt = Modalities::take(&mut fields, "promptTokensDetails")?;
    let of_cache = Modalities::take(&mut fields, "cacheTokensDetails")?;
    let of_answer = Modalities::take(&mut fields, "candidatesTokensDetails")?;
    // What searching brought in is paid by the search, what other tools brought in by the token.
    let billed_tools = if searches.any() { 0 } else { tools };
    let thoughts_are_inside = thoughts > 0 && prompt + candidates + tools == total;
    let input_audio = of_prompt.audio.saturating_sub(of_cache.audio);
    let input_image = of_prompt.image.saturating_sub(of_cache.image);
    let beside_text = of_answer.audio + of_answer.image + if thoughts_are_inside { thoughts } else { 0 };
    Ok(Usage {
        input: (prompt + billed_tools).saturating_sub(cached + input_audio + input_image),
        cache_read: cached,
        input_audio,
        input_image,
        output: candidates.saturating_sub(beside_text),
        reasoning: thoughts,
        output_audio: of_answer.audio,
        output_image: of_answer.image,
        searches: searches.web(),
        by_kind,
        ext,
        ..Usage::default()
    })
}

/// The counts of the modalities that are paid apart.
#[derive(Debug, Default)]
struct Modalities {
    audio: u64,
    image: u64,
}

impl Modalities {
    fn take(fields: &mut Fields<'_>, key: &str) -> Result<Self, JsonError> {
        let mut counts = Self::default();
        fields.list(key, |detail| {
            let mut detail = detail.fields()?;
            let tokens = detail.u64("tokenCount")?.unwrap_or(0);
            match detail.string("modality")?.as_deref() {
                Some("AUDIO") => counts.audio += tokens,
                Some("IMAGE") => counts.image += tokens,
                Some(_) | None => {}
            }
            Ok(())
        })?;
        Ok(counts)
    }
}

/// Writes the members of `usageMetadata`; of another vendor's answer the thoughts are counted with the rest of it,
/// as LiteLLM has it.
pub(super) fn write(usage: &Usage, out: &mut Object<'_>) {
    if usage.ext.origin() == Some(ID) {
        return out.extend(usage.ext.of(ID));
    }
    out.field("promptTokenCount").u64(usage.input_total());
    out.field("candidatesTokenCount").u64(usage.output_total());
    out.field("totalTokenCount").u64(usage.total());
    out.maybe_u64("cachedContentTokenCount", Some(usage.cache_read).filter(|count| *count > 0));
}
