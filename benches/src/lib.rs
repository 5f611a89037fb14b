//! Micro-benches of what every call pays for; see `benches/README.md` for how to run and read them.
