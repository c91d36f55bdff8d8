//! Waiting for the browser.

use js_sys::{Function, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};

/// Calls one of the two when the promise is settled.
pub fn settle(promise: &JsValue, done: impl FnOnce(JsValue) + 'static, refused: impl FnOnce(JsValue) + 'static) {
    let then = Reflect::get(promise, &"then".into()).ok().and_then(|then| then.dyn_into::<Function>().ok());
    let then = then.expect("a promise has a method `then`");
    let (done, refused) = (Closure::once_into_js(done), Closure::once_into_js(refused));
    then.call2(promise, &done, &refused).expect("`then` itself never throws");
}
