//! Why calls are turned away.

/// Why a call was refused or ended to protect the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShedReason {
    /// The queue for CPU work was full.
    Overloaded,
    /// As many streams as allowed were open.
    TooManyStreams,
    /// The reader took nothing for too long.
    SlowConsumer,
    /// The sender of an import sent nothing for too long.
    IdleImport,
    /// The service was about to stop.
    Draining,
}

impl ShedReason {
    /// The label, equal to the reason that the caller is told.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Overloaded => "OVERLOADED",
            Self::TooManyStreams => "TOO_MANY_STREAMS",
            Self::SlowConsumer => "SLOW_CONSUMER",
            Self::IdleImport => "IDLE_IMPORT",
            Self::Draining => "SERVER_DRAINING",
        }
    }
}
