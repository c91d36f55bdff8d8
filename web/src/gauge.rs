//! Says through the User Timing API when things happened, for whoever measures the page: the first picture, a run in a
//! worker, both runs, the first figures, a frame of the stage.

use crate::state::Command;
use crate::state::study::Progress;
use highwater_experiments::protocol::{Answer, JobId, Request};
use highwater_model::LaneId;
use js_sys::{Object, Reflect};
use leptos::prelude::{request_animation_frame, window};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::Performance;

/// When what is under way began, in milliseconds.
#[derive(Default)]
pub struct Gauge {
    runs: [Option<(JobId, f64)>; 2],
    both: Option<f64>,
    has_figures: [bool; 2],
    frames: [Option<(JobId, f64)>; 2],
}

impl Gauge {
    /// Something is asked of a worker.
    pub fn ask(&mut self, command: &Command) {
        let Some(performance) = window().performance() else { return };
        match command {
            Command::Send(lane, Request::Run { job, .. }) => {
                self.runs[lane.index()] = Some((*job, performance.now()));
                self.both.get_or_insert(performance.now());
                self.has_figures[lane.index()] = false;
            }
            Command::Send(lane, Request::Frame { job, .. }) => {
                self.frames[lane.index()] = Some((*job, performance.now()));
            }
            _ => (),
        }
    }

    /// A worker answered.
    pub fn hear(&mut self, lane: LaneId, answer: &Answer) {
        let Some(performance) = window().performance() else { return };
        let index = lane.index();
        match answer {
            Answer::Progress { job, .. } => self.figures(&performance, index, *job),
            Answer::Finished { job, summary } => {
                self.figures(&performance, index, *job);
                if let Some((_, began)) = self.runs[index].take_if(|(run, _)| run == job) {
                    measure(&performance, "run", began, Some(summary.events));
                }
                if self.runs == [None, None]
                    && let Some(began) = self.both.take()
                {
                    measure(&performance, "both_presets", began, None);
                }
            }
            Answer::Frame { job, .. } => {
                // While a run is under way a frame waits for its slice: that is no seek.
                let is_quiet = self.runs == [None, None];
                if let Some((_, began)) = self.frames[index].take_if(|(asked, _)| asked == job)
                    && is_quiet
                {
                    measure(&performance, "seek", began, None);
                }
            }
            _ => (),
        }
    }

    fn figures(&mut self, performance: &Performance, index: usize, job: JobId) {
        if let Some((run, began)) = self.runs[index]
            && run == job
            && !std::mem::replace(&mut self.has_figures[index], true)
        {
            measure(performance, "first_figures", began, None);
        }
    }
}

/// How long a chart takes.
#[derive(Clone, Copy, Default)]
pub struct ChartGauge {
    began: Option<f64>,
    has_points: bool,
    is_whole: bool,
}

impl ChartGauge {
    /// Its study is so far.
    pub fn hear(&mut self, progress: Progress) {
        let Some(performance) = window().performance() else { return };
        let began = *self.began.get_or_insert(performance.now());
        let (has_points, is_whole) = match progress {
            Progress::First(done, _) => (0 < done, false),
            Progress::Narrowing(_) | Progress::Done(_) => (true, true),
            Progress::Stopped(_) => return,
        };
        if has_points && !std::mem::replace(&mut self.has_points, true) {
            measure(&performance, "chart_first_points", began, None);
        }
        if is_whole && !std::mem::replace(&mut self.is_whole, true) {
            measure(&performance, "chart_complete", began, None);
        }
    }
}

/// Marks the first picture, once it is painted.
pub fn first_picture() {
    request_animation_frame(|| {
        request_animation_frame(|| {
            if let Some(performance) = window().performance() {
                // A mark that cannot be made is one that nobody reads.
                _ = performance.mark("highwater:first-picture");
            }
        });
    });
}

fn measure(performance: &Performance, name: &str, began: f64, events: Option<u64>) {
    let options = Object::new();
    let mut entries = vec![("start", JsValue::from(began)), ("end", JsValue::from(performance.now()))];
    if let Some(events) = events {
        let detail = Object::new();
        set(&detail, "events", JsValue::from(events as f64));
        entries.push(("detail", detail.into()));
    }
    for (key, value) in entries {
        set(&options, key, value);
    }
    let measure = Reflect::get(performance, &"measure".into()).ok().and_then(|f| f.dyn_into::<js_sys::Function>().ok());
    if let Some(measure) = measure {
        // As with the mark: nobody depends on it.
        _ = measure.call2(performance, &format!("highwater:{name}").into(), &options);
    }
}

fn set(object: &Object, key: &str, value: JsValue) {
    // A plain object takes every key.
    _ = Reflect::set(object, &key.into(), &value);
}
