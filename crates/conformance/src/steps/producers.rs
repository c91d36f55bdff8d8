//! What producing applications do, by hand.

use super::{Act, Lines, Step};
use crate::sheet::Fields;
use highwater_model::NodeId;

pub(super) const STEPS: &[Step] = &[Step { word: "send", read: send }];

/// The application of a producer sends records.
fn send(fields: &Fields, _: Lines) -> Option<Act> {
    let from = fields.need("from", fields.node("from"));
    let records = fields.number::<u32>("records").unwrap_or(1);
    let partition = fields.partition("partition");
    let from = from?;
    let NodeId::Producer(producer) = from else {
        fields.problem(format!("{from} is no producer"));
        return None;
    };
    Some(Box::new(move |stage| {
        if stage.world.put_records(producer, partition, records, &mut stage.ears) {
            return Ok(());
        }
        let keyless = stage.world.scenario().setup.workload.keys == 0;
        Err(match (keyless, partition) {
            (true, Some(_)) => "records without a key (workload.keys is 0) have no partition of their own".to_owned(),
            (false, None) => "records with a key need a `partition`".to_owned(),
            _ => format!("{from} sends by itself: its load must be silence, workload.records.per.second = 0"),
        })
    }))
}
