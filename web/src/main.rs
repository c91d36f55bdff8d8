//! The page: starts Leptos in the document's body.

mod address;
mod app;
mod canvas;
mod compare;
mod download;
mod drawn;
mod first_picture;
mod gauge;
mod i18n;
mod ledger;
mod memory;
mod page;
mod panels;
mod promise;
mod shell;
mod stage;
mod state;
mod timeline;
mod tradeoffs;
mod workers;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::App);
}
