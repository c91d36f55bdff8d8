//! Steps that let time pass, break and heal, and change what is set.

use super::{Act, Lines, Step};
use crate::sheet::Fields;
use highwater_model::english::valued;
use highwater_model::spelling::read_fault_kind;
use highwater_model::{Duration, Fault, FaultKind, Instant, NodeId, SettingId};

pub(super) const STEPS: &[Step] = &[
    Step { word: "wait", read: wait },
    Step { word: "fault", read: fault },
    Step { word: "heal", read: heal },
    Step { word: "set", read: set },
    Step { word: "fix_die", read: fix_die },
];

/// Time passes: so long, or until something holds.
fn wait(fields: &Fields, lines: Lines) -> Option<Act> {
    let (span, within, until) = (fields.time("for"), fields.time("within"), lines("until"));
    match (span, within, until.is_empty()) {
        (Some(span), None, true) => Some(Box::new(move |stage| {
            stage.run_until(stage.now() + span);
            Ok(())
        })),
        (None, within, false) => {
            let within = within.unwrap_or(Duration::from_secs(60));
            Some(Box::new(move |stage| stage.run_until_holds(&until, within)))
        }
        _ => {
            fields.problem("`wait` says `for` how long; or `until` what holds, and `within` which time".to_owned());
            None
        }
    }
}

fn kind(fields: &Fields) -> Option<FaultKind> {
    let kind = fields.word("kind", "the kinds of faults, such as crash, power-loss or cut.both.b2", read_fault_kind);
    fields.need("kind", kind)
}

/// A fault strikes now.
fn fault(fields: &Fields, _: Lines) -> Option<Act> {
    let (kind, target, duration) = (kind(fields), fields.target("target"), fields.time("duration"));
    let (kind, target) = (kind?, fields.need("target", target)?);
    let fault = Fault { at: Instant::ZERO, kind, target, duration };
    Some(Box::new(move |stage| {
        stage.strike(fault);
        Ok(())
    }))
}

/// A fault is undone now.
fn heal(fields: &Fields, _: Lines) -> Option<Act> {
    let (kind, target) = (kind(fields), fields.target("target"));
    let (kind, target) = (kind?, fields.need("target", target)?);
    Some(Box::new(move |stage| match stage.heal(kind, target) {
        true => Ok(()),
        false => Err(format!("there is no {kind} of {target} to heal")),
    }))
}

/// Which dice of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dice {
    Own,
    Partitioner,
}

/// The next die of a node comes out as it is said.
fn fix_die(fields: &Fields, _: Lines) -> Option<Act> {
    let node = fields.need("node", fields.node("node"));
    let per_mille = fields.need("per_mille", fields.number::<u16>("per_mille"));
    let dice = fields.word("dice", "own, partitioner", |word| match word {
        "own" => Some(Dice::Own),
        "partitioner" => Some(Dice::Partitioner),
        _ => None,
    });
    let (node, per_mille, dice) = (node?, per_mille?, dice.unwrap_or(Dice::Own));
    if 999 < per_mille {
        fields.problem("`per_mille` lies between 0, the least, and 999, the most".to_owned());
        return None;
    }
    Some(Box::new(move |stage| {
        match (dice, node) {
            (Dice::Own, _) => stage.world.fix_die(node, per_mille),
            (Dice::Partitioner, NodeId::Producer(producer)) => stage.world.fix_partitioner(producer, per_mille),
            (Dice::Partitioner, _) => return Err(format!("{node} has no partitioner")),
        }
        Ok(())
    }))
}

/// A setting has another value from now on.
fn set(fields: &Fields, _: Lines) -> Option<Act> {
    let setting = fields.word("setting", "the names of settings, such as min.insync.replicas", SettingId::by_name);
    let setting = fields.need("setting", setting)?;
    let value = match fields.any_text("value") {
        Some(text) => setting.read(&text),
        None => {
            fields.problem("`value` is missing".to_owned());
            return None;
        }
    };
    let range = setting.range();
    match value.filter(|value| (range.0..=range.1).contains(value)) {
        Some(value) => Some(Box::new(move |stage| {
            stage.set(setting, value);
            Ok(())
        })),
        None => {
            let (least, most) = (valued(setting, range.0), valued(setting, range.1));
            fields.problem(format!("{} takes values between {least} and {most}", setting.name()));
            None
        }
    }
}
