//! Judges a trace: the ledger of every record, availability, latencies, causes, invariants. It sees what a run tells
//! and nothing else; it shares no code with what it judges.

pub mod report;
