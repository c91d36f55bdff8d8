//! What happened, as sentences: trace entries, categories, states and errors in the reader's language.
