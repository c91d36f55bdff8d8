//! The keys of a trace viewer, and what each does. The list that `?` shows is made from the same table.

use super::span::{self, around, panned, zoomed};
use crate::state::{Action, ChromeAction, Dialog, Look, PageState, Play, SPEEDS};
use highwater_model::{Duration, Instant};

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Look closer, at the clock's moment.
    ZoomIn,
    /// Look further.
    ZoomOut,
    /// Earlier.
    PanLeft,
    /// Later.
    PanRight,
    /// Play or pause.
    Toggle,
    /// To the happening before.
    Previous,
    /// To the next happening.
    Next,
    /// The clock a pixel's worth earlier.
    NudgeBack,
    /// The clock a pixel's worth later.
    NudgeForward,
    /// The whole run.
    Whole,
    /// A millisecond around the clock's moment.
    Closest,
    /// Half as fast, about.
    Slower,
    /// Twice as fast, about.
    Faster,
    /// The shown stretch again and again, or no longer.
    Loop,
    /// Which keys there are.
    Help,
}

/// Every key, as the browser names it, and its deed; where two keys do the same, the list shows the first.
pub const KEYS: [(&str, Deed); 19] = [
    ("w", Deed::ZoomIn),
    ("+", Deed::ZoomIn),
    ("=", Deed::ZoomIn),
    ("s", Deed::ZoomOut),
    ("-", Deed::ZoomOut),
    ("a", Deed::PanLeft),
    ("d", Deed::PanRight),
    (" ", Deed::Toggle),
    ("k", Deed::Toggle),
    ("ArrowLeft", Deed::Previous),
    ("ArrowRight", Deed::Next),
    (",", Deed::NudgeBack),
    (".", Deed::NudgeForward),
    ("0", Deed::Whole),
    ("1", Deed::Closest),
    ("[", Deed::Slower),
    ("]", Deed::Faster),
    ("l", Deed::Loop),
    ("?", Deed::Help),
];

/// One press brings things this much closer.
const ZOOM: f64 = 0.7;
/// One press moves by this share of what is shown.
const PAN: f64 = 0.15;
/// The clock moves by this share of what is shown.
const NUDGE: u64 = 400;

impl Deed {
    /// The deed of a key; Shift does not matter.
    pub fn of_key(key: &str) -> Option<Self> {
        let key = key.to_lowercase();
        let key = match key.as_str() {
            "arrowleft" => "ArrowLeft",
            "arrowright" => "ArrowRight",
            // A Korean keyboard that is not switched to Latin letters.
            "ㅈ" => "w",
            "ㅁ" => "a",
            "ㄴ" => "s",
            "ㅇ" => "d",
            "ㅏ" => "k",
            "ㅣ" => "l",
            other => other,
        };
        KEYS.iter().find(|(name, _)| *name == key).map(|(_, deed)| *deed)
    }

    /// The deeds in the order of the list, each with its keys.
    pub fn list() -> Vec<(Self, Vec<&'static str>)> {
        let mut list: Vec<(Self, Vec<&'static str>)> = Vec::new();
        for (key, deed) in &KEYS {
            match list.iter_mut().find(|(known, _)| known == deed) {
                Some((_, keys)) => keys.push(key),
                None => list.push((*deed, vec![key])),
            }
        }
        list
    }

    /// What it does to the page.
    pub fn action(self, state: &PageState) -> Action {
        let (span, now) = (state.view().span, state.playback().now());
        let run = state.end().since(Instant::ZERO);
        // What the reader looks at: the clock's moment where it is shown, else the middle.
        let anchor = if span.from <= now && now <= span.to { now } else { span::at_x(span, 0.5, 1.0) };
        let show = |span| Action::Look(Look::Show(span));
        let nudge = Duration((span::length(span).0 / NUDGE).max(1));
        let speed = state.playback().speed();
        match self {
            Deed::ZoomIn => show(zoomed(span, ZOOM, anchor, run)),
            Deed::ZoomOut => show(zoomed(span, 1.0 / ZOOM, anchor, run)),
            Deed::PanLeft => show(panned(span, -PAN, run)),
            Deed::PanRight => show(panned(span, PAN, run)),
            Deed::Toggle => Action::Play(Play::Toggle),
            Deed::Previous => Action::Play(Play::PreviousHappening),
            Deed::Next => Action::Play(Play::NextHappening),
            Deed::NudgeBack => Action::Play(Play::Seek(now - nudge)),
            Deed::NudgeForward => Action::Play(Play::Seek(now + nudge)),
            Deed::Whole => Action::Look(Look::ShowAll),
            Deed::Closest => show(around(now, Duration::from_millis(1), run)),
            Deed::Slower => Action::Play(Play::Speed(speed.saturating_sub(1))),
            Deed::Faster => Action::Play(Play::Speed((speed + 1).min(SPEEDS.len() - 1))),
            Deed::Loop => Action::Play(Play::Loop(state.playback().looped().is_none().then_some(span))),
            Deed::Help => Action::Chrome(ChromeAction::Open(Dialog::Keys)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_and_a_korean_keyboard_do_the_same() {
        for keys in [["w", "W", "ㅈ"], ["s", "S", "ㄴ"], ["a", "A", "ㅁ"], ["d", "D", "ㅇ"], ["l", "L", "ㅣ"]] {
            let deeds: Vec<_> = keys.into_iter().map(Deed::of_key).collect();
            assert!(deeds[0].is_some() && deeds.iter().all(|deed| *deed == deeds[0]), "{keys:?}: {deeds:?}");
        }
    }

    #[test]
    fn an_unknown_key_does_nothing() {
        assert_eq!(Deed::of_key("q"), None);
        assert_eq!(Deed::of_key("Tab"), None);
    }

    #[test]
    fn the_list_names_each_deed_once() {
        let list = Deed::list();
        assert_eq!(list.len(), 15);
        assert!(list.contains(&(Deed::ZoomIn, vec!["w", "+", "="])));
    }
}
