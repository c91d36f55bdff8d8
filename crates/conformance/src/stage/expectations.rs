//! What a case expects: whether it holds, now or at every step, and what there is to see under a path.

use super::{Ears, Failure, Stage};
use crate::entries;
use crate::expect::{Entries, Expectation, Look, Of, Right};
use crate::figures;
use highwater_model::inspect::Value;
use highwater_model::trace::Api;

/// What must hold (or must not) at every step.
pub(super) struct Watch {
    expectation: Expectation,
    holds: bool,
}

impl Stage {
    /// These must hold now; what does not is noted.
    pub fn expect(&mut self, expectations: &[Expectation]) {
        for expectation in expectations {
            if let Err(seen) = self.judge(expectation) {
                self.fail(expectation.line, expectation.text.clone(), seen);
            }
        }
    }

    /// Notes a failure of this moment.
    pub fn fail(&mut self, line: u32, expected: String, seen: String) {
        let at = self.now();
        self.failures.push(Failure { line, expected, seen, at });
    }

    /// These must hold, or must never hold, at every step from now on.
    pub fn watch(&mut self, expectations: &[Expectation], holds: bool) {
        self.watches.extend(expectations.iter().cloned().map(|expectation| Watch { expectation, holds }));
        self.look_after_watches();
    }

    pub(super) fn look_after_watches(&mut self) {
        if self.watches.is_empty() {
            return;
        }
        for watch in std::mem::take(&mut self.watches) {
            let Expectation { line, ref text, .. } = watch.expectation;
            match self.judge(&watch.expectation) {
                Err(seen) if watch.holds => self.fail(line, format!("always {text}"), seen),
                Ok(seen) if !watch.holds => self.fail(line, format!("never {text}"), seen),
                _ => self.watches.push(watch),
            }
        }
    }

    /// Does it hold? With what is seen, in either case.
    pub(super) fn judge(&self, expectation: &Expectation) -> Result<String, String> {
        let seen = self.look(&expectation.left)?;
        let (expected, other) = match &expectation.right {
            Right::Value(value) => (value.clone(), None),
            Right::Look(look) => {
                let value = self.look(look)?;
                (value.clone(), Some(value))
            }
        };
        let told = match other {
            None => format!("it is {seen}"),
            Some(other) => format!("it is {seen}, the other {other}"),
        };
        if expectation.op.holds(&seen, &expected) { Ok(told) } else { Err(told) }
    }

    /// What is there to see.
    pub(super) fn look(&self, look: &Look) -> Result<Value, String> {
        match look {
            Look::At(path) => self.look_at(path),
            Look::Minus(left, right) => {
                let (left, right) = (self.look(left)?, self.look(right)?);
                left.minus(&right).ok_or_else(|| format!("{right} cannot be taken from {left}"))
            }
            Look::Trace(of, entries, rest) => {
                let found = self.entries(entries);
                let value = match of {
                    Of::Count => Value::from(found.len()),
                    Of::First => found.first().cloned().unwrap_or(Value::None),
                    Of::Last => found.last().cloned().unwrap_or(Value::None),
                    Of::All => Value::List(found),
                };
                walk(value, rest)
            }
        }
    }

    fn look_at(&self, path: &[String]) -> Result<Value, String> {
        let (root, rest) = path.split_first().expect("a path has a root");
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        match root.as_str() {
            "now" => Ok(self.now().into()),
            "heard" => self.look_heard(rest),
            _ if self.answers.contains_key(root) => walk(self.answers[root].clone(), rest),
            _ => {
                // The longest beginning that names a field; what is left leads into its value.
                let found = (1..=names.len()).rev().find_map(|end| Some((end, self.look_up(&names[..end])?)));
                let (end, value) = found.ok_or_else(|| format!("there is no `{}`", path.join(".")))?;
                walk(value, &path[end..])
            }
        }
    }

    fn look_up(&self, names: &[&str]) -> Option<Value> {
        let Ears { judge, invariants, metrics, .. } = &self.ears;
        figures::look(names, self.now(), judge, invariants, metrics).or_else(|| self.world.inspect(names))
    }

    /// `heard.b1.Produce.count`, `heard.b1.Produce.0.sequence`.
    fn look_heard(&self, path: &[String]) -> Result<Value, String> {
        let [node, api, rest @ ..] = path else {
            return Err("`heard` is followed by a node and a request, as in heard.b1.Produce.count".to_owned());
        };
        let node = highwater_sim::inspect::node_named(node).ok_or_else(|| format!("there is no node `{node}`"))?;
        let api =
            Api::ALL.iter().find(|own| own.name() == api).ok_or_else(|| format!("there is no request `{api}`"))?;
        walk(Value::List(self.heard.get(&(node, *api)).cloned().unwrap_or_default()), rest)
    }

    fn entries(&self, wanted: &Entries) -> Vec<Value> {
        let is = |value: &Value| wanted.filters.iter().all(|(name, other)| value.field(name).as_ref() == Some(other));
        let tape = &self.ears.tape;
        let places = self.ears.places(&wanted.kind);
        let from = places.partition_point(|place| tape[*place as usize].0 < wanted.since);
        let to = places.partition_point(|place| tape[*place as usize].0 < wanted.until);
        let of_kind = places.get(from..to).unwrap_or_default().iter().map(|place| &tape[*place as usize]);
        let values = of_kind.map(|(at, entry)| {
            let mut value = entries::fields(entry, &self.layout);
            if let Value::Fields(fields) = &mut value {
                fields.push(("at".to_owned(), (*at).into()));
            }
            value
        });
        values.filter(is).collect()
    }
}

/// A field of a field.
fn walk(value: Value, path: &[String]) -> Result<Value, String> {
    let mut at = value;
    for name in path {
        at = at.field(name).ok_or_else(|| format!("there is no `{name}` in {at}"))?;
    }
    Ok(at)
}
