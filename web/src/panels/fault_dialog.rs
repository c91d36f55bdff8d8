//! The form of a fault: added at a moment, or changed.

use super::fault_form::{FaultForm, Field, KINDS};
use super::target_field::TargetField;
use crate::i18n::faults;
use crate::page::Page;
use crate::shell::DialogHead;
use crate::state::{Action, ChromeAction, Edit};
use highwater_model::LaneId;
use highwater_model::fault::{Cut, FaultKind};
use highwater_model::scenario::Lanes;
use leptos::prelude::*;

const CUTS: [Cut; 3] = [Cut::BothWays, Cut::Outbound, Cut::Inbound];
const LANES: [Lanes; 3] = [Lanes::Both, Lanes::Only(LaneId::A), Lanes::Only(LaneId::B)];

/// The form's state, for its parts.
#[derive(Clone, Copy)]
struct Form {
    page: Page,
    form: RwSignal<FaultForm>,
    wrong: RwSignal<Vec<Field>>,
}

/// The dialog's content.
#[component]
pub fn FaultDialog(index: Option<usize>) -> impl IntoView {
    let page = Page::here();
    let form = page.peek(|state| {
        let placed = index.and_then(|index| state.comparison().faults.get(index).copied());
        placed.map_or_else(|| FaultForm::new(state.playback().now()), FaultForm::of)
    });
    let form = Form { page, form: RwSignal::new(form), wrong: RwSignal::new(Vec::new()) };
    let title = Signal::derive(move || {
        let text = &page.text().faults;
        index.map_or_else(|| text.adding.to_owned(), |index| (text.changing)(index + 1))
    });
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        form.save(index);
    };
    let target = Signal::derive(move || form.form.with(|form| form.target));
    view! {
        <DialogHead title/>
        <form class="fault-form" novalidate on:submit=save>
            {form.kind()}
            <TargetField id="target" label=|text| text.faults.target target
                choose=Callback::new(move |target| form.form.update(|form| form.target = target))/>
            {form.details()}
            <div class="two">
                {form.number(Field::At, |text| Some(text.at), |form| &mut form.at, "at")}
                {form.number(Field::Duration, |text| Some(text.duration), |form| &mut form.duration, "for")}
            </div>
            <p class="mute small">{page.say(|text| text.faults.duration_hint)}</p>
            {form.lanes()}
            <div class="dialog-foot">
                <button class="button primary" type="submit" data-testid="save-fault">
                    {move || if index.is_some() { page.text().faults.save } else { page.text().faults.save_new }}
                </button>
                {index.map(|index| delete_button(page, index))}
            </div>
        </form>
    }
}

fn delete_button(page: Page, index: usize) -> AnyView {
    let delete = move |_| {
        page.act(Action::Edit(Edit::DeleteFault(index)));
        page.act(Action::Chrome(ChromeAction::Close));
    };
    view! {
        <button class="button" type="button" data-testid="delete-fault" on:click=delete>
            {page.say(|text| text.faults.delete)}
        </button>
    }
    .into_any()
}

impl Form {
    fn save(self, index: Option<usize>) {
        match self.form.with_untracked(FaultForm::fault) {
            Ok(placed) => {
                self.page.act(Action::Edit(match index {
                    Some(index) => Edit::ChangeFault(index, placed),
                    None => Edit::AddFault(placed),
                }));
                self.page.act(Action::Chrome(ChromeAction::Close));
            }
            Err(wrong) => self.wrong.set(wrong),
        }
    }

    fn kind(self) -> AnyView {
        let language = move || self.page.text().language;
        let names = move || KINDS.map(|kind| faults::kind_name(language(), kind).to_owned()).to_vec();
        let chosen = move || self.form.with(|form| form.kind);
        let choose = move |kind| self.form.update(|form| form.choose_kind(kind));
        choice(self.page, |text| text.kind, "kind", names, chosen, choose)
    }

