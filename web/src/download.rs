//! Handing things to the browser as downloads.

use js_sys::Array;
use leptos::prelude::{document, window};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlAnchorElement, HtmlCanvasElement, HtmlImageElement, Url,
};

/// Pixels of a picture for each of the chart's: sharp on paper and on dense screens.
const SHARPNESS: f64 = 2.0;

/// Saves a text.
pub fn save(name: &str, kind: &str, text: &str) {
    save_blob(name, &blob(kind, text));
}

/// Saves a picture of this size, given as SVG, as PNG.
pub fn save_png(name: String, svg: &str, (width_px, height_px): (f64, f64)) {
    let Ok(url) = Url::create_object_url_with_blob(&blob("image/svg+xml", svg)) else { return };
    let image = HtmlImageElement::new().expect("documents have images");
    let (drawn, address) = (image.clone(), url.clone());
    let on_load = Closure::once_into_js(move || {
        if let Some(canvas) = painted(&drawn, width_px * SHARPNESS, height_px * SHARPNESS) {
            let save = Closure::once_into_js(move |picture: JsValue| {
                if let Ok(picture) = picture.dyn_into::<Blob>() {
                    save_blob(&name, &picture);
                }
            });
            // A canvas that was painted from the page's own picture can always be read.
            _ = canvas.to_blob(save.unchecked_ref());
        }
        // An address that is not revoked only keeps its bytes a little longer.
        _ = Url::revoke_object_url(&address);
    });
    image.set_onload(Some(on_load.unchecked_ref()));
    image.set_src(&url);
}

fn painted(image: &HtmlImageElement, width: f64, height: f64) -> Option<HtmlCanvasElement> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.unchecked_into();
    canvas.set_width(width.ceil() as u32);
    canvas.set_height(height.ceil() as u32);
    let context = canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
    context.draw_image_with_html_image_element_and_dw_and_dh(image, 0.0, 0.0, width, height).ok()?;
    Some(canvas)
}

fn blob(kind: &str, text: &str) -> Blob {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options).expect("a text is a blob")
}

fn save_blob(name: &str, blob: &Blob) {
    let Ok(url) = Url::create_object_url_with_blob(blob) else { return };
    let anchor: HtmlAnchorElement = document().create_element("a").expect("documents have anchors").unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    // Some browsers read it only after the click.
    let revoke = Closure::once_into_js(move || _ = Url::revoke_object_url(&url));
    _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(revoke.unchecked_ref(), 10_000);
}
