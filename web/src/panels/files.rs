//! Scenarios and comparisons as files: saved, opened, dropped on the page.

use crate::download::save;
use crate::page::Page;
use crate::promise::settle;
use crate::shell::DialogHead;
use crate::state::{Action, ChromeAction, Edit, Notice};
use highwater_model::LaneId;
use highwater_model::file::{self, Document, FILE_BYTES_MAX, Opened};
use highwater_model::spelling::ReadProblem;
use leptos::ev::DragEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::File;

/// What files are.
const TOML: &str = "application/toml";

/// The dialog's content.
#[component]
pub fn FilesDialog() -> impl IntoView {
    let page = Page::here();
    let lane = RwSignal::new(LaneId::A);
    let input = NodeRef::<html::Input>::new();
    let open_chosen = move |_| {
        let chosen = input.get().and_then(|input| input.files()).and_then(|files| files.get(0));
        if let Some(chosen) = chosen {
            open(page, chosen, lane.get_untracked());
            page.act(Action::Chrome(ChromeAction::Close));
        }
    };
    let choose_lane = move |event| {
        lane.set(if event_target_value(&event) == "B" { LaneId::B } else { LaneId::A });
    };
    let save_both = move |_| {
        save("highwater-comparison.toml", TOML, &page.peek(|state| file::write_comparison(state.comparison())))
    };
    let save_one = move |lane: LaneId| {
        let name = match lane {
            LaneId::A => "highwater-lane-a.toml",
            LaneId::B => "highwater-lane-b.toml",
        };
        save(name, TOML, &page.peek(|state| file::write_scenario(&state.scenario(lane))));
    };
    view! {
        <DialogHead title=Signal::derive(move || page.text().shell.files.to_owned())/>
        <h3>{page.say(|text| text.shell.save_files)}</h3>
        <div class="line wrap">
            <button class="button" data-testid="save-comparison" on:click=save_both>
                {page.say(|text| text.shell.save_comparison)}</button>
            {LaneId::ALL.map(|lane| view! {
                <button class="button" data-testid=format!("save-{lane:?}") on:click=move |_| save_one(lane)>
                    {move || (page.text().shell.save_scenario)(lane)}</button>
            }).collect_view()}
        </div>
        <h3>{page.say(|text| text.shell.open_file)}</h3>
        <p class="mute small">{page.say(|text| text.shell.open_sentence)}</p>
        <div class="two">
            <label class="field">
                <span>{page.say(|text| text.shell.open_into)}</span>
                <select class="input" on:change=choose_lane>
                    {LaneId::ALL.map(|lane| view! {
                        <option value=format!("{lane:?}")>{move || (page.text().shell.lane)(lane)}</option>
                    }).collect_view()}
                </select>
            </label>
            <label class="field">
                <span>{page.say(|text| text.shell.open_file)}</span>
                <input class="input" type="file" accept=".toml,text/plain" node_ref=input data-testid="open-file"
                    on:change=open_chosen/>
            </label>
        </div>
    }
}

/// Takes files that are dropped anywhere on the page.
#[component]
pub fn DropZone(children: Children) -> impl IntoView {
    let page = Page::here();
    let is_over = RwSignal::new(false);
    let over = move |event: DragEvent| {
        let has_file = event.data_transfer().is_some_and(|data| data.types().includes(&"Files".into(), 0));
        if has_file {
            event.prevent_default();
            is_over.set(true);
        }
    };
    let drop = move |event: DragEvent| {
        is_over.set(false);
        let file = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0));
        if let Some(file) = file {
            event.prevent_default();
            open(page, file, lane_under(&event));
        }
    };
    view! {
        <div class="drop-zone" class:over=move || is_over.get() data-hint=page.say(|text| text.shell.drop_here)
            on:dragover=over on:dragleave=move |_| is_over.set(false) on:drop=drop>
            {children()}
        </div>
    }
}

/// A scenario goes into the lane on which it is dropped, or into A.
fn lane_under(event: &DragEvent) -> LaneId {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let lane = target.and_then(|target| target.closest("[data-testid=lane-b]").ok().flatten());
    if lane.is_some() { LaneId::B } else { LaneId::A }
}

/// Reads the file, and loads what it holds.
fn open(page: Page, file: File, lane: LaneId) {
    let name = file.name();
    if FILE_BYTES_MAX as f64 * 4.0 < file.size() {
        // Not even read: what it would say could not be shown.
        let problem = ReadProblem::TooLong { have: file.size() as u64, max: FILE_BYTES_MAX as u64 };
        return report(page, name, vec![file::FileProblem { line: None, problem }]);
    }
    let read = move |text: JsValue| match text.as_string() {
        Some(text) if !text.contains('\0') => load(page, name, file::read(&text), lane),
        _ => page.act(Action::Chrome(ChromeAction::Notify(Notice::NotText { name }))),
    };
    // A file that has vanished meanwhile is as if none had been chosen.
    settle(&file.text(), read, |_| ());
}

fn load(page: Page, name: String, opened: Opened, lane: LaneId) {
    let is_refused = opened.problems.iter().any(|problem| {
        let fatal = &problem.problem;
        matches!(fatal, ReadProblem::NotHighwater | ReadProblem::NewerVersion { .. } | ReadProblem::TooLong { .. })
    });
    if !is_refused {
        page.act(Action::Edit(match opened.document {
            Document::Scenario(scenario) => Edit::LoadScenario(lane, scenario),
            Document::Comparison(comparison) => Edit::Load(comparison),
        }));
    }
    report(page, name, opened.problems);
}

fn report(page: Page, name: String, problems: Vec<file::FileProblem>) {
    if !problems.is_empty() {
        page.act(Action::Chrome(ChromeAction::Notify(Notice::File { name, problems })));
    }
}
