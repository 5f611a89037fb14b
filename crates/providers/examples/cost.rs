//! Prices recorded calls: JSON lines `{id, model, provider, service_tier, usage}` in, `{id, cost}` out.
//!
//! ```sh
//! echo '{"id": 1, "provider": "openai", "model": "gpt-4o", "usage": {"prompt_tokens": 9}}' \
//!     | cargo run -q -p ferrolite-providers --example cost
//! ```

use std::{
    io::{self, BufRead, Write},
    time::{SystemTime, UNIX_EPOCH},
};

use ferrolite_providers::price::{PriceTable, cost_of_line};

fn main() -> io::Result<()> {
    let table = PriceTable::builtin();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?.as_secs();
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (number, line) in io::stdin().lock().lines().enumerate() {
        match cost_of_line(&table, &line?, now) {
            Ok(answer) => writeln!(out, "{}", answer.as_str())?,
            Err(error) => eprintln!("line {}: {error}", number + 1),
        }
    }
    out.flush()
}
