//! What a place or a speed adds to the price of tokens.

use super::{
    call::Billable,
    factor::Factor,
    sheet::Sheet,
    terms::{Region, Terms},
};

/// The factors of one entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Uplift {
    places: Box<[(Box<str>, Factor)]>,
    /// Every place but `global`.
    anywhere: Factor,
    fast: Factor,
    /// The place is where the provider served the call, and not where the deployment is.
    as_served: bool,
}

impl Uplift {
    pub(super) fn of(sheet: &Sheet<'_>, terms: &Terms) -> Self {
        let factor = |field: &str| sheet.value(field).and_then(|value| Factor::parse(value.text()));
        match terms.region {
            Region::Ignored => Self::default(),
            Region::Endpoint => Self {
                anywhere: factor("regional_endpoint_uplift_multiplier").unwrap_or_default(),
                ..Self::default()
            },
            Region::Residency => {
                let places = ["eu", "us"]
                    .map(|place| (place, format!("regional_processing_uplift_multiplier_{place}")));
                let places =
                    places.iter().filter_map(|(place, field)| Some((Box::from(*place), factor(field)?)));
                Self { places: places.collect(), ..Self::default() }
            }
            Region::Geography => Self::by_name(sheet),
        }
    }

    /// `{"us": 1.1, "fast": 6}`: places, and the one name that is a speed.
    fn by_name(sheet: &Sheet<'_>) -> Self {
        let named = sheet.value("provider_specific_entry").and_then(|named| named.fields().ok());
        let named = named.into_iter().flat_map(|fields| fields.rest());
        let factors = named.filter_map(|(name, value)| Some((name, Factor::parse(value.as_str())?)));
        let (speeds, places): (Vec<_>, Vec<_>) = factors.partition(|(name, _)| &**name == "fast");
        let fast = speeds.first().map_or(Factor::ONE, |(_, factor)| *factor);
        Self { places: places.into(), fast, as_served: true, ..Self::default() }
    }

    /// The factors that apply to a call.
    pub(super) fn factors(&self, call: &Billable<'_>) -> impl Iterator<Item = Factor> {
        let place = if self.as_served { call.geography.as_deref() } else { call.region };
        let place = place.filter(|place| !place.eq_ignore_ascii_case("global")).map(|place| {
            let named = self.places.iter().find(|(name, _)| name.eq_ignore_ascii_case(place));
            named.map_or(self.anywhere, |(_, factor)| *factor)
        });
        let speed = call.fast.then_some(self.fast);
        [place, speed].into_iter().flatten().filter(|factor| *factor != Factor::ONE)
    }
}
