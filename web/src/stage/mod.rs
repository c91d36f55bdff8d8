//! A lane's stage: what stands where, the tails of the logs, the packets, as marks made and tested without a browser;
//! and the components that show them.

mod alternative;
mod broker_menu;
#[cfg(test)]
mod fixture;
mod layout;
mod packets;
mod scene;
mod tail;
mod view;

pub use view::StagePanel;
