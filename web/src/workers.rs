//! The page's workers: one for each lane, which holds that lane's world, and helpers for studies. Requests wait until a
//! worker has said `Ready`; a dead worker is reported to the state, which decides what then.

use crate::state::Action;
use crate::state::study::{HELPERS_MAX, StudyAction};
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

/// For whom a worker works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// For a lane.
    Lane(LaneId),
    /// For studies.
    Study(u8),
}

impl Duty {
    const COUNT: usize = LaneId::ALL.len() + HELPERS_MAX;

    fn index(self) -> usize {
        match self {
            Duty::Lane(lane) => lane.index(),
            Duty::Study(helper) => LaneId::ALL.len() + usize::from(helper),
        }
    }

    fn heard(self, answer: Answer) -> Action {
        match self {
            Duty::Lane(lane) => Action::Heard(lane, Box::new(answer)),
            Duty::Study(helper) => Action::Study(StudyAction::Heard(helper, Box::new(answer))),
        }
    }

    fn died(self) -> Action {
        match self {
            Duty::Lane(lane) => Action::WorkerDied(lane),
            Duty::Study(helper) => Action::Study(StudyAction::Died(helper)),
        }
    }
}

/// All workers, and who is told what they say.
#[derive(Default)]
pub struct Workers {
    seats: [RefCell<Option<Seat>>; Duty::COUNT],
    listener: RefCell<Option<Listener>>,
}

struct Seat {
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

impl Workers {
    /// Says who is told.
    pub fn listen(&self, listener: impl Fn(Action) + 'static) {
        *self.listener.borrow_mut() = Some(Rc::new(listener));
    }

    /// Starts a worker; the one before, if any, ends.
    pub fn start(&self, duty: Duty) {
        let listener = self.listener.borrow().clone().expect("the page listens before it starts workers");
        let fresh = Seat::new(duty, listener);
        if let Some(old) = self.seats[duty.index()].replace(Some(fresh)) {
            old.worker.terminate();
        }
    }

    /// Sends a request, now or as soon as the worker listens.
    pub fn send(&self, duty: Duty, request: &Request) {
        let bytes = postcard::to_allocvec(request).expect("requests are small values");
        if let Some(seat) = &*self.seats[duty.index()].borrow() {
            match &mut *seat.line.borrow_mut() {
                Line::Waiting(queue) => queue.push(bytes),
                Line::Open => post(&seat.worker, &bytes),
            }
        }
    }
}

impl Seat {
    fn new(duty: Duty, listener: Listener) -> Self {
        let worker = Worker::new(WORKER).expect("the worker's address is well formed");
        let line = Rc::new(RefCell::new(Line::Waiting(Vec::new())));
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new({
            let (worker, line, listener) = (worker.clone(), line.clone(), listener.clone());
            move |message: MessageEvent| {
                let bytes = Uint8Array::new(&message.data()).to_vec();
                let Ok(answer) = postcard::from_bytes::<Answer>(&bytes) else {
                    // A worker of another build, left in a cache: it is of no use.
                    worker.terminate();
                    return listener(duty.died());
                };
                if let Answer::Ready { .. } = answer
                    && let Line::Waiting(queue) = line.replace(Line::Open)
                {
                    queue.iter().for_each(|bytes| post(&worker, bytes));
                }
                listener(duty.heard(answer));
            }
        });
        let on_error = Closure::<dyn FnMut(Event)>::new({
            let worker = worker.clone();
            move |event: Event| {
                event.prevent_default();
                worker.terminate();
                listener(duty.died());
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
