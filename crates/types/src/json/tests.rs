//! The laws of the JSON mechanism, with serde_json as the independent reader.

use proptest::prelude::*;
use serde_json::Value as Tree;

use super::*;

fn any_json() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::from),
        any::<i64>().prop_map(Tree::from),
        any::<u64>().prop_map(Tree::from),
        any::<f64>().prop_filter("JSON has no NaN", |n| n.is_finite()).prop_map(Tree::from),
        any::<String>().prop_map(Tree::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Tree::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn any_object() -> impl Strategy<Value = serde_json::Map<String, Tree>> {
    prop::collection::vec((any::<String>(), any_json()), 0..8)
        .prop_map(|members| members.into_iter().collect())
}

/// Rebuilds a tree through our readers only.
fn through_values(value: Value<'_>) -> Tree {
    match value.kind() {
        Kind::Array => value.items().unwrap().map(through_values).collect(),
        Kind::Object => {
            let rest = value.fields().unwrap().rest();
            rest.into_iter().map(|(key, raw)| (key.into_string(), through_values(raw.value()))).collect()
        }
        Kind::String => Tree::from(value.str().unwrap().into_owned()),
        _ => serde_json::from_str(value.text()).unwrap(),
    }
}

fn write_tree(slot: Slot<'_>, tree: &Tree) {
    match tree {
        Tree::Null => slot.null(),
        Tree::Bool(truth) => slot.bool(*truth),
        Tree::Number(number) if number.is_u64() => slot.u64(number.as_u64().unwrap()),
        Tree::Number(number) if number.is_i64() => slot.i64(number.as_i64().unwrap()),
        Tree::Number(number) => slot.f64(number.as_f64().unwrap()),
        Tree::String(text) => slot.text(text),
        Tree::Array(items) => {
            slot.array(|array| items.iter().for_each(|item| write_tree(array.item(), item)));
        }
        Tree::Object(members) => {
            slot.object(|object| {
                members.iter().for_each(|(key, value)| write_tree(object.field(key), value));
            });
        }
    }
}

proptest! {
    #[test]
    fn reads_what_serde_json_writes(tree in any_json()) {
        let compact = serde_json::to_string(&tree).unwrap();
        let pretty = serde_json::to_string_pretty(&tree).unwrap();
        prop_assert_eq!(&through_values(Value::parse(&compact).unwrap()), &tree);
        prop_assert_eq!(&through_values(Value::parse(&pretty).unwrap()), &tree);
    }

    #[test]
    fn serde_json_reads_what_we_write(members in any_object()) {
        let mut out = Vec::new();
        object(&mut out, |object| members.iter().for_each(|(key, value)| write_tree(object.field(key), value)));
        let back: Tree = serde_json::from_slice(&out).unwrap();
        let (Tree::Object(back), expected) = (back, members) else { panic!("an object was written") };
        prop_assert!(same(&Tree::Object(back), &Tree::Object(expected)));
    }

    #[test]
    fn accepts_exactly_what_serde_json_accepts(text in "[\\[\\]{},:\"\\\\ a1.eE+-]{0,12}|[ -~]{0,20}") {
        let ours = Value::parse(&text).is_ok();
        // serde_json reports numbers beyond f64 as an error of range; they are valid JSON.
        let theirs = match serde_json::from_str::<Tree>(&text) {
            Ok(_) => true,
            Err(error) => error.to_string().starts_with("number out of range"),
        };
        prop_assert_eq!(ours, theirs, "{}", text);
    }

    #[test]
    fn cut_text_is_refused_without_a_panic(members in any_object(), cut in any::<prop::sample::Index>()) {
        let text = serde_json::to_string(&members).unwrap();
        let at = cut.index(text.len());
        if text.is_char_boundary(at) {
            prop_assert!(Fields::parse(&text[..at]).is_err());
        }
    }

    #[test]
    fn what_is_not_taken_is_left_in_order(members in any_object(), pick in any::<prop::sample::Index>()) {
        let text = serde_json::to_string(&members).unwrap();
        let mut fields = Fields::parse(&text).unwrap();
        let mut left: Vec<&String> = members.keys().collect();
        if !left.is_empty() {
            let taken = left.remove(pick.index(left.len()));
            prop_assert!(fields.take_any(taken).is_some());
        }
        let rest: Vec<String> = fields.rest().into_iter().map(|(key, _)| key.into_string()).collect();
        prop_assert_eq!(rest.iter().collect::<Vec<_>>(), left);
    }
}

/// Equality that does not tell `1` from `1.0`: JSON has one kind of number.
fn same(a: &Tree, b: &Tree) -> bool {
    match (a, b) {
        (Tree::Number(a), Tree::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Tree::Array(a), Tree::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Tree::Object(a), Tree::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

#[test]
fn nesting_is_bounded() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(Value::parse(&deep(MAX_DEPTH)).is_ok());
    let error = Value::parse(&deep(MAX_DEPTH + 1)).unwrap_err();
    assert!(error.message.contains("nested deeper than 128"), "{error}");
}

#[test]
fn the_last_of_two_members_counts_and_both_are_taken() {
    let mut fields = Fields::parse(r#"{"model":"a","x":1,"mod\u0065l":"b"}"#).unwrap();
    assert_eq!(fields.string("model").unwrap().as_deref(), Some("b"));
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["x"]);
}

#[test]
fn a_mistake_names_its_place() {
    let mut fields = Fields::parse(r#"{"messages":[{"role":"user"},{"role":7}]}"#).unwrap();
    let error = fields.list("messages", |item| item.fields()?.required_string("role")).unwrap_err();
    assert_eq!(error.to_string(), "messages[1].role: expected a string, got 7");
}

#[test]
fn surrogate_pairs_and_halves_are_read() {
    let value = Value::parse(r#""\ud83d\ude00 \ud83d!""#).unwrap();
    assert_eq!(value.str().unwrap(), "\u{1F600} \u{FFFD}!");
}

#[test]
fn numbers_keep_their_meaning() {
    assert_eq!(Value::parse("3.0").unwrap().u64().unwrap(), 3);
    assert!(Value::parse("3.5").unwrap().u64().is_err());
    assert!(Value::parse("-1").unwrap().u64().is_err());
    assert_eq!(Value::parse("18446744073709551615").unwrap().u64().unwrap(), u64::MAX);
    let mut out = Vec::new();
    array(&mut out, |array| [1.0, 0.1, 1e300, f64::NAN].into_iter().for_each(|n| array.item().f64(n)));
    assert_eq!(String::from_utf8(out).unwrap(), "[1,0.1,1e300,null]");
}
