//! What the terminal is asked to run: a preset's name, a file, or a link.

use highwater_model::english;
use highwater_model::file::{self, Document};
use highwater_model::presets::{Preset, first_visit};
use highwater_model::{LaneId, Scenario, link};
use std::path::Path;

/// A scenario to run, and the lane it is in its comparison.
pub struct Source {
    pub scenario: Scenario,
    pub lane: Option<LaneId>,
}

/// The scenarios that the argument means; or all that is wrong with it.
pub fn find(argument: &str, lane: Option<LaneId>) -> Result<Vec<Source>, Vec<String>> {
    let mut sources = open(argument)?;
    if let Some(lane) = lane {
        if sources.iter().any(|source| source.lane.is_none()) {
            return Err(vec![format!("{argument} is one scenario: it has no lanes to choose from")]);
        }
        sources.retain(|source| source.lane == Some(lane));
    }
    Ok(sources)
}

fn open(argument: &str) -> Result<Vec<Source>, Vec<String>> {
    if let Some(preset) = Preset::by_name(argument) {
        let mut scenario = first_visit().scenario(LaneId::A);
        scenario.setup = preset.setup();
        return Ok(vec![Source { scenario, lane: None }]);
    }
    if argument.contains("#v") {
        let decoded = link::decode(argument);
        if !decoded.problems.is_empty() {
            return Err(decoded.problems.iter().map(english::read_problem).collect());
        }
        return Ok(both(&decoded.comparison));
    }
    let text = std::fs::read_to_string(Path::new(argument))
        .map_err(|error| vec![format!("{argument} is no preset, no link, and cannot be read as a file: {error}")])?;
    let opened = file::read(&text);
    if !opened.problems.is_empty() {
        return Err(opened.problems.iter().map(english::file_problem).collect());
    }
    Ok(match opened.document {
        Document::Scenario(scenario) => vec![Source { scenario: *scenario, lane: None }],
        Document::Comparison(comparison) => both(&comparison),
    })
}

fn both(comparison: &highwater_model::Comparison) -> Vec<Source> {
    LaneId::ALL.map(|lane| Source { scenario: comparison.scenario(lane), lane: Some(lane) }).into()
}
