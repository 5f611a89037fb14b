//! Reads unquoted scalars as PyYAML does, because every existing file was written for it: YAML 1.1 with its
//! octal numbers, sexagesimal times and `yes`, and with `1e-6` as text.
//! Source: <https://github.com/yaml/pyyaml/blob/main/lib/yaml/resolver.py>

use std::ops::RangeInclusive;

use super::Value;

/// What an unquoted scalar means.
pub(super) fn read(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ => number(text).unwrap_or_else(|| match is_date(text) {
            true => Value::Date(text.to_owned()),
            false => Value::Text(text.to_owned()),
        }),
    }
}

fn number(text: &str) -> Option<Value> {
    integer(text).map(Value::Int).or_else(|| float(text).map(Value::Float))
}

/// Binary, octal, decimal, hexadecimal, or base 60 as in `12:30`; underscores stand anywhere but in front.
fn integer(text: &str) -> Option<i128> {
    let (sign, body) = signed(text);
    let magnitude = match body.strip_prefix('0') {
        Some("") => 0,
        Some(rest) => match rest.split_at_checked(1) {
            Some(("b", digits)) => in_radix(digits, 2)?,
            Some(("x", digits)) => in_radix(digits, 16)?,
            _ => in_radix(rest, 8)?,
        },
        None if body.starts_with(|first: char| first.is_ascii_digit()) => base_60(body)?,
        None => return None,
    };
    Some(if sign { -magnitude } else { magnitude })
}

/// A number with a dot. An exponent needs its sign, which is why `1e-6` and `1.0e5` are text.
fn float(text: &str) -> Option<f64> {
    let (sign, body) = signed(text);
    let magnitude = match body {
        ".inf" | ".Inf" | ".INF" => f64::INFINITY,
        ".nan" | ".NaN" | ".NAN" if body == text => f64::NAN,
        _ => {
            let (whole, fraction) = body.split_once('.')?;
            match whole.split_once(':') {
                Some(_) => sexagesimal(whole, fraction)?,
                None => decimal(body == text, whole, fraction)?,
            }
        }
    };
    Some(if sign { -magnitude } else { magnitude })
}

/// `unsigned` matters where nothing stands before the dot: `.5` is a number and `+.5` is not.
fn decimal(unsigned: bool, whole: &str, fraction: &str) -> Option<f64> {
    let (digits, exponent) = match fraction.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, Some(exponent)),
        None => (fraction, None),
    };
    let starts_well = match whole {
        "" => unsigned && digits.starts_with(|first: char| first.is_ascii_digit()),
        _ => is_digits(whole),
    };
    let is_exponent = |text: &str| text.strip_prefix(['+', '-']).is_some_and(|digits| is_run(digits, false));
    if !starts_well || !is_run_or_empty(digits) || !exponent.is_none_or(is_exponent) {
        return None;
    }
    format!("{whole}.{fraction}").replace('_', "").parse().ok()
}

fn sexagesimal(whole: &str, fraction: &str) -> Option<f64> {
    if !is_run_or_empty(fraction) {
        return None;
    }
    let fraction: f64 = format!("0.{}", fraction.replace('_', "")).parse().ok()?;
    // A float may start with a zero where an integer may not.
    Some(base_60(whole)? as f64 + fraction)
}

/// `190:20:30`, or a plain number.
fn base_60(text: &str) -> Option<i128> {
    let mut parts = text.split(':');
    let first = parts.next().filter(|part| is_digits(part))?;
    parts.try_fold(in_radix(first, 10)?, |sum, part| {
        let digit = part
            .parse::<i128>()
            .ok()
            .filter(|digit| *digit < 60 && is_run(part, false) && part.len() <= 2)?;
        sum.checked_mul(60)?.checked_add(digit)
    })
}

fn in_radix(digits: &str, radix: u32) -> Option<i128> {
    let fits = digits.chars().all(|digit| digit == '_' || digit.is_digit(radix));
    if fits { i128::from_str_radix(&digits.replace('_', ""), radix).ok() } else { None }
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Digits and underscores with a digit in front.
fn is_digits(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit()) && is_run(text, true)
}

