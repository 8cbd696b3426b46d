//! The tasks in which the transport serves calls, watched over from outside.
//!
//! A body can end itself when its reader takes nothing, but only when the transport asks it for more. One whose peer lets
//! it send nothing at all keeps what it was given and asks for nothing: then its task is ended.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Duration,
};

use hyper::rt::Executor;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::rpc::call::Call;

tokio::task_local! {
    /// The call that this task of the transport serves, once it is known.
    static SERVED: Arc<OnceLock<Call>>;
}

/// Runs the transport's tasks, one for each call, for as long as bytes of its answer leave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transport {
    /// How long a reader may take nothing.
    patience: Duration,
}

/// Says which call the transport's task serves that runs now.
pub(super) fn serves(call: &Call) {
    // Elsewhere than in such a task nobody watches.
    let _ = SERVED.try_with(|served| served.set(call.clone()));
}

impl Transport {
    /// One that waits for readers twice as long as `patience`.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { patience }
    }

    /// Sees a task to its end, or to that of the patience with its reader.
    async fn watch(self, task: impl Future<Output = ()>) {
        let served = Arc::new(OnceLock::new());
        let mut task = pin!(SERVED.scope(Arc::clone(&served), task));
        let mut waiting = None;
        poll_fn(|context| {
            if task.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            let Some(call) = served.get().filter(|call| self.is_stuck(call, &mut waiting, context)) else {
                return Poll::Pending;
            };
            call.flight().give_up();
            // If its body is asked, it says why it ends.
            let _ended = task.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    }

    /// Whether nothing of an answer has left for too long; else the task is woken when it is time to ask again.
    fn is_stuck(self, call: &Call, waiting: &mut Option<Pin<Box<Sleep>>>, context: &mut Context<'_>) -> bool {
        loop {
            let since = call.flight().waiting_since();
            let Some(until) = since.and_then(|since| since.checked_add(self.patience.saturating_mul(2))) else {
                return false;
            };
            if until <= Instant::now() {
                return true;
            }
            // One that rings too early asks again: to set it for each chunk would cost more.
            let alarm = waiting.get_or_insert_with(|| Box::pin(sleep_until(until)));
            if alarm.as_mut().poll(context).is_pending() {
                return false;
            }
            alarm.as_mut().reset(until);
        }
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Transport {
    fn execute(&self, task: F) {
        tokio::spawn(self.watch(task));
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use prost::bytes::Buf as _;
    use tokio::time::timeout;

    use super::*;
    use crate::rpc::{flight::Chunk, limits::TRANSPORT_BYTES};

    const PATIENCE: Duration = Duration::from_secs(30);

    /// For how many seconds a call is seen to that holds a chunk and sends a byte of it now and then.
    async fn seen_to(bytes: usize, asks: bool, slow: u32) -> u64 {
        let (call, begun) = (Call::new("desk-7".to_owned(), "Export", None, None), Instant::now());
        let served = call.clone();
        let task = async move {
            serves(&served);
            let mut chunk = Chunk::new(vec![7; bytes].into(), &served);
            for _ in 0..slow {
                tokio::time::sleep(PATIENCE.mul_f64(1.9)).await;
                chunk.advance(1);
            }
            let asked = poll_fn(|context| if asks { served.flight().poll_room(context) } else { Poll::Pending });
            let _room = asked.await;
            if !served.flight().is_given_up() {
                pending::<()>().await;
            }
        };
        let watched = Transport::new(PATIENCE).watch(task);
        timeout(Duration::from_hours(24), watched).await.expect("it is ended");
        assert!(call.flight().is_given_up());
        begun.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_of_which_nothing_leaves_is_given_up() {
        assert_eq!(seen_to(TRANSPORT_BYTES, true, 0).await, 60);
        assert_eq!(seen_to(TRANSPORT_BYTES, true, 9).await, 9 * 57 + 60);
        // The transport keeps the chunk, so that only its task can be ended.
        assert_eq!(seen_to(7, false, 0).await, 60);
        assert_eq!(seen_to(7, false, 3).await, 3 * 57 + 60);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_has_its_own_time_is_left_alone() {
        let work = || tokio::time::sleep(Duration::from_hours(1));
        let call = Call::new("desk-7".to_owned(), "Export", None, None);
        let begun = Instant::now();
        let served = call.clone();
        let task = async move {
            serves(&served);
            let _chunk = Chunk::new(vec![7; 7].into(), &served);
            // It is sent on, and more is asked for.
            let _room = poll_fn(|context| served.flight().poll_room(context)).await;
            work().await;
        };
        Transport::new(PATIENCE).watch(task).await;
        Transport::new(PATIENCE).watch(async move { work().await }).await;
        assert_eq!(begun.elapsed(), Duration::from_hours(2));
        assert!(!call.flight().is_given_up());
    }
}
