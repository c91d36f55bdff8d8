//! The sends that are on their way: few at a time, however many there were.

use highwater_model::{Duration, Instant};
use std::collections::VecDeque;

/// A send that is neither acked nor failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenSend {
    pub first_arrival: Instant,
    pub arrival_span: Duration,
    pub count: u32,
}

/// Open sends by their number. Numbers rise and most sends are short, so the open ones lie in a narrow window.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenSends {
    /// Number of the first in the window.
    first: u32,
    window: VecDeque<Option<OpenSend>>,
}

impl OpenSends {
    /// A send begins.
    pub fn open(&mut self, send: u32, open: OpenSend) {
        if self.window.is_empty() {
            self.first = send;
        }
        while send < self.first {
            self.window.push_front(None);
            self.first -= 1;
        }
        let index = (send - self.first) as usize;
        if self.window.len() <= index {
            self.window.resize(index + 1, None);
        }
        self.window[index] = Some(open);
    }

    /// An open send.
    pub fn get(&self, send: u32) -> Option<OpenSend> {
        let index = send.checked_sub(self.first)?;
        self.window.get(index as usize).copied().flatten()
    }

    /// A send ends.
    pub fn close(&mut self, send: u32) -> Option<OpenSend> {
        let index = send.checked_sub(self.first)?;
        let open = self.window.get_mut(index as usize)?.take();
        while let Some(None) = self.window.front() {
            self.window.pop_front();
            self.first += 1;
        }
        open
    }
}
