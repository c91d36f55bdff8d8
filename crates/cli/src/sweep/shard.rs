//! Shards as lines of JSON: one that says what was asked, then one a sample. `merge` reads them back in any order, and
//! prints what the whole sweep would have printed, to the last bit: samples are whole numbers, and the figures are
//! reckoned from them in the order of the plan.

use super::{Shard, print_results};
use crate::run::Form;
use crate::say::sayln;
use highwater_experiments::axes::{Question, Sample, Study};
use highwater_model::ENGINE_VERSION;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Writes a shard.
pub fn write(study: &Study, plan: u32, shard: Shard, samples: &[Sample]) {
    let question: String = study.question().encode().iter().map(|byte| format!("{byte:02x}")).collect();
    let Shard { index, of } = shard;
    sayln!("{}", json!({ "engine": ENGINE_VERSION, "plan": plan, "shard": index, "of": of, "question": question }));
    for sample in samples {
        sayln!("{}", serde_json::to_string(sample).expect("a sample is plain data"));
    }
}

/// What a shard's first line says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Head {
    plan: u32,
    shard: Shard,
    question: Vec<u8>,
}

/// Reads shards and prints the results of the whole; or all reasons why it cannot.
pub fn merge(paths: &[String], form: Form) -> Result<(), Vec<String>> {
    let (mut heads, mut samples, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for path in paths {
        match std::fs::read_to_string(path).map_err(|error| error.to_string()).and_then(|text| read(&text)) {
            Ok((head, found)) => {
                heads.push((path, head));
                samples.extend(found);
            }
            Err(problem) => problems.push(format!("{path}: {problem}")),
        }
    }
    let Some((_, first)) = heads.first().cloned() else { return Err(problems) };
    for (path, head) in &heads {
        if (head.plan, head.shard.of, &head.question) != (first.plan, first.shard.of, &first.question) {
            problems.push(format!("{path} is a shard of another sweep than {}", heads[0].0));
        }
    }
    let there: BTreeSet<u32> = heads.iter().map(|(_, head)| head.shard.index).collect();
    let missing = (0..first.shard.of).filter(|index| !there.contains(index));
    problems.extend(missing.map(|index| format!("shard {index}/{} is missing", first.shard.of)));
    let Some(question) = Question::decode(&first.question) else {
        problems.push(format!("{} was written by another build", heads[0].0));
        return Err(problems);
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    let study = Study::new(question);
    samples.sort_by_key(|sample: &Sample| sample.number);
    let found: BTreeSet<u32> = samples.iter().map(|sample| sample.number).collect();
    let wanted = (0..first.plan).filter(|number| study.probe(*number).is_some());
    let lacking = wanted.filter(|number| !found.contains(number)).count();
    if 0 < lacking {
        return Err(vec![format!("{lacking} samples of the plan are missing: a shard was broken off")]);
    }
    print_results(study, samples, form);
    Ok(())
}

fn read(text: &str) -> Result<(Head, Vec<Sample>), String> {
    let mut lines = text.lines();
    let head: Value = serde_json::from_str(lines.next().unwrap_or("")).map_err(|_| "it is not a shard of a sweep")?;
    let number = |name: &str| head[name].as_u64().and_then(|number| u32::try_from(number).ok());
    let shard = number("shard").zip(number("of")).map(|(index, of)| Shard { index, of });
    let question = head["question"].as_str().and_then(bytes_of);
    let (Some(plan), Some(shard), Some(question)) = (number("plan"), shard, question) else {
        return Err("it is not a shard of a sweep".to_owned());
    };
    if number("engine") != Some(ENGINE_VERSION) {
        return Err(format!("it was run by another engine than {ENGINE_VERSION}"));
    }
    let sample = |line: &str| serde_json::from_str(line).map_err(|error| format!("a sample cannot be read: {error}"));
    let samples = lines.map(sample).collect::<Result<Vec<Sample>, String>>()?;
    Ok((Head { plan, shard, question }, samples))
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    hex.as_bytes().chunks(2).map(byte).collect()
}
