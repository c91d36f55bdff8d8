//! What the reader should know, until it is dismissed.

use super::glyph::Glyph;
use crate::i18n::Text;
use crate::page::Page;
use crate::state::{Action, ChromeAction, Notice, Part};
use leptos::prelude::*;

/// The notices, newest last.
#[component]
pub fn Notices() -> impl IntoView {
    let page = Page::here();
    let notices = page.memo(&[Part::Chrome], |state| state.chrome().notices.clone());
    view! {
        <div class="notices" role="status" aria-label=page.say(|text| text.shell.notices) data-testid="notices">
            {move || {
                let text = page.text();
                notices.with(|notices| {
                    notices.iter().enumerate().map(|(index, notice)| one(page, text, index, notice)).collect_view()
                })
            }}
        </div>
    }
}

fn one(page: Page, text: &'static Text, index: usize, notice: &Notice) -> AnyView {
    let (sentence, details) = words(text, notice);
    let details = details.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
    view! {
        <div class="panel notice">
            {Glyph::Warning.view()}
            <div><p>{sentence}</p><ul>{details}</ul></div>
            <button class="button quiet icon-only" aria-label=text.shell.dismiss title=text.shell.dismiss
                on:click=move |_| page.act(Action::Chrome(ChromeAction::Dismiss(index)))>{Glyph::Close.view()}</button>
        </div>
    }
    .into_any()
}

/// A notice as a sentence, and its details.
fn words(text: &Text, notice: &Notice) -> (String, Vec<String>) {
    let shell = &text.shell;
    match notice {
        Notice::WorkerRestarted(lane) => ((shell.worker_restarted)(*lane), Vec::new()),
        Notice::WorkerGaveUp(lane) => ((shell.worker_gave_up)(*lane), Vec::new()),
        Notice::HelperRestarted => (shell.helper_restarted.to_owned(), Vec::new()),
        Notice::HelperGaveUp => (shell.helper_gave_up.to_owned(), Vec::new()),
        Notice::OtherEngine { .. } => (shell.other_engine.to_owned(), Vec::new()),
        Notice::Link(problems) => {
            (shell.link_problems.to_owned(), problems.iter().map(|problem| text.read_problem(problem)).collect())
        }
        Notice::File { name, problems } => {
            let line = |problem: &highwater_model::file::FileProblem| match problem.line {
                Some(line) => format!("{}: {}", (shell.line)(line), text.read_problem(&problem.problem)),
                None => text.read_problem(&problem.problem),
            };
            ((shell.file_problems)(name), problems.iter().map(line).collect())
        }
        Notice::NotText { name } => ((shell.not_text)(name), Vec::new()),
        Notice::OtherFigures { lane, engine, then, now } => {
            ((shell.other_figures)(*lane, *engine, then, now), Vec::new())
        }
    }
}
