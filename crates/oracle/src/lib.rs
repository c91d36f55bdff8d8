//! Judges a trace: the ledger of every record, availability, causes, invariants.
