//! The members that have two names: Google's API reads camel case and snake case alike. Its own clients and
//! servers say camel case; what LiteLLM translates for it is partly snake case, and so is ours.

use ferrolite_types::json::Fields;

/// In whose manner the format is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// As Google's own clients and servers do; nothing is added and nothing is bent.
    Native,
    /// As LiteLLM does when it translates for clients of another format.
    Adapted,
}

/// The two names of a member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    camel: &'static str,
    snake: &'static str,
    adapted: &'static str,
}

impl Name {
    /// A member that LiteLLM says in camel case.
    pub(super) const fn camel(camel: &'static str, snake: &'static str) -> Self {
        Self { camel, snake, adapted: camel }
    }

    /// A member that LiteLLM says in snake case.
    pub(super) const fn snake(camel: &'static str, snake: &'static str) -> Self {
        Self { camel, snake, adapted: snake }
    }

    /// The name to write.
    pub(super) fn of(self, manner: Manner) -> &'static str {
        match manner {
            Manner::Native => self.camel,
            Manner::Adapted => self.adapted,
        }
    }

    /// The name in Google's own mouth.
    pub(super) fn google(self) -> &'static str {
        self.camel
    }

    /// The name under which the member stands in `fields`.
    pub(super) fn found(self, fields: &Fields<'_>) -> &'static str {
        match fields.peek(self.camel).is_none() && fields.peek(self.snake).is_some() {
            true => self.snake,
            false => self.camel,
        }
    }

    /// Whether `key` is the member's name in either case.
    pub(super) fn is(self, key: &str) -> bool {
        key == self.camel || key == self.snake
    }
}

// Of a request.
pub(super) const SYSTEM_INSTRUCTION: Name = Name::snake("systemInstruction", "system_instruction");
pub(super) const GENERATION_CONFIG: Name = Name::camel("generationConfig", "generation_config");
pub(super) const TOOL_CONFIG: Name = Name::camel("toolConfig", "tool_config");
pub(super) const SERVICE_TIER: Name = Name::camel("serviceTier", "service_tier");
pub(super) const SAFETY_SETTINGS: Name = Name::camel("safetySettings", "safety_settings");
pub(super) const CACHED_CONTENT: Name = Name::camel("cachedContent", "cached_content");

// Of a part.
pub(super) const THOUGHT_SIGNATURE: Name = Name::camel("thoughtSignature", "thought_signature");
pub(super) const INLINE_DATA: Name = Name::snake("inlineData", "inline_data");
pub(super) const FILE_DATA: Name = Name::snake("fileData", "file_data");
pub(super) const MIME_TYPE: Name = Name::snake("mimeType", "mime_type");
pub(super) const FILE_URI: Name = Name::snake("fileUri", "file_uri");
pub(super) const DISPLAY_NAME: Name = Name::camel("displayName", "display_name");
pub(super) const PART_RESOLUTION: Name = Name::snake("mediaResolution", "media_resolution");
pub(super) const FUNCTION_CALL: Name = Name::snake("functionCall", "function_call");
pub(super) const FUNCTION_RESPONSE: Name = Name::snake("functionResponse", "function_response");
pub(super) const EXECUTABLE_CODE: Name = Name::camel("executableCode", "executable_code");
pub(super) const CODE_EXECUTION_RESULT: Name = Name::camel("codeExecutionResult", "code_execution_result");
pub(super) const TOOL_CALL: Name = Name::camel("toolCall", "tool_call");
pub(super) const TOOL_RESPONSE: Name = Name::camel("toolResponse", "tool_response");

// Of tools and the choice among them.
pub(super) const FUNCTION_DECLARATIONS: Name = Name::snake("functionDeclarations", "function_declarations");
pub(super) const PARAMETERS_JSON_SCHEMA: Name = Name::camel("parametersJsonSchema", "parameters_json_schema");
pub(super) const FUNCTION_CALLING_CONFIG: Name =
    Name::camel("functionCallingConfig", "function_calling_config");
pub(super) const ALLOWED_FUNCTION_NAMES: Name = Name::snake("allowedFunctionNames", "allowed_function_names");
pub(super) const SERVER_SIDE_TOOLS: Name =
    Name::camel("includeServerSideToolInvocations", "include_server_side_tool_invocations");

// Of the generation's configuration.
pub(super) const TEMPERATURE: Name = Name::camel("temperature", "temperature");
pub(super) const TOP_P: Name = Name::snake("topP", "top_p");
pub(super) const TOP_K: Name = Name::snake("topK", "top_k");
pub(super) const SEED: Name = Name::camel("seed", "seed");
pub(super) const PRESENCE_PENALTY: Name = Name::snake("presencePenalty", "presence_penalty");
pub(super) const FREQUENCY_PENALTY: Name = Name::snake("frequencyPenalty", "frequency_penalty");
pub(super) const STOP_SEQUENCES: Name = Name::snake("stopSequences", "stop_sequences");
pub(super) const MAX_OUTPUT_TOKENS: Name = Name::snake("maxOutputTokens", "max_output_tokens");
pub(super) const CANDIDATE_COUNT: Name = Name::snake("candidateCount", "candidate_count");
pub(super) const RESPONSE_LOGPROBS: Name = Name::camel("responseLogprobs", "response_logprobs");
pub(super) const LOGPROBS: Name = Name::camel("logprobs", "logprobs");
pub(super) const RESPONSE_MIME_TYPE: Name = Name::snake("responseMimeType", "response_mime_type");
pub(super) const RESPONSE_SCHEMA: Name = Name::snake("responseSchema", "response_schema");
pub(super) const RESPONSE_JSON_SCHEMA: Name = Name::snake("responseJsonSchema", "response_json_schema");
pub(super) const RESPONSE_FORMAT: Name = Name::camel("responseFormat", "response_format");
pub(super) const RESPONSE_MODALITIES: Name = Name::camel("responseModalities", "response_modalities");
pub(super) const SPEECH_CONFIG: Name = Name::camel("speechConfig", "speech_config");
pub(super) const IMAGE_CONFIG: Name = Name::camel("imageConfig", "image_config");
pub(super) const MEDIA_RESOLUTION: Name = Name::camel("mediaResolution", "media_resolution");
pub(super) const THINKING_CONFIG: Name = Name::camel("thinkingConfig", "thinking_config");
pub(super) const THINKING_BUDGET: Name = Name::camel("thinkingBudget", "thinking_budget");
pub(super) const INCLUDE_THOUGHTS: Name = Name::camel("includeThoughts", "include_thoughts");
pub(super) const THINKING_LEVEL: Name = Name::camel("thinkingLevel", "thinking_level");

/// The members of the configuration, which may also stand at the top level of another format's request.
pub(super) const CONFIG: &[Name] = &[
    TEMPERATURE,
    TOP_P,
    TOP_K,
    SEED,
    PRESENCE_PENALTY,
    FREQUENCY_PENALTY,
    STOP_SEQUENCES,
    MAX_OUTPUT_TOKENS,
    CANDIDATE_COUNT,
    RESPONSE_LOGPROBS,
    LOGPROBS,
    RESPONSE_MIME_TYPE,
    RESPONSE_SCHEMA,
    RESPONSE_JSON_SCHEMA,
    RESPONSE_FORMAT,
    RESPONSE_MODALITIES,
    SPEECH_CONFIG,
    IMAGE_CONFIG,
    MEDIA_RESOLUTION,
    THINKING_CONFIG,
];
