//! The page: starts Leptos in the document's body.

use js_sys::Uint8Array;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{MessageEvent, Worker};

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(Page);
}

/// The page, so far: says whether the worker that will hold a lane's world has started.
#[component]
fn Page() -> impl IntoView {
    let ready_bytes = RwSignal::new(None::<u32>);
    start_worker(ready_bytes);
    view! {
        <main>
            <h1>"Highwater"</h1>
            <p data-testid="worker">
                {move || match ready_bytes.get() {
                    Some(bytes) => format!("The worker is ready and greeted with {bytes} bytes."),
                    None => "The worker is starting.".to_owned(),
                }}
            </p>
        </main>
    }
}

fn start_worker(ready_bytes: RwSignal<Option<u32>>) {
    // Relative to the page's own address, so that it works from any folder.
    let worker = Worker::new("./sim_worker_loader.js").expect("the worker's address is well formed");
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        ready_bytes.set(Some(Uint8Array::new(&message.data()).length()));
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The worker lives as long as the page, and so does its listener.
    on_message.forget();
}
