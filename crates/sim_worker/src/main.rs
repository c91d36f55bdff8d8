//! The worker's door: a message is postcard bytes, in and out. It greets with `Ready` and a build id, so that a page
//! from one build never talks to a worker from another.

use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// What the worker says of its own accord.
#[derive(Serialize)]
enum Greeting<'a> {
    /// Messages are heard from now on.
    Ready { build: &'a str },
}

fn main() {
    console_error_panic_hook::set_once();
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let answers = scope.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        post(&answers, &Uint8Array::new(&message.data()).to_vec());
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The listener lives as long as the worker.
    on_message.forget();
    let ready = Greeting::Ready { build: env!("CARGO_PKG_VERSION") };
    post(&scope, &postcard::to_allocvec(&ready).expect("a greeting always fits in memory"));
}

fn post(scope: &DedicatedWorkerGlobalScope, bytes: &[u8]) {
    scope.post_message(&Uint8Array::from(bytes)).expect("bytes can always be cloned to the page");
}