fn is_run_or_empty(text: &str) -> bool {
    text.is_empty() || is_run(text, true)
}

fn is_run(text: &str, underscores: bool) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || (underscores && byte == b'_'))
}

/// `2024-02-01`, or a date with a time of day.
fn is_date(text: &str) -> bool {
    match text.split_once(['T', 't', ' ', '\t']) {
        Some((day, time)) => {
            has_parts(day, '-', &[4..=4, 1..=2, 1..=2]) && is_time(time.trim_start_matches([' ', '\t']))
        }
        None => has_parts(text, '-', &[4..=4, 2..=2, 2..=2]),
    }
}

/// `21:59:43.10-05:00`; fraction and zone may be missing.
fn is_time(text: &str) -> bool {
    let end = text.find(|next: char| !next.is_ascii_digit() && next != ':').unwrap_or(text.len());
    let (clock, rest) = text.split_at(end);
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => rest,
    };
    let is_offset =
        |offset: &str| has_parts(offset, ':', &[1..=2]) || has_parts(offset, ':', &[1..=2, 2..=2]);
    let zone = rest.trim_start_matches([' ', '\t']);
    let is_zone = rest.is_empty() || zone == "Z" || zone.strip_prefix(['+', '-']).is_some_and(is_offset);
    has_parts(clock, ':', &[1..=2, 2..=2, 2..=2]) && is_zone
}

/// Whether the text is made of as many runs of digits as there are widths, and each is that wide.
fn has_parts(text: &str, separator: char, widths: &[RangeInclusive<usize>]) -> bool {
    let parts: Vec<&str> = text.split(separator).collect();
    let fits =
        |(part, width): (&&str, &RangeInclusive<usize>)| is_run(part, false) && width.contains(&part.len());
    parts.len() == widths.len() && parts.iter().zip(widths).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each was given to PyYAML 6.0.3.
    #[test]
    fn scalars_mean_what_they_mean_to_pyyaml() {
        let whole: &[(&str, i128)] = &[
            ("010", 8),
            ("12:30", 750),
            ("12:30:45", 45_045),
            ("1_000", 1000),
            ("1_", 1),
            ("0x1F", 31),
            ("0b11", 3),
            ("00", 0),
            ("-0", 0),
            ("+12", 12),
            ("-7", -7),
        ];
        for (text, means) in whole {
            assert_eq!(read(text), Value::Int(*means), "{text}");
        }
        let broken: &[(&str, f64)] = &[
            ("1.", 1.0),
            (".5", 0.5),
            ("1.0e+5", 1e5),
            ("190:20:30.15", 685_230.15),
            ("1:2.5", 62.5),
            ("-.INF", f64::NEG_INFINITY),
        ];
        for (text, means) in broken {
            assert_eq!(read(text), Value::Float(*means), "{text}");
        }
        assert!(matches!(read(".nan"), Value::Float(number) if number.is_nan()));
        for text in ["yes", "On", "TRUE"] {
            assert_eq!(read(text), Value::Bool(true), "{text}");
        }
        for text in ["no", "OFF", "False"] {
            assert_eq!(read(text), Value::Bool(false), "{text}");
        }
        for text in ["", "~", "null"] {
            assert_eq!(read(text), Value::Null, "{text}");
        }
        for text in
            ["2024-01-01", "2024-1-1 10:00:00", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43 Z"]
        {
            assert_eq!(read(text), Value::Date(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_number_elsewhere_is_text_to_pyyaml() {
        let texts = [
            "1e-6",
            "1e5",
            "1.0e5",
            "0o10",
            "08",
            "0_8",
            "_1",
            "0x",
            "+.5",
            "-.5",
            ".",
            "1:60",
            "0:30",
            "1.5:30",
            "y",
            "n",
            "tRue",
            "2001-1-1",
            "2024-1-1 10:00",
            "nan",
            "inf",
        ];
        for text in texts {
            assert_eq!(read(text), Value::Text(text.to_owned()), "{text}");
        }
    }
}
