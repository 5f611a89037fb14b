//! `metadata`: who is asking, and nothing else.

use ferrolite_types::json::Object;
use ferrolite_types::{Ext, Loss, LossKind, RawJson};

use super::ID;
use super::request::Notes;

/// Writes `metadata`, which holds the user alone. The API refuses users that look like a person's address.
pub(super) fn write(
    user: Option<&str>,
    notes_of_caller: Option<&RawJson>,
    own: &Ext,
    out: &mut Object<'_>,
    notes: &mut Notes<'_>,
) {
    let noted = notes_of_caller.and_then(|metadata| metadata.value().fields().ok());
    let noted_user = noted.as_ref().and_then(|fields| fields.peek_str("user_id"));
    let user = noted_user.as_deref().or(user);
    let sendable = user.filter(|user| notes.native || !is_address(user));
    if user.is_some() && sendable.is_none() {
        notes.losses.push(Loss::new(LossKind::Cosmetic, "user"));
    }
    let beside_user = noted.is_some_and(|fields| fields.keys().any(|key| key != "user_id"));
    if beside_user {
        notes.losses.push(Loss::new(LossKind::Cosmetic, "metadata"));
    }
    let rest = own.inside(ID, "metadata");
    if sendable.is_some() || !rest.is_empty() {
        out.field("metadata").object(|metadata| {
            metadata.maybe_text("user_id", sendable);
            metadata.extend(rest.iter());
        });
    }
}

/// Whether a user's name is an e-mail address or a telephone number.
fn is_address(user: &str) -> bool {
    is_email(user) || is_telephone(user)
}

fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    let Some((domain, top)) = host.rsplit_once('.') else { return false };
    let all = |text: &str, others: &str| {
        !text.is_empty()
            && text.chars().all(|character| character.is_ascii_alphanumeric() || others.contains(character))
    };
    all(name, "._%+-")
        && all(domain, ".-")
        && top.len() >= 2
        && top.chars().all(|character| character.is_ascii_alphabetic())
}

fn is_telephone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    digits.len() >= 7
        && digits.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '(' | ')' | '-'))
}
