//! Brings media to targets that cannot get them: what a caller names by address, and the target's provider would not
//! fetch, is fetched here and stands in the request itself.
//!
//! The request is changed for good: a second try, at whichever target, finds the bytes and fetches nothing.

use std::collections::{BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ferrolite_transport::{FetchLimits, Fetched, Fetcher};
use ferrolite_types::chat::{ChatRequest, Media, MediaSource, Part, PartBody};
use ferrolite_types::{Error, Profile};
use futures_util::{StreamExt, TryStreamExt, stream};

/// How many media are fetched at once.
const AT_ONCE: usize = 4;

/// How many addresses one request may have fetched.
const MOST: usize = 100;

/// How much they may hold together, in bytes.
const MOST_BYTES: usize = 100 * 1024 * 1024;

/// Types that say nothing about the bytes: the readers' words for what a caller left open.
const OPEN_TYPES: &[&str] = &["", "application/octet-stream", "image/*"];

/// Makes every medium inline that lies where the target's provider does not fetch from.
///
/// # Errors
/// `BadRequest`: what [`Fetcher::fetch`] refuses, too many or too large media, bytes of unknown type.
pub(crate) async fn inline(
    request: &mut ChatRequest,
    profile: &Profile,
    fetcher: &Fetcher,
) -> Result<(), Error> {
    let media = wanting(request, profile);
    if media.is_empty() {
        return Ok(());
    }
    let addresses: BTreeSet<String> =
        media.iter().filter_map(|medium| address(medium)).map(str::to_owned).collect();
    let fetched = fetch_all(addresses, fetcher).await?;
    for medium in media {
        if let Some(bytes) = address(medium).and_then(|address| fetched.get(address)) {
            put(bytes, medium)?;
        }
    }
    Ok(())
}

/// What was fetched, as it stands in a request.
struct Encoded {
    mime: String,
    base64: String,
}

/// The media that the target's provider would not get.
fn wanting<'r>(request: &'r mut ChatRequest, profile: &Profile) -> Vec<&'r mut Media> {
    let Some(taken) = &profile.media_urls else { return Vec::new() };
    let mut media = Vec::new();
    let turns = request.turns.iter_mut().map(|turn| &mut turn.parts);
    std::iter::once(&mut request.instructions).chain(turns).for_each(|parts| collect(parts, &mut media));
    let is_taken = |address: &str| taken.iter().any(|beginning| address.starts_with(beginning.as_str()));
    media.retain(|medium| address(medium).is_some_and(|address| is_web(address) && !is_taken(address)));
    media
}

fn collect<'p>(parts: &'p mut [Part], media: &mut Vec<&'p mut Media>) {
    for part in parts {
        match &mut part.body {
            PartBody::Media(medium) => media.push(medium),
            PartBody::ToolResult(result) => collect(&mut result.content, media),
            PartBody::Text { .. }
            | PartBody::Thinking { .. }
            | PartBody::ToolCall(_)
            | PartBody::Hosted(_)
            | PartBody::Refusal { .. }
            | PartBody::Reference { .. }
            | PartBody::Foreign { .. } => {}
        }
    }
}

fn address(medium: &Media) -> Option<&str> {
    match &medium.source {
        MediaSource::Url(address) => Some(address),
        MediaSource::Inline(_) | MediaSource::File { .. } | MediaSource::Text(_) => None,
    }
}

/// Whether an address can be fetched by anybody; the others (`gs://`) mean something to a provider or to nobody.
fn is_web(address: &str) -> bool {
    let scheme = address.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web)))
}

async fn fetch_all(
    addresses: BTreeSet<String>,
    fetcher: &Fetcher,
) -> Result<HashMap<String, Encoded>, Error> {
    if addresses.len() > MOST {
        return Err(send_inline(&format!(
            "{} images or files by their addresses, more than {MOST}",
            addresses.len()
        )));
    }
    let fetching = addresses.into_iter().map(|address| fetch(address, fetcher));
    let mut fetching = stream::iter(fetching).buffer_unordered(AT_ONCE);
    let (mut fetched, mut bytes) = (HashMap::new(), 0);
    while let Some((address, medium)) = fetching.try_next().await? {
        bytes += medium.bytes.len();
        if bytes > MOST_BYTES {
            return Err(send_inline(&format!(
                "images or files by addresses that hold more than {MOST_BYTES} bytes"
            )));
        }
        let Fetched { mime, bytes } = medium;
        fetched.insert(address, Encoded { mime, base64: STANDARD.encode(bytes) });
    }
    Ok(fetched)
}

async fn fetch(address: String, fetcher: &Fetcher) -> Result<(String, Fetched), Error> {
    let fetched = fetcher.fetch(&address, &FetchLimits::default()).await?;
    Ok((address, fetched))
}

/// Puts bytes in the place of their address. A type that the caller said stays.
fn put(encoded: &Encoded, medium: &mut Media) -> Result<(), Error> {
    if OPEN_TYPES.contains(&medium.mime.as_str()) {
        if encoded.mime.is_empty() {
            let shown = address(medium).unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
            let message =
                format!("nobody says what \"{shown}\" is: say its type, such as image/png, in \"format\"");
            return Err(Error::bad_request(message).param("url"));
        }
        medium.mime.clone_from(&encoded.mime);
    }
    medium.source = MediaSource::Inline(encoded.base64.clone());
    Ok(())
}

fn send_inline(what: &str) -> Error {
    let message =
        format!("the request names {what}, which the model's provider does not fetch: send them inline");
    Error::bad_request(message).param("url")
}
