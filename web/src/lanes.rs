//! The lanes' workers: one each, which holds that lane's world. Requests wait until a worker has said `Ready`; a dead
//! worker is reported to the state, which decides what then.

use crate::state::Action;
use highwater_experiments::protocol::{Answer, Request};
use highwater_model::LaneId;
use js_sys::Uint8Array;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, MessageEvent, Worker};

/// Relative to the page's own address, so that it works from any folder.
const WORKER: &str = "./sim_worker_start.js";

/// Is told what workers say.
type Listener = Rc<dyn Fn(Action)>;

/// Both workers, and who is told what they say.
#[derive(Default)]
pub struct Lanes {
    lanes: [RefCell<Option<LaneWorker>>; 2],
    listener: RefCell<Option<Listener>>,
}

struct LaneWorker {
    worker: Worker,
    line: Rc<RefCell<Line>>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

/// What is said to a worker before it listens waits in line.
enum Line {
    Waiting(Vec<Vec<u8>>),
    Open,
}

impl Lanes {
    /// Says who is told.
    pub fn listen(&self, listener: impl Fn(Action) + 'static) {
        *self.listener.borrow_mut() = Some(Rc::new(listener));
    }

    /// Starts a lane's worker; the one before, if any, ends.
    pub fn start(&self, lane: LaneId) {
        let listener = self.listener.borrow().clone().expect("the page listens before it starts workers");
        let fresh = LaneWorker::new(lane, listener);
        if let Some(old) = self.lanes[lane.index()].replace(Some(fresh)) {
            old.worker.terminate();
        }
    }

    /// Sends a request, now or as soon as the worker listens.
    pub fn send(&self, lane: LaneId, request: &Request) {
        let bytes = postcard::to_allocvec(request).expect("requests are small values");
        if let Some(lane) = &*self.lanes[lane.index()].borrow() {
            match &mut *lane.line.borrow_mut() {
                Line::Waiting(queue) => queue.push(bytes),
                Line::Open => post(&lane.worker, &bytes),
            }
        }
    }
}

impl LaneWorker {
    fn new(lane: LaneId, listener: Listener) -> Self {
        let worker = Worker::new(WORKER).expect("the worker's address is well formed");
        let line = Rc::new(RefCell::new(Line::Waiting(Vec::new())));
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new({
            let (worker, line, listener) = (worker.clone(), line.clone(), listener.clone());
            move |message: MessageEvent| {
                let bytes = Uint8Array::new(&message.data()).to_vec();
                let Ok(answer) = postcard::from_bytes::<Answer>(&bytes) else {
                    // A worker of another build, left in a cache: it is of no use.
                    worker.terminate();
                    return listener(Action::WorkerDied(lane));
                };
                if let Answer::Ready { .. } = answer
                    && let Line::Waiting(queue) = line.replace(Line::Open)
                {
                    queue.iter().for_each(|bytes| post(&worker, bytes));
                }
                listener(Action::Heard(lane, Box::new(answer)));
            }
        });
        let on_error = Closure::<dyn FnMut(Event)>::new({
            let worker = worker.clone();
            move |event: Event| {
                event.prevent_default();
                worker.terminate();
                listener(Action::WorkerDied(lane));
            }
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Self { worker, line, _on_message: on_message, _on_error: on_error }
    }
}

fn post(worker: &Worker, bytes: &[u8]) {
    worker.post_message(&Uint8Array::from(bytes)).expect("bytes can always be cloned to a worker");
}
