//! The worker's door: requests in, slices of work, answers out, all as postcard bytes. Between two slices it listens,
//! so that a frame or a cancellation does not wait for the end of a run.

use highwater_experiments::desk::{Desk, Load};
use highwater_experiments::protocol::{Answer, Request};
use highwater_model::ENGINE_VERSION;
use js_sys::Uint8Array;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort};

/// Events between two looks at the clock.
const STEP_EVENTS: u64 = 4_000;

/// Work between two chances to listen.
const SLICE_MS: f64 = 8.0;

/// When the page first hears how a run goes, and how often after that: seldom enough that nine tenths of the time are
/// for the run itself.
const FIRST_PROGRESS_MS: f64 = 20.0;
const PROGRESS_MS: f64 = 100.0;
const PROGRESS_COSTS: f64 = 10.0;

struct Worker {
    scope: DedicatedWorkerGlobalScope,
    desk: Desk,
    /// A message to itself comes back after those that wait.
    to_self: MessagePort,
    awake: bool,
    progress_due_ms: f64,
}

fn main() {
    console_error_panic_hook::set_once();
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let channel = MessageChannel::new().expect("every worker has message channels");
    let worker = Rc::new(RefCell::new(Worker {
        scope: scope.clone(),
        desk: Desk::default(),
        to_self: channel.port2(),
        awake: false,
        progress_due_ms: 0.0,
    }));
    let on_slice = listener(&worker, |worker, _| worker.slice());
    channel.port1().set_onmessage(Some(on_slice.as_ref().unchecked_ref()));
    let on_request = listener(&worker, |worker, message| worker.hear(message));
    scope.set_onmessage(Some(on_request.as_ref().unchecked_ref()));
    // The listeners live as long as the worker.
    on_slice.forget();
    on_request.forget();
    post(&scope, &Answer::Ready { engine: ENGINE_VERSION });
}

fn listener(
    worker: &Rc<RefCell<Worker>>,
    hear: impl Fn(&mut Worker, &MessageEvent) + 'static,
) -> Closure<dyn FnMut(MessageEvent)> {
    let worker = worker.clone();
    Closure::new(move |message: MessageEvent| hear(&mut worker.borrow_mut(), &message))
}

impl Worker {
    fn hear(&mut self, message: &MessageEvent) {
        let bytes = Uint8Array::new(&message.data()).to_vec();
        let request: Request = postcard::from_bytes(&bytes).expect("page and worker are of one build");
        if let Request::Run { .. } = request {
            self.progress_due_ms = self.now_ms() + FIRST_PROGRESS_MS;
        }
        let scope = &self.scope;
        self.desk.hear(request, &mut |answer| post(scope, &answer));
        self.wake();
    }

    /// Works for a while, then asks itself to go on.
    fn slice(&mut self) {
        self.awake = false;
        let end_ms = self.now_ms() + SLICE_MS;
        let scope = &self.scope;
        while self.desk.load() != Load::Idle && self.now_ms() < end_ms {
            self.desk.work(STEP_EVENTS, &mut |answer| post(scope, &answer));
        }
        self.report();
        self.wake();
    }

    /// Says how the run goes, when that is due.
    fn report(&mut self) {
        let start_ms = self.now_ms();
        if start_ms < self.progress_due_ms {
            return;
        }
        if let Some(progress) = self.desk.progress() {
            post(&self.scope, &progress);
            let end_ms = self.now_ms();
            self.progress_due_ms = end_ms + PROGRESS_MS.max((end_ms - start_ms) * PROGRESS_COSTS);
        }
    }

    fn wake(&mut self) {
        if self.desk.load() != Load::Idle && !self.awake {
            self.awake = true;
            self.to_self.post_message(&JsValue::NULL).expect("nothing can always be sent");
        }
    }

    fn now_ms(&self) -> f64 {
        self.scope.performance().expect("every worker has a clock").now()
    }
}

fn post(scope: &DedicatedWorkerGlobalScope, answer: &Answer) {
    let bytes = postcard::to_allocvec(answer).expect("an answer always fits in memory");
    scope.post_message(&Uint8Array::from(bytes.as_slice())).expect("bytes can always be cloned to the page");
}
