//! The price table: LiteLLM's map as it was when this program was built, and what a user laid over it since.

use ferrolite_types::json::JsonError;

use super::{
    entry::Entry,
    packed::{self, Packed},
};

/// Every model that anybody priced. Cheap to clone where it is built in.
///
/// ```
/// use ferrolite_providers::price::PriceTable;
///
/// let table = PriceTable::builtin();
/// let entry = table.find("openai", "gpt-4o-mini", None).expect("is priced");
/// assert_eq!(entry.price("input_cost_per_token").expect("is priced by the token").to_string(), "0.00000015");
/// ```
#[derive(Debug, Clone)]
pub struct PriceTable {
    /// In the order of precedence.
    layers: Vec<Packed>,
}

static BUILTIN: &[u8] = include_bytes!("../../prices/prices.bin");

impl PriceTable {
    /// The map that came with this program.
    pub fn builtin() -> Self {
        Self { layers: vec![Packed::open(BUILTIN)] }
    }

    /// A newer map, or a few entries of one's own, laid over the one that came with this program.
    /// An entry replaces the whole entry of the same key.
    ///
    /// # Errors
    /// A text that is not an object of objects.
    pub fn from_json(text: &str) -> Result<Self, JsonError> {
        Ok(Self { layers: vec![Packed::open(packed::pack(text)?), Packed::open(BUILTIN)] })
    }

    /// A map as LiteLLM publishes it, in the form that is built into the program.
    ///
    /// # Errors
    /// A text that is not an object of objects.
    pub fn pack(text: &str) -> Result<Vec<u8>, JsonError> {
        packed::pack(text)
    }

    /// The entry of exactly this key.
    pub fn get(&self, key: &str) -> Option<Entry<'_>> {
        self.layers.iter().find_map(|layer| Some(Entry::new(layer, layer.find(key)?)))
    }

    /// The entry of this key in any case, preferably in this one.
    pub(super) fn get_any_case(&self, key: &str) -> Option<Entry<'_>> {
        self.get(key).or_else(|| {
            self.layers.iter().find_map(|layer| Some(Entry::new(layer, layer.find_any_case(key)?)))
        })
    }

    /// All entries, each key once, sorted within its layer.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        self.layers.iter().enumerate().flat_map(move |(depth, layer)| {
            let hidden = move |key: &str| self.layers[..depth].iter().any(|above| above.find(key).is_some());
            (0..layer.len()).map(|at| Entry::new(layer, at)).filter(move |entry| !hidden(entry.key()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_map_is_sorted_and_whole() {
        let table = PriceTable::builtin();
        let keys: Vec<&str> = table.iter().map(|entry| entry.key()).collect();
        assert_eq!(keys.len(), 4242);
        assert!(keys.is_sorted_by(|a, b| a.to_lowercase() < b.to_lowercase()), "out of order or there twice");
        for entry in table.iter() {
            assert_eq!(table.get(entry.key()).map(|found| found.key()), Some(entry.key()));
            assert!(entry.fields().count() > 0, "{} is empty", entry.key());
        }
    }

    #[test]
    fn a_users_entry_replaces_the_builtin_one() {
        let table =
            PriceTable::from_json(r#"{"gpt-4o": {"mode": "chat"}, "mine": {"max_tokens": 7}}"#).unwrap();
        assert_eq!(table.get("gpt-4o").unwrap().price("input_cost_per_token"), None);
        assert_eq!(table.get("mine").unwrap().u64("max_tokens"), Some(7));
        assert!(table.get("gpt-4o-mini").is_some());
        assert_eq!(table.iter().filter(|entry| entry.key() == "gpt-4o").count(), 1);
        assert_eq!(table.iter().count(), 4243);
    }

    #[test]
    fn a_map_of_another_shape_is_refused_with_its_place() {
        let error = PriceTable::from_json(r#"{"gpt-4o": 3}"#).unwrap_err();
        assert_eq!(error.to_string(), "gpt-4o: expected an object, got 3");
    }

    #[test]
    fn packing_loses_nothing() {
        let json = r#"{"b": {"x": 1e-07, "y": [1,
            {"z": "a \" b  \\"}]}, "B": {"x": null}, "a": {}}"#;
        let table = Packed::open(PriceTable::pack(json).unwrap());
        let entries: Vec<(&str, Vec<(&str, &str)>)> =
            (0..table.len()).map(|at| (table.key(at), table.fields(at).collect())).collect();
        assert_eq!(
            entries,
            [
                ("a", vec![]),
                ("B", vec![("x", "null")]),
                ("b", vec![("x", "1e-07"), ("y", r#"[1,{"z":"a \" b  \\"}]"#)])
            ]
        );
        assert_eq!(table.find("b"), Some(2));
        assert_eq!(table.find_any_case("A"), Some(0));
        assert_eq!(table.find("c"), None);
    }
}
