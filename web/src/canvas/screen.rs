//! Drawing in step with the screen, and measuring how long it takes.

use leptos::prelude::request_animation_frame;
use std::cell::Cell;
use std::rc::Rc;

/// The browser keeps every measure; after so many the older ones are let go.
const MEASURES_MAX: u32 = 2_000;

/// Calls a function once before the next frame of the screen, however often it is asked for.
#[derive(Clone)]
pub struct NextFrame {
    is_asked: Rc<Cell<bool>>,
    draw: Rc<dyn Fn()>,
}

impl NextFrame {
    /// For this function.
    pub fn new(draw: impl Fn() + 'static) -> Self {
        Self { is_asked: Rc::default(), draw: Rc::new(draw) }
    }

    /// Asks for a call.
    pub fn ask(&self) {
        if self.is_asked.replace(true) {
            return;
        }
        let this = self.clone();
        request_animation_frame(move || {
            this.is_asked.set(false);
            (this.draw)();
        });
    }
}

thread_local! {
    static MEASURED: Cell<u32> = const { Cell::new(0) };
}

/// Does `work`, and leaves a measure of this name in the browser's performance timeline, for benchmarks to read.
pub fn measured(name: &str, work: impl FnOnce()) {
    let Some(performance) = leptos::prelude::window().performance() else { return work() };
    let start = format!("{name}-start");
    // Without user timing nothing is measured, and all is drawn the same.
    let _ = performance.mark(&start);
    work();
    let _ = performance.measure_with_start_mark(name, &start);
    performance.clear_marks_with_mark_name(&start);
    let count = MEASURED.get() + 1;
    MEASURED.set(count % MEASURES_MAX);
    if count == MEASURES_MAX {
        performance.clear_measures_with_measure_name(name);
    }
}

/// Does the reader's system ask for little motion?
pub fn wants_little_motion() -> bool {
    let query = leptos::prelude::window().match_media("(prefers-reduced-motion: reduce)");
    query.ok().flatten().is_some_and(|query| query.matches())
}
