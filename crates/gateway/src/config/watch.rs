//! Notices that the configuration was changed, so that it takes effect without a restart.
//!
//! It looks once a second instead of asking the system to tell: a mounted ConfigMap changes by a symbolic link to a
//! folder above the file, which watching the file does not notice.

use std::path::Path;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::files::Files;

/// How often files are looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// Calls `reload` whenever one of the files has changed or the process gets SIGHUP, and goes on with the files that
/// it returns. Never ends by itself.
pub async fn watch<R: Future<Output = Files>>(mut files: Files, mut reload: impl FnMut() -> R) {
    let mut hangup = signal(SignalKind::hangup()).ok();
    loop {
        tokio::select! {
            () = asked(hangup.as_mut()) => tracing::info!("SIGHUP: the configuration is read again"),
            file = changed(&files) => tracing::info!(file = %file.display(), "the configuration has changed"),
        }
        files = reload().await;
    }
}

async fn changed(files: &Files) -> &Path {
    loop {
        tokio::time::sleep(INTERVAL).await;
        if let Some(file) = files.changed() {
            return file;
        }
    }
}

/// Ends when the process gets the signal; never where signals cannot be had.
async fn asked(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => _ = signal.recv().await,
        None => std::future::pending().await,
    }
}
