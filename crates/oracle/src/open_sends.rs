//! The sends that are on their way: few at a time, however many there were.

use highwater_model::{Duration, Instant};
use std::collections::BTreeMap;

/// A send that is neither acked nor failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenSend {
    pub first_arrival: Instant,
    pub arrival_span: Duration,
    pub count: u32,
}

/// Open sends by their number. A map, because in an outage a send stays open while thousands come and go.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenSends {
    open: BTreeMap<u32, OpenSend>,
}

impl OpenSends {
    /// A send begins.
    pub fn open(&mut self, send: u32, open: OpenSend) {
        self.open.insert(send, open);
    }

    /// An open send.
    pub fn get(&self, send: u32) -> Option<OpenSend> {
        self.open.get(&send).copied()
    }

    /// A send ends.
    pub fn close(&mut self, send: u32) -> Option<OpenSend> {
        self.open.remove(&send)
    }
}
