//! The step that begins, ends or limits the load of the sources.

use super::{Act, Lines, Step};
use crate::sheet::Fields;
use highwater_sim::load::Load;

pub(super) const STEPS: &[Step] = &[Step { word: "load", read: load }];

/// The most records a second that a scenario can have.
const RATE_MAX: u32 = 5_000_000;

/// From now on the sources offer so many records a second, and only so many records where that is said.
fn load(fields: &Fields, _: Lines) -> Option<Act> {
    let rate = fields.need("records_per_second", fields.number::<u32>("records_per_second"));
    let records = fields.number::<u64>("records");
    let partition = fields.partition("partition");
    let records_per_second = rate?;
    if RATE_MAX < records_per_second {
        fields.problem(format!("`records_per_second` is at most {RATE_MAX}"));
        return None;
    }
    Some(Box::new(move |stage| {
        stage.offer(Load { records_per_second, records, partition });
        Ok(())
    }))
}
