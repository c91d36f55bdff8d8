//! What surrounds the two lanes: settings, faults, situations, sharing, files.

mod fault_dialog;
mod fault_form;
mod faults;
mod files;
mod setting_input;
mod settings;
mod share;
mod situations;
mod target_field;

pub use fault_dialog::FaultDialog;
pub use faults::FaultsPanel;
pub use files::{DropZone, FilesDialog};
pub use settings::SettingsPanel;
pub use share::{ShareDialog, configuration};
pub use situations::{SituationLine, SituationsDialog};
