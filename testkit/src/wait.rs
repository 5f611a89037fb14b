//! Waits for something to become true, so that no test sleeps for a fixed time.

use std::panic::Location;
use std::time::Duration;

const POLL: Duration = Duration::from_millis(2);

/// Asks `condition` until it holds; panics with the caller's line once `deadline` has passed.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # use std::time::Duration;
/// # async fn is_up() -> bool { true }
/// ferrolite_testkit::eventually(Duration::from_secs(2), async || is_up().await).await;
/// # }
/// ```
#[track_caller]
pub fn eventually(deadline: Duration, condition: impl AsyncFnMut() -> bool) -> impl Future<Output = ()> {
    let caller = Location::caller();
    async move {
        if tokio::time::timeout(deadline, holds(condition)).await.is_err() {
            panic!("the condition at {caller} was still false after {deadline:?}");
        }
    }
}

async fn holds(mut condition: impl AsyncFnMut() -> bool) {
    while !condition().await {
        tokio::time::sleep(POLL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ends_as_soon_as_the_condition_holds() {
        let mut asked = 0;
        eventually(Duration::from_secs(5), async || {
            asked += 1;
            asked == 3
        })
        .await;
        assert_eq!(asked, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "wait.rs")]
    async fn names_the_caller_when_the_deadline_passes() {
        eventually(Duration::from_millis(5), async || false).await;
    }
}
