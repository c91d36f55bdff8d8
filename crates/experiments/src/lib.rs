//! Runs worlds and asks questions of them: sessions, counterfactuals; the worker's protocol.
