//! `generationConfig`: how the next token is chosen, what the answer may be, how much to think first.

use ferrolite_types::chat::{ChatRequest, OutputFormat, OutputOptions, Part, PartBody, Sampling};
use ferrolite_types::json::{Fields, JsonError, Kind, Object, Slot, Value, object};
use ferrolite_types::{DetailPlace, Error, ErrorKind, Ext, Loss, LossKind, Profile, RawJson};

use super::ID;
use super::names::{
    CANDIDATE_COUNT, CONFIG, FREQUENCY_PENALTY, GENERATION_CONFIG, LOGPROBS, MAX_OUTPUT_TOKENS,
    MEDIA_RESOLUTION, Manner, Name, PRESENCE_PENALTY, RESPONSE_FORMAT, RESPONSE_JSON_SCHEMA,
    RESPONSE_LOGPROBS, RESPONSE_MIME_TYPE, RESPONSE_MODALITIES, RESPONSE_SCHEMA, SEED, SPEECH_CONFIG,
    STOP_SEQUENCES, TEMPERATURE, THINKING_CONFIG, TOP_K, TOP_P,
};
use super::{media, schema, thinking};

const JSON: &str = "application/json";

/// What the configuration says.
#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) sampling: Sampling,
    pub(super) output: OutputOptions,
    /// What is said again to Google alone, as it came.
    pub(super) rest: Ext,
}

/// Reads `generationConfig`: what LiteLLM passes on to other vendors, and how many answers are to be paid. The rest
/// is Google's alone; many a vendor would refuse it, and LiteLLM's clients are used to answers.
pub(super) fn read(value: Value<'_>) -> Result<Config, JsonError> {
    let mut fields = value.fields()?;
    let sampling = Sampling {
        temperature: fields.f64(TEMPERATURE.found(&fields))?,
        top_p: fields.f64(TOP_P.found(&fields))?,
        stop: fields
            .list(STOP_SEQUENCES.found(&fields), |text| text.str().map(Into::into))?
            .unwrap_or_default(),
        ..Sampling::default()
    };
    let output = OutputOptions {
        max_tokens: fields.u64(MAX_OUTPUT_TOKENS.found(&fields))?,
        n: read_count(&mut fields)?,
        format: read_format(&fields),
        ..OutputOptions::default()
    };
    Ok(Config { sampling, output, rest: Ext::rest_of(&fields, ID) })
}

/// How many answers; one is what everybody gives.
fn read_count(fields: &mut Fields<'_>) -> Result<Option<u64>, JsonError> {
    let key = CANDIDATE_COUNT.found(fields);
    match fields.peek(key).map(Value::u64) {
        Some(Ok(1)) => Ok(None),
        _ => fields.u64(key),
    }
}

/// The shape of the answer where it is an object. The members stay, to be said again as they came.
fn read_format(fields: &Fields<'_>) -> Option<OutputFormat> {
    let schema = fields
        .peek(RESPONSE_JSON_SCHEMA.found(fields))
        .or_else(|| fields.peek(RESPONSE_SCHEMA.found(fields)))?;
    let mime = fields.peek_str(RESPONSE_MIME_TYPE.found(fields));
    mime.is_none_or(|mime| mime == JSON).then(|| read_schema(schema)).flatten()
}

fn read_schema(value: Value<'_>) -> Option<OutputFormat> {
    let schema = schema::read(value);
    let kind = schema.value().fields().ok()?.peek_str("type")?.into_owned();
    (kind == "object").then(|| {
        let name = Some("response".to_owned());
        OutputFormat::Schema { name, description: None, schema, strict: None }
    })
}

/// Writes the members of `generationConfig`; nothing where there are none.
///
/// # Errors
/// What no model of Google's can be told.
pub(super) fn write(
    request: &ChatRequest,
    profile: &Profile,
    manner: Manner,
    losses: &mut Vec<Loss>,
) -> Result<Option<RawJson>, Error> {
    let mut body = Vec::new();
    let mut result = Ok(());
    object(&mut body, |out| {
        let mut config = Writer { out, manner, profile, said: Vec::new(), losses };
        result = match manner {
            Manner::Native => config.native(request),
            Manner::Adapted => config.adapted(request),
        };
    });
    result?;
    Ok((body != b"{}").then(|| RawJson::from_writer(body)))
}

/// Writes each member once.
struct Writer<'a, 'w> {
    out: &'a mut Object<'w>,
    manner: Manner,
    profile: &'a Profile,
    said: Vec<&'static str>,
    losses: &'a mut Vec<Loss>,
}

impl Writer<'_, '_> {
    /// As Google's clients do: what was read from them stands as it came, before anything else.
    fn native(&mut self, request: &ChatRequest) -> Result<(), Error> {
        for (key, value) in request.own.inside(ID, GENERATION_CONFIG.google()).of(ID) {
            self.carried(key, value);
        }
        self.sampling(&request.sampling);
        self.output(&request.output)?;
        self.reasoning(request)
    }

