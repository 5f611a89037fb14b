//! `cache_control`: came to this dialect from Anthropic's, on parts, messages, tools and whole requests.

use ferrolite_types::chat::CacheMark;
use ferrolite_types::json::{Fields, JsonError, Object};
use ferrolite_types::{Ext, Rest};

use super::ID;

/// The member's name.
pub(super) const KEY: &str = "cache_control";

/// Takes the mark.
pub(super) fn take(fields: &mut Fields<'_>, rest: &mut Rest) -> Result<Option<CacheMark>, JsonError> {
    rest.object(fields, KEY, |mark| {
        if mark.peek_str("type").as_deref() == Some("ephemeral") {
            mark.take("type");
        }
        Ok(CacheMark { ttl: mark.string("ttl")? })
    })
}

/// Writes the mark; `ext` holds what [`take`] left of it.
pub(super) fn write(mark: Option<&CacheMark>, ext: &Ext, out: &mut Object<'_>) {
    let Some(CacheMark { ttl }) = mark else { return };
    let left = ext.inside(ID, KEY);
    out.field(KEY).object(|out| {
        if !left.holds(ID, "type") {
            out.field("type").text("ephemeral");
        }
        out.maybe_text("ttl", ttl.as_deref());
        out.extend(left.of(ID));
    });
}
