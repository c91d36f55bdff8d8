//! Runs worlds and asks questions of them: a session holds one lane's run and answers for the page; counterfactuals
//! find the setting that decided about a record. Here too: what the page and its workers say to each other.

pub mod protocol;
