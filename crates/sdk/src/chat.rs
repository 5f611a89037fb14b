//! The canonical chat types, with shorthands for the common case.

pub use ferrolite_types::chat::*;

/// One question to one model.
pub fn request(model: impl Into<String>, question: impl Into<String>) -> ChatRequest {
    ChatRequest { model: model.into(), turns: vec![user(question)], ..ChatRequest::default() }
}

/// A turn of the person.
pub fn user(text: impl Into<String>) -> Turn {
    Turn {
        role: Role::User,
        parts: vec![Part::text(text)],
        name: None,
        plain: true,
        ext: ferrolite_types::Ext::default(),
    }
}

/// The words of the first answer.
pub fn text(response: &ChatResponse) -> String {
    let parts = response.choices.iter().take(1).flat_map(|choice| &choice.parts);
    let texts = parts.filter_map(|part| match &part.body {
        PartBody::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}
