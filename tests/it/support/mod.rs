//! What the tests share: a service of their own, what they say to it, and what every answer has to look like.

mod build;
mod follower;
#[path = "../../../examples/literal_recall/law.rs"]
mod law;
mod many;
mod metrics;
mod patience;
mod peer;
mod pieces;
mod process;
mod refusal;
mod service;
mod stream;
mod stuck;
mod texts;
mod whole;

pub(crate) use build::{
    all_of, any_of, dated, document, everything, exported, limited, nothing_of, phrase, ready, searched, sent, text,
    typed,
};
pub(crate) use follower::Follower;
pub(crate) use law::Law;
pub(crate) use many::{counted, listed_ids, purged};
pub(crate) use metrics::{get, metric, status_of};
pub(crate) use patience::{poll, within};
pub(crate) use peer::{Peer, framed};
pub(crate) use pieces::{SIGNS, phrases, texts};
pub(crate) use process::{Ended, Server, run, run_with, send_signal};
pub(crate) use refusal::{check_refused, check_status, later, reason};
pub(crate) use service::{Service, Stopped, any_port, config_in, copy_directory, file_of_segment};
pub(crate) use stream::{Exported, Found, export_ids, hit_ids};
pub(crate) use stuck::{Stuck, Unread};
pub(crate) use texts::{GLOSSED, NOTICE, UNPUNCTUATED, ZERO_WIDTH};
pub(crate) use whole::Whole;
