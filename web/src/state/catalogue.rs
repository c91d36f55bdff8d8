//! Which settings the settings panel lists: by words, or those that differ.

use crate::i18n::settings::sentence;
use crate::state::{Language, PageState};
use highwater_model::settings::Group;
use highwater_model::{LaneId, SettingId};

/// Which settings are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Those in which the lanes differ.
    Differing,
    /// Those that differ from the preset, in either lane.
    Changed,
    /// All.
    All,
}

/// The groups, in the order of the catalogue.
pub const GROUPS: [Group; 7] = [
    Group::Topic,
    Group::Producer,
    Group::Consumer,
    Group::Cluster,
    Group::Workload,
    Group::Environment,
    Group::Version,
];

/// The settings whose price is asked about most, in the order in which they are met.
pub const ASKED_MOST: [SettingId; 21] = [
    SettingId::Acks,
    SettingId::MinIsr,
    SettingId::ReplicationFactor,
    SettingId::UncleanElection,
    SettingId::Linger,
    SettingId::BatchSize,
    SettingId::Compression,
    SettingId::MaxInFlight,
    SettingId::Idempotence,
    SettingId::Retries,
    SettingId::DeliveryTimeout,
    SettingId::FlushMessages,
    SettingId::ReplicaLagTimeMax,
    SettingId::RackAware,
    SettingId::AutoCommitInterval,
    SettingId::CommitPolicy,
    SettingId::MaxPollRecords,
    SettingId::FetchMinBytes,
    SettingId::Isolation,
    SettingId::TransactionCommitInterval,
    SettingId::SessionTimeout,
];

impl PageState {
    /// The settings that pass the filter and hold all words of the search, in their name or sentence; group by group.
    pub fn listed(&self, filter: Filter, search: &str) -> Vec<SettingId> {
        let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
        let in_order = GROUPS.iter().flat_map(|group| SettingId::ALL.iter().filter(|id| id.group() == *group));
        in_order.copied().filter(|id| self.passes(filter, *id) && holds(*id, &words)).collect()
    }

    /// How many settings of a lane differ from its preset.
    pub fn changed_count(&self, lane: LaneId) -> u64 {
        self.comparison().lanes[lane.index()].changed().count() as u64
    }

    /// Does the setting's value in a lane differ from that lane's preset?
    pub fn is_changed(&self, lane: LaneId, setting: SettingId) -> bool {
        let setup = &self.comparison().lanes[lane.index()];
        setting.get(setup) != setting.get(&setup.base())
    }

    fn passes(&self, filter: Filter, setting: SettingId) -> bool {
        match filter {
            Filter::All => true,
            Filter::Changed => LaneId::ALL.into_iter().any(|lane| self.is_changed(lane, setting)),
            Filter::Differing => {
                let [a, b] = &self.comparison().lanes;
                setting.get(a) != setting.get(b)
            }
        }
    }
}

fn holds(setting: SettingId, words: &[String]) -> bool {
    let texts = [
        setting.name().to_lowercase(),
        sentence(Language::English, setting).to_lowercase(),
        sentence(Language::Korean, setting).to_lowercase(),
    ];
    words.iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Action, Chrome, Edit, Theme};
    use highwater_model::link;

    fn page() -> PageState {
        PageState::new(link::decode(""), Chrome::new(Language::English, Theme::System), None)
    }

    #[test]
    fn the_whole_catalogue_is_listed_once() {
        let mut listed = page().listed(Filter::All, "");
        listed.sort();
        let mut all = SettingId::ALL.to_vec();
        all.sort();
        assert_eq!(listed, all);
    }

    #[test]
    fn a_search_finds_names_and_sentences_of_either_language() {
        assert_eq!(page().listed(Filter::All, "ACKS producer waits"), [SettingId::Acks]);
        assert!(page().listed(Filter::All, "동기화 복제본").contains(&SettingId::MinIsr));
        assert_eq!(page().listed(Filter::All, "no such setting"), []);
    }

    #[test]
    fn what_differs_and_what_was_changed_can_be_listed_alone() {
        let mut page = page();
        assert!(page.listed(Filter::Differing, "").contains(&SettingId::Acks));
        assert_eq!(page.listed(Filter::Changed, ""), []);
        let text = "4".to_owned();
        page.apply(Action::Edit(Edit::Type { lane: LaneId::A, setting: SettingId::Linger, text }));
        assert_eq!(page.listed(Filter::Changed, ""), [SettingId::Linger]);
        assert_eq!((page.changed_count(LaneId::A), page.changed_count(LaneId::B)), (1, 0));
    }
}