    /// As LiteLLM does: what its clients said under Google's own names comes last.
    fn adapted(&mut self, request: &ChatRequest) -> Result<(), Error> {
        self.sampling(&request.sampling);
        if request.sampling.temperature.is_none() {
            self.f64(TEMPERATURE, self.profile.default_temperature);
        }
        self.output(&request.output)?;
        self.reasoning(request)?;
        self.resolution(request);
        let named = request.ext.iter().filter(|(key, _)| CONFIG.iter().any(|name| name.is(key)));
        let extra = extra_config(&request.ext).unwrap_or_default();
        named.chain(extra.iter()).for_each(|(key, value)| self.carried(key, value));
        Ok(())
    }

    /// A member as the caller wrote it.
    fn carried(&mut self, key: &str, value: &RawJson) {
        let known = CONFIG.iter().find(|name| name.is(key)).map(|name| name.google());
        match known {
            Some(name) if self.said.contains(&name) => self.losses.push(Loss::new(LossKind::Cosmetic, key)),
            Some(name) => {
                self.said.push(name);
                self.out.field(key).raw(value);
            }
            None => self.out.field(key).raw(value),
        }
    }

    /// The place for a member's value; none where it stands already.
    fn field(&mut self, name: Name) -> Option<Slot<'_>> {
        if self.said.contains(&name.google()) {
            return None;
        }
        self.said.push(name.google());
        Some(self.out.field(name.of(self.manner)))
    }

    fn f64(&mut self, name: Name, number: Option<f64>) {
        if let Some(number) = number
            && let Some(slot) = self.field(name)
        {
            slot.f64(number);
        }
    }

    fn u64(&mut self, name: Name, number: Option<u64>) {
        if let Some(number) = number
            && let Some(slot) = self.field(name)
        {
            slot.u64(number);
        }
    }

    fn text(&mut self, name: Name, text: &str) {
        if let Some(slot) = self.field(name) {
            slot.text(text);
        }
    }

    fn raw(&mut self, name: Name, raw: &RawJson) {
        if let Some(slot) = self.field(name) {
            slot.raw(raw);
        }
    }

    fn texts<'t>(&mut self, name: Name, texts: impl IntoIterator<Item = &'t str>) {
        if let Some(slot) = self.field(name) {
            slot.array(|list| texts.into_iter().for_each(|text| list.item().text(text)));
        }
    }

    fn lose(&mut self, kind: LossKind, what: &str) {
        self.losses.push(Loss::new(kind, what));
    }

    fn sampling(&mut self, sampling: &Sampling) {
        let Sampling {
            temperature,
            top_p,
            top_k,
            seed,
            frequency_penalty,
            presence_penalty,
            logit_bias,
            stop,
            stop_plain: _,
        } = sampling;
        self.f64(TEMPERATURE, *temperature);
        self.f64(TOP_P, *top_p);
        self.u64(TOP_K, *top_k);
        if let Some(seed) = seed
            && let Some(slot) = self.field(SEED)
        {
            slot.i64(*seed);
        }
        self.penalty(FREQUENCY_PENALTY, "frequency_penalty", *frequency_penalty);
        self.penalty(PRESENCE_PENALTY, "presence_penalty", *presence_penalty);
        if logit_bias.is_some() {
            self.lose(LossKind::Parameter, "logit_bias");
        }
        if !stop.is_empty() {
            self.texts(STOP_SEQUENCES, stop.iter().map(String::as_str));
        }
    }

    fn penalty(&mut self, name: Name, what: &str, number: Option<f64>) {
        match number {
            Some(_) if self.profile.no_penalties => self.lose(LossKind::Cosmetic, what),
            _ => self.f64(name, number),
        }
    }

    fn output(&mut self, output: &OutputOptions) -> Result<(), Error> {
        let OutputOptions {
            max_tokens,
            max_tokens_count_thoughts: _,
            n,
            format,
            verbosity,
            logprobs,
            top_logprobs,
            modalities,
            audio,
        } = output;
        self.u64(MAX_OUTPUT_TOKENS, *max_tokens);
        self.u64(CANDIDATE_COUNT, *n);
        if let Some(format) = format {
            self.format(format);
        }
        if verbosity.is_some() {
            self.lose(LossKind::Parameter, "verbosity");
        }
        if let Some(logprobs) = logprobs
            && let Some(slot) = self.field(RESPONSE_LOGPROBS)
        {
            slot.bool(*logprobs);
        }
        self.u64(LOGPROBS, *top_logprobs);
        self.modalities(modalities, audio.is_some());
        audio.as_ref().map_or(Ok(()), |audio| self.speech(audio))
    }

    fn modalities(&mut self, modalities: &[String], spoken: bool) {
        const AUDIO: &str = "AUDIO";
        let mut words: Vec<String> = modalities.iter().map(|word| word.to_ascii_uppercase()).collect();
        if spoken && !words.iter().any(|word| word == AUDIO) {
            words.push(AUDIO.to_owned());
        }
        if !words.is_empty() {
            self.texts(RESPONSE_MODALITIES, words.iter().map(String::as_str));
        }
    }

    /// A voice in OpenAI's words. Google speaks in one encoding only.
    fn speech(&mut self, audio: &RawJson) -> Result<(), Error> {
        let fields = audio.value().fields().map_err(|error| error.within("audio"))?;
        if let Some(format) = fields.peek_str("format").filter(|format| format != "pcm16") {
            let message = format!(
                "audio.format {format:?} is not supported by Gemini models: they answer in \"pcm16\""
            );
            return Err(Error::new(ErrorKind::Unsupported, message).param("audio"));
        }
        let Some(slot) = self.field(SPEECH_CONFIG) else { return Ok(()) };
        slot.object(|out| {
            if let Some(voice) = fields.peek_str("voice") {
                out.field("voiceConfig").object(|out| {
                    out.field("prebuiltVoiceConfig").object(|out| out.field("voiceName").text(&voice));
                });
            }
            out.maybe_text("languageCode", fields.peek_str("language_code").as_deref());
        });
        Ok(())
    }

    fn format(&mut self, format: &OutputFormat) {
        match format {
            OutputFormat::Text => self.text(RESPONSE_MIME_TYPE, "text/plain"),
            OutputFormat::Json => self.text(RESPONSE_MIME_TYPE, JSON),
            OutputFormat::Schema { name: _, description: _, schema, strict: _ } => {
                self.text(RESPONSE_MIME_TYPE, JSON);
                // Said by Google's client itself, in one of two languages: not to be said in the other.
                let languages = [RESPONSE_SCHEMA, RESPONSE_JSON_SCHEMA];
                if languages.iter().any(|language| self.said.contains(&language.google())) {
                    return;
                }
                match self.profile.openapi_schema {
                    true => self.raw(RESPONSE_SCHEMA, &schema::write(schema, true)),
                    false => self.raw(RESPONSE_JSON_SCHEMA, schema),
                }
            }
        }
    }

    fn reasoning(&mut self, request: &ChatRequest) -> Result<(), Error> {
        let Some(reasoning) = &request.reasoning else { return Ok(()) };
        if !thinking::can_be_told(self.profile) {
            let what = if reasoning.effort.is_some() { "reasoning_effort" } else { "thinking" };
            self.lose(LossKind::Parameter, what);
            return Ok(());
        }
        if self.said.contains(&THINKING_CONFIG.google()) {
            return Ok(());
        }
        self.said.push(THINKING_CONFIG.google());
        let mut result = Ok(());
        self.out.field(THINKING_CONFIG.google()).object(|out| {
            result = thinking::write(reasoning, self.profile, out, self.losses);
        });
        result
    }

    /// How closely to look, said once for the model that cannot be told so at each image.
    fn resolution(&mut self, request: &ChatRequest) {
        if self.profile.detail != DetailPlace::Request {
            return;
        }
        let details = request.turns.iter().flat_map(|turn| &turn.parts).filter_map(detail);
        if let Some(level) = media::closest(details) {
            self.text(MEDIA_RESOLUTION, level);
        }
    }
}

