//! The nouns of Highwater: settings, scenarios, faults, the trace's vocabulary.
