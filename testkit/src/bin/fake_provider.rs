//! Runs the realistic fake provider for tests which are not written in Rust.
//! They script it by `POST /__enqueue` and `POST /__reset`, and read `GET /__log`.

use clap::Parser;
use ferrolite_testkit::FakeProvider;

/// An imitation of OpenAI's chat completions on 127.0.0.1.
#[derive(Parser)]
struct Arguments {
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let provider = FakeProvider::openai_on(Arguments::parse().port).await?;
    println!("{}", provider.url());
    std::future::pending().await
}
