//! Which setting decided about a record: every setting changed alone, tried in whole runs, told as sentences.

use crate::canvas::Icon;
use crate::i18n::{Text, numbers};
use crate::page::Page;
use crate::state::{Action, Ask, Part};
use highwater_oracle::report::Counterfactual;
use leptos::prelude::*;

/// `acks=all`.
fn setting_with(outcome: &Counterfactual, value: i64) -> String {
    format!("{}={}", outcome.setting.name(), outcome.setting.write(value))
}

/// A value that keeps the record.
fn keeps(outcome: &Counterfactual, text: &Text) -> String {
    let from = outcome.setting.write(outcome.from);
    (text.ledger.keeps)(&setting_with(outcome, outcome.to), &from, &numbers::count(outcome.lost))
}

/// Those that keep the record, the fewest lost records first; then those that do not, as they were tried.
fn sorted(outcomes: &[Counterfactual]) -> (Vec<Counterfactual>, Vec<Counterfactual>) {
    let (mut kept, rest): (Vec<Counterfactual>, Vec<Counterfactual>) =
        outcomes.iter().copied().partition(|outcome| outcome.keeps);
    kept.sort_by_key(|outcome| outcome.lost);
    (kept, rest)
}

/// The question, its progress, its answers.
#[component]
pub fn TrialsView() -> impl IntoView {
    let page = Page::here();
    let trials = page.memo(&[Part::Ledger], |state| state.ledger().story.as_ref().and_then(|open| open.trials.clone()));
    let kept = Memo::new(move |_| {
        trials.with(|trials| trials.as_ref().map(|trials| sorted(&trials.outcomes))).unwrap_or_default()
    });
    let is_running = move || trials.with(|trials| trials.as_ref().is_some_and(|trials| !trials.finished));
    let is_done = move || trials.with(|trials| trials.as_ref().is_some_and(|trials| trials.finished));
    let progress = move || trials.with(|trials| trials.as_ref().map_or((0, 0), |trials| (trials.tried, trials.of)));
    let tried = move || {
        let (tried, of) = progress();
        (page.text().ledger.tried)(&numbers::count(tried.into()), &numbers::count(of.into()))
    };
    let sentences = move || {
        let text = page.text();
        let sentence = |outcome: Counterfactual| {
            view! {
                <li><svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d=Icon::Check.path()></path></svg>
                    {keeps(&outcome, text)}</li>
            }
        };
        kept.get().0.into_iter().map(sentence).collect_view()
    };
    let others = move || {
        let text = page.text();
        let other = |outcome: Counterfactual| {
            let setting = setting_with(&outcome, outcome.to);
            view! { <li>{(text.ledger.does_not_keep)(&setting)}</li> }
        };
        kept.get().1.into_iter().map(other).collect_view()
    };
    view! {
        <section class="trials" data-testid="trials">
            <Show when=move || trials.with(Option::is_none)>
                <button type="button" class="button primary" data-testid="decide"
                    on:click=move |_| page.act(Action::Ask(Ask::Decide))>
                    {page.say(|text| text.ledger.decide)}
                </button>
                <p class="mute">{page.say(|text| text.ledger.decide_sentence)}</p>
            </Show>
            <Show when=is_running>
                <p role="status" class="trials-progress">
                    <progress max=move || progress().1.max(1).to_string() value=move || progress().0.to_string()></progress>
                    <span>{tried}</span>
                    <button type="button" class="button" data-testid="cancel-decide"
                        on:click=move |_| page.act(Action::Ask(Ask::CancelDecide))>
                        {page.say(|text| text.ledger.cancel)}
                    </button>
                </p>
            </Show>
            <ul class="kept" data-testid="kept">{sentences}</ul>
            <Show when=move || is_done() && kept.with(|(kept, _)| kept.is_empty())>
                <p>{page.say(|text| text.ledger.nothing_keeps)}</p>
            </Show>
            <Show when=move || is_done() && progress().0 < progress().1>
                <p class="mute">{page.say(|text| text.ledger.stopped)}</p>
            </Show>
            <Show when=move || kept.with(|(_, rest)| !rest.is_empty())>
                <details>
                    <summary>{move || (page.text().ledger.others)(&kept.with(|(_, rest)| rest.len()).to_string())}</summary>
                    <ul>{others}</ul>
                </details>
            </Show>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::{happenings, numbers};
    use crate::state::Language;
    use highwater_model::SettingId;

    const ACKS: Counterfactual = Counterfactual { setting: SettingId::Acks, from: 1, to: 2, keeps: true, lost: 0 };

    #[test]
    fn the_setting_that_decided_is_told_with_its_value() {
        let told = keeps(&ACKS, Language::English.text());
        assert_eq!(told, "With acks=all instead of 1 this record is kept. Acknowledged records lost then: 0.");
        assert!(keeps(&ACKS, Language::Korean.text()).contains("acks=all"));
    }

    #[test]
    fn the_value_that_loses_least_comes_first() {
        let linger = Counterfactual { setting: SettingId::Linger, lost: 7, ..ACKS };
        let retries = Counterfactual { setting: SettingId::Retries, keeps: false, lost: 118, ..ACKS };
        assert_eq!(sorted(&[linger, retries, ACKS]), (vec![ACKS, linger], vec![retries]));
    }

    #[test]
    fn money_is_grouped() {
        assert_eq!(
            (Language::English.text().ledger.money)(&numbers::count(59_000)).replace('\u{202f}', " "),
            "$ 59 000"
        );
        assert_ne!(happenings::category(Language::Korean, highwater_oracle::report::Category::Lost), "");
    }
}
