use std::collections::HashSet;

use super::*;
use crate::price::PriceTable;
use crate::{Overrides, Resolver};

/// Providers that everybody runs on a machine of their own.
fn is_local(address: &str) -> bool {
    address.starts_with("http://127.0.0.1")
        || address.starts_with("http://localhost")
        || address.starts_with("mock://")
}

#[test]
fn every_provider_is_well_formed() {
    let mut names = HashSet::new();
    for provider in Catalogue::builtin().providers() {
        let name = &provider.name;
        assert!(names.insert(name.clone()), "{name} is there twice");
        assert!(!provider.title.is_empty() && !provider.formats("chat").is_empty(), "{name} says too little");
        let address = provider.base_url.as_deref();
        assert!(
            address.is_none_or(|address| address.starts_with("https://") || is_local(address)),
            "{name}: {address:?}"
        );
        assert!(
            address.is_some() || !provider.base_env.is_empty() || provider.key_optional,
            "{name} is nowhere"
        );
        assert!(!provider.key_env.is_empty() || provider.auth == Auth::None, "{name} has a key from nowhere");
        assert!(provider.params.has(crate::Param::Stream), "{name} does not stream");
    }
    assert!(names.len() > 95, "{}", names.len());
}

#[test]
fn every_provider_can_be_called() {
    let (catalogue, prices) = (Catalogue::builtin(), PriceTable::builtin());
    let resolver = Resolver { catalogue: &catalogue, prices: &prices };
    let env = |name: &str| match name {
        name if name.ends_with("_ACCOUNT_ID") => Some("account".to_owned()),
        name if ["API_BASE", "BASE_URL", "ENDPOINT"].iter().any(|end| name.ends_with(end)) => None,
        name => Some(format!("value-of-{name}")),
    };
    for provider in catalogue.providers() {
        let base_url = provider.base_url.is_none().then_some("https://own.example/v1");
        let said = Overrides { base_url, ..Overrides::default() };
        let target = resolver.resolve(&format!("{}/some-model", provider.name), &said, &env);
        let target = target.unwrap_or_else(|error| panic!("{}: {error}", provider.name));
        for way in &target.ways {
            let url = way.url("/chat/completions");
            let uri = url.parse::<http::Uri>().unwrap_or_else(|error| panic!("{url}: {error}"));
            assert!(uri.scheme().is_some() && !url.contains('{'), "{}: {url}", provider.name);
        }
    }
}

#[test]
fn nobody_is_both_there_and_pending() {
    let catalogue = Catalogue::builtin();
    let pending: Vec<Pending> = catalogue.all_pending().collect();
    assert!(pending.len() > 50);
    for pending in pending {
        assert_eq!(catalogue.find(&pending.name), None, "{}", pending.name);
        assert_eq!(catalogue.pending(&pending.name).as_ref(), Some(&pending));
    }
}

#[test]
fn an_address_belongs_to_one_provider() {
    let mut owners = HashSet::new();
    for known in Catalogue::builtin().providers().flat_map(|provider| provider.known_at) {
        assert!(owners.insert(known.clone()), "{known} has two owners");
    }
}

#[test]
fn every_provider_is_found_by_its_name() {
    let catalogue = Catalogue::builtin();
    let names: Vec<Text> = catalogue.providers().map(|provider| provider.name).collect();
    assert!(names.is_sorted());
    for name in names {
        assert_eq!(catalogue.find(&name).map(|found| found.name), Some(name));
    }
    assert_eq!(catalogue.find(""), None);
    assert_eq!(catalogue.find("zzz"), None);
}

#[test]
fn packing_loses_nothing() {
    let catalogue = Catalogue::builtin();
    let contents = Contents {
        providers: catalogue.providers().collect(),
        families: catalogue.families().collect(),
        pending: catalogue.all_pending().collect(),
    };
    assert_eq!(contents.pack(), BUILTIN.0);
}
