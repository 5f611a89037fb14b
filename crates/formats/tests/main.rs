//! What every format must hold, checked on every fixture that lies beside a format.

mod bodies;
mod damage;
mod fixtures;
mod fuzz_bodies;
mod goldens;
mod grammar;
mod laws;
mod sameness;
mod spoken;