    fn lanes(self) -> AnyView {
        let text = move || &self.page.text().faults;
        let names = move || {
            let name = |lanes| match lanes {
                Lanes::Both => text().both.to_owned(),
                Lanes::Only(lane) => (text().only)(lane).to_owned(),
            };
            LANES.map(name).to_vec()
        };
        let chosen = move || LANES.iter().position(|lanes| self.form.with(|form| form.lanes == *lanes)).unwrap_or(0);
        let choose = move |index: usize| self.form.update(|form| form.lanes = LANES[index]);
        choice(self.page, |text| text.lanes, "lanes", names, chosen, choose)
    }

    /// What only some kinds have: a number, or the other end of a cut and its direction.
    fn details(self) -> AnyView {
        let kind = Memo::new(move |_| KINDS[self.form.with(|form| form.kind)]);
        view! {
            {move || match kind.get() {
                FaultKind::Cut { .. } => self.cut(),
                kind if (self.page.text().faults.number)(kind).is_some() => self.kind_number(),
                _ => ().into_any(),
            }}
        }
        .into_any()
    }

    fn kind_number(self) -> AnyView {
        let label = move || {
            let kind = KINDS[self.form.with(|form| form.kind)];
            (self.page.text().faults.number)(kind).unwrap_or_default()
        };
        self.number_labelled(Field::Number, label, |form| &mut form.number, "number")
    }

    fn cut(self) -> AnyView {
        let names = move || CUTS.map(|cut| (self.page.text().faults.cut)(cut).to_owned()).to_vec();
        let chosen = move || CUTS.iter().position(|cut| self.form.with(|form| form.cut == *cut)).unwrap_or(0);
        let choose = move |index: usize| self.form.update(|form| form.cut = CUTS[index]);
        let with = Signal::derive(move || self.form.with(|form| form.with));
        view! {
            <TargetField id="with" label=|text| text.faults.with target=with
                choose=Callback::new(move |target| self.form.update(|form| form.with = target))/>
            {choice(self.page, |text| text.direction, "direction", names, chosen, choose)}
        }
        .into_any()
    }

    fn number(
        self,
        field: Field,
        label: fn(&faults::Text) -> Option<&'static str>,
        part: fn(&mut FaultForm) -> &mut String,
        id: &'static str,
    ) -> AnyView {
        self.number_labelled(field, move || label(&self.page.text().faults).unwrap_or_default(), part, id)
    }

    fn number_labelled(
        self,
        field: Field,
        label: impl Fn() -> &'static str + Send + Sync + 'static,
        part: fn(&mut FaultForm) -> &mut String,
        id: &'static str,
    ) -> AnyView {
        let value = move || self.form.with(|form| part(&mut form.clone()).clone());
        let is_wrong = move || self.wrong.with(|wrong| wrong.contains(&field));
        let keys = move || match KINDS[self.form.with(|form| form.kind)] {
            FaultKind::Admin(_) if field == Field::Number => "text",
            _ => "decimal",
        };
        let change = move |event| self.form.update(|form| *part(form) = event_target_value(&event));
        view! {
            <label class="field">
                <span>{label}</span>
                <input class="input mono" inputmode=keys autocomplete="off" data-testid=id prop:value=value
                    aria-invalid=move || is_wrong().to_string() on:input=change/>
                {move || is_wrong().then(|| view! {
                    <span class="bad small" role="alert">{self.page.text().faults.not_a_number}</span>
                })}
            </label>
        }
        .into_any()
    }
}

/// A labelled choice of one of several words.
fn choice(
    page: Page,
    label: fn(&faults::Text) -> &'static str,
    id: &'static str,
    names: impl Fn() -> Vec<String> + Send + Sync + 'static,
    chosen: impl Fn() -> usize + Send + Sync + 'static,
    choose: impl Fn(usize) + Send + Sync + 'static,
) -> AnyView {
    let on_change = move |event| {
        if let Ok(index) = event_target_value(&event).parse() {
            choose(index);
        }
    };
    // The options first: a value can only be chosen once its option is there.
    let options = move || {
        let chosen = chosen();
        let option = |(index, name): (usize, String)| {
            view! { <option value=index.to_string() selected=index == chosen>{name}</option> }
        };
        names().into_iter().enumerate().map(option).collect_view()
    };
    view! {
        <label class="field">
            <span>{move || label(&page.text().faults)}</span>
            <select class="input" data-testid=id on:change=on_change>{options}</select>
        </label>
    }
    .into_any()
}
