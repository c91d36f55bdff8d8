//! A look into a controller, field by field.

use super::Controller;
use super::quorum::Role;
use highwater_model::inspect::Value;
use highwater_model::{Layout, inspection};

inspection! {
    /// A controller's own fields.
    CONTROLLER, fn own_field(controller: &Controller) {
        "role" => match &controller.role {
            Role::Unattached => "unattached",
            Role::Follower { .. } => "follower",
            Role::Prospective { .. } => "prospective",
            Role::Candidate { .. } => "candidate",
            Role::Leader(_) => "leader",
            Role::Resigned { .. } => "resigned",
        },
        "active" => controller.is_active(),
        "epoch" => controller.disk.epoch,
        "voted" => controller.disk.voted,
        "leader" => controller.disk.leader,
        "log_end" => controller.disk.log.end(),
        "flushed" => controller.disk.flushed,
        "high_watermark" => controller.high_watermark,
    }
}

impl Controller {
    /// A field of its state, by its path; what is no field of its own is looked for in its committed metadata.
    pub fn inspect(&self, path: &[&str], layout: &Layout) -> Option<Value> {
        match *path {
            [field] => own_field(field, self).or_else(|| self.image.inspect(path, layout)),
            _ => self.image.inspect(path, layout),
        }
    }
}
