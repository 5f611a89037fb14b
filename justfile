# Shortcuts for people. Anything longer than a line belongs in `cargo xtask`.

# What there is to run
default:
    @just --list

# Does it compile, and is every generated file fresh?
check:
    cargo check --workspace --all-targets
    cargo xtask check

# All tests, or those whose name contains a filter: `just test budget`
test *args:
    cargo xtask test {{ args }}

# Start the gateway: `just run --config config.yaml`
run *args:
    cargo run --package ferrolite-gateway --bin ferrolite -- {{ args }}

# Benchmarks
bench *args:
    cargo bench --package ferrolite-benches {{ args }}

# Formatting and lints, as strict as CI
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -Dwarnings