fn detail(part: &Part) -> Option<&str> {
    match &part.body {
        PartBody::Media(media) => media.detail.as_deref(),
        _ => None,
    }
}

/// The configuration inside `extra_body`.
fn extra_config(ext: &Ext) -> Option<Ext> {
    let extra = ext.get("extra_body")?.value().fields().ok()?;
    let config =
        extra.peek(GENERATION_CONFIG.found(&extra)).filter(|config| config.kind() == Kind::Object)?;
    Some(Ext::rest_of(&config.fields().ok()?, ID))
}

/// The same configuration for a request with a maps tool, which takes JSON answers under another name only.
pub(super) fn with_response_format(config: &RawJson) -> RawJson {
    let Ok(mut fields) = config.value().fields() else { return config.clone() };
    let asks_json = fields.peek_str(RESPONSE_MIME_TYPE.found(&fields)).is_some_and(|mime| mime == JSON);
    if !asks_json {
        return config.clone();
    }
    fields.take(RESPONSE_MIME_TYPE.found(&fields));
    let schema = match fields.raw(RESPONSE_JSON_SCHEMA.found(&fields)) {
        Some(schema) => Some(schema),
        None => fields.raw(RESPONSE_SCHEMA.found(&fields)),
    };
    let mut body = Vec::new();
    object(&mut body, |out| {
        out.extend(Ext::rest_of(&fields, ID).iter());
        out.field(RESPONSE_FORMAT.google()).object(|out| {
            out.field("text").object(|out| {
                out.field("mimeType").text("APPLICATION_JSON");
                out.maybe_raw("schema", schema.as_ref());
            });
        });
    });
    RawJson::from_writer(body)
}
