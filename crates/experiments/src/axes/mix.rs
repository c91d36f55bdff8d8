//! What a year brings: incidents, how often each strikes, how long it lasts, and who says so.

use highwater_model::{BrokerId, ControllerId, Cut, Duration, Fault, FaultKind, Instant, NodeId, Setup, Target};
use serde::{Deserialize, Serialize};

/// Whom an incident strikes: its rate counts for each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// Each broker.
    Broker,
    /// Each consumer.
    Consumer,
    /// Each rack with brokers.
    Rack,
    /// The whole cluster.
    Cluster,
}

/// How much a source is worth, as in docs/environment.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// Read in the primary source.
    A,
    /// Quoted from a primary source.
    B,
    /// One author, weak controls.
    C,
    /// Our arithmetic on the sources named.
    D,
    /// No usable public value was found.
    Guess,
}

impl Grade {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Grade::A => "A",
            Grade::B => "B",
            Grade::C => "C",
            Grade::D => "D",
            Grade::Guess => "guess",
        }
    }
}

/// Where a number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// How much it is worth.
    pub grade: Grade,
    /// When it was read: year and month.
    pub read: &'static str,
    /// What it says.
    pub says: &'static str,
}

const fn source(grade: Grade, says: &'static str) -> Source {
    Source { grade, read: "2026-11", says }
}

macro_rules! incidents {
    ($( $(#[$doc:meta])* $id:ident = $name:literal, $per:ident, $rate:expr, $lasts_s:expr, $grade:ident,
        $says:literal; )*) => {
        /// Something that happens to a cluster now and then.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Incident { $( $(#[$doc])* $id, )* }

        impl Incident {
            /// All of them.
            pub const ALL: &'static [Incident] = &[$( Incident::$id, )*];

            /// Its name in files and in the terminal.
            pub const fn name(self) -> &'static str { match self { $( Incident::$id => $name, )* } }

            /// For whom its rate counts.
            pub const fn per(self) -> Per { match self { $( Incident::$id => Per::$per, )* } }

            /// Where its rate and its length come from.
            pub const fn source(self) -> Source { match self { $( Incident::$id => source(Grade::$grade, $says), )* } }

            const fn stated(self) -> Rate {
                match self { $( Incident::$id => Rate {
                    incident: Incident::$id, a_year: $rate, lasts: Duration::from_secs($lasts_s) }, )* }
            }

        }
    };
}

incidents! {
    /// A broker is stopped in order and started again: an upgrade, a changed setting.
    Restart = "restart", Broker, 12.0, 10, D,
        "Planned reboots are the main cause of unavailability at Google (Ford et al., OSDI 2010, figure 4); how often is \
         the operator's choice: monthly, as patches come";
    /// A broker's process dies (kill -9, out of memory) and is started again.
    ProcessCrash = "process-crash", Broker, 2.0, 10, Guess,
        "No public rate of crashes of broker processes was found; twice a year, about as often as a node fails for good";
    /// A machine goes without a word, and its page cache with it.
    HostLoss = "host-loss", Broker, 1.8, 7_200, D,
        "2.8 a node and year last 15 minutes or longer (MTTF 4.3 months, Ford et al., OSDI 2010, table 2; Facebook's \
         HDFS: 2.4, PVLDB 2013); 63 % of them alone. Two hours: the order of a repair by hand";
    /// Two machines go, the second up to 20 s after the first.
    Burst = "burst", Cluster, 0.5, 7_200, D,
        "37 % of node failures come in bursts of two or more within 120 s (Ford et al., section 4): 1.0 a node and year, \
         thinned to the bursts that hit two of the same three brokers within 20 s";
    /// A zone is without power: all brokers and controllers of a rack.
    ZoneOutage = "zone-outage", Rack, 0.04, 10_800, D,
        "At least four zone outages in some 90 zone-years of us-east-1 (AWS's own accounts, 2011 to 2026); median 2 to 6 h";
    /// All brokers and controllers lose power.
    PowerLoss = "power-loss", Cluster, 0.01, 3_600, Guess,
        "Nobody publishes how often all zones of a region, or a data centre with both its feeds, lose power at once. One \
         PDU of 500 to 1 000 machines a year in a young Google cluster (Dean 2008) is the upper end";
    /// A broker stands still: a full garbage collection, a frozen virtual machine.
    Pause = "pause", Broker, 4.0, 12, C,
        "Full collections of 2 s and 12.5 s seen in the field (Conduktor); how often is a guess";
    /// A broker is cut off: from all others, or, every second time, only from brokers and controllers.
    Isolation = "isolation", Broker, 1.0, 300, D,
        "40.8 link failures a day, median repair 5 minutes (Microsoft, SIGCOMM 2011), over some 10 000 machines; most \
         partitions isolate one node (Alquraan et al., OSDI 2018)";
    /// A consumer's process dies and is started again.
    ConsumerCrash = "consumer-crash", Consumer, 12.0, 5, Guess,
        "Applications are deployed and die more often than brokers; monthly";
}

/// How often an incident strikes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// What.
    pub incident: Incident,
    /// So often a year, for each whom it may strike.
    pub a_year: f64,
    /// So long.
    pub lasts: Duration,
}

/// What a year brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureMix {
    /// One rate for each incident that happens at all.
    pub rates: Vec<Rate>,
}

impl FailureMix {
    /// The rates that hold unless a reader changes them.
    pub fn stated() -> Self {
        Self { rates: Incident::ALL.iter().map(|incident| incident.stated()).collect() }
    }

    /// How often a year it strikes this cluster.
    pub fn a_year(&self, incident: Incident, setup: &Setup) -> f64 {
        let struck = match incident.per() {
            Per::Broker => f64::from(setup.cluster.brokers),
            Per::Consumer => f64::from(setup.workload.consumers),
            Per::Rack => f64::from(setup.cluster.racks.min(setup.cluster.brokers)),
            Per::Cluster => 1.0,
        };
        self.rate(incident).map_or(0.0, |rate| rate.a_year * struck)
    }

    /// An incident's rate.
    pub fn rate(&self, incident: Incident) -> Option<&Rate> {
        self.rates.iter().find(|rate| rate.incident == incident)
    }
}

/// The longest stretch of an incident that is run; what it lasts longer counts like the end of that stretch. Long enough
/// that a silent broker is declared dead, its partitions are led by others, and clients have given up the requests that it
/// will never answer; with the tail behind that.
pub fn stands(lasts: Duration, setup: &Setup) -> Duration {
    let session_ms = match setup.version.kraft {
        true => setup.cluster.broker_session_timeout_ms,
        false => setup.cluster.zookeeper_session_timeout_ms,
    };
    let silence_ms = session_ms.max(setup.producer.request_timeout_ms).min(SILENCE_MAX_MS);
    lasts.min(Duration::from_millis(u64::from(silence_ms)) + SETTLES)
}

/// From a broker's end until the others have taken over, and the tail of what is run.
const SETTLES: Duration = Duration::from_secs(12);

/// Longer timeouts are not waited for: what is seen by then is taken to go on.
const SILENCE_MAX_MS: u32 = 120_000;

/// What of an incident is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strike {
    /// What happens.
    pub incident: Incident,
    /// When.
    pub at: Instant,
    /// Which of those whom it may strike; counted on without end.
    pub turn: u32,
    /// How long the run of it stands.
    pub stands: Duration,
}

impl Strike {
    /// Whom it strikes, where that is a broker.
    pub fn broker(&self, setup: &Setup) -> BrokerId {
        BrokerId((self.turn % u32::from(setup.cluster.brokers)) as u8 + 1)
    }

    /// Its faults.
    pub fn faults(&self, setup: &Setup) -> Vec<Fault> {
        let fault = |kind, target| Fault { at: self.at, kind, target, duration: Some(self.stands) };
        let hit = Target::Broker(self.broker(setup));
        match self.incident {
            Incident::Restart => vec![fault(FaultKind::ControlledStop, hit)],
            Incident::ProcessCrash => vec![fault(FaultKind::ProcessCrash, hit)],
            Incident::HostLoss => vec![fault(FaultKind::PowerLoss, hit)],
            Incident::Burst => {
                let other = Strike { turn: self.turn + 1 + self.turn / 3 % 2, ..*self };
                self.burst(hit, Target::Broker(other.broker(setup)))
            }
            Incident::ZoneOutage => self.zone(setup),
            Incident::PowerLoss => vec![
                fault(FaultKind::PowerLoss, Target::AllBrokers),
                fault(FaultKind::PowerLoss, Target::AllControllers),
            ],
            Incident::Pause => vec![fault(FaultKind::Pause, hit)],
            Incident::Isolation => {
                let partial = [Target::AllBrokers, Target::AllControllers];
                let total = [Target::AllProducers, Target::AllConsumers];
                let clients = if self.turn.is_multiple_of(2) { &total[..] } else { &[] };
                let cut = |with: &Target| fault(FaultKind::Cut { with: *with, cut: Cut::BothWays }, hit);
                partial.iter().chain(clients).map(cut).collect()
            }
            Incident::ConsumerCrash => {
                let consumer = (self.turn % u32::from(setup.workload.consumers)) as u8 + 1;
                vec![fault(FaultKind::ProcessCrash, Target::Consumer(consumer))]
            }
        }
    }

    /// The second machine goes 0 to 20 s after the first, and both come back together.
    fn burst(&self, first: Target, second: Target) -> Vec<Fault> {
        let later = Duration::from_millis(u64::from(self.turn) * 12_361 % 20_000);
        let kind = FaultKind::PowerLoss;
        let mut faults = vec![Fault { at: self.at, kind, target: first, duration: Some(later + self.stands) }];
        if first != second {
            faults.push(Fault { at: self.at + later, kind, target: second, duration: Some(self.stands) });
        }
        faults
    }

    fn zone(&self, setup: &Setup) -> Vec<Fault> {
        let racks = u32::from(setup.cluster.racks.min(setup.cluster.brokers));
        let rack = (self.turn % racks) as u8 + 1;
        let brokers = (1..=setup.cluster.brokers).map(|n| Target::Broker(BrokerId(n)));
        let controllers = (1..=setup.cluster.controllers).map(|n| Target::Controller(ControllerId(n)));
        let here = |target: &Target| match target {
            Target::Broker(id) => setup.rack(NodeId::Broker(*id)) == rack,
            Target::Controller(id) => setup.rack(NodeId::Controller(*id)) == rack,
            _ => false,
        };
        let lost = |target| Fault { at: self.at, kind: FaultKind::PowerLoss, target, duration: Some(self.stands) };
        brokers.chain(controllers).filter(here).map(lost).collect()
    }

    /// When the last of its faults is over.
    pub fn ends(&self, setup: &Setup) -> Instant {
        let end = |fault: Fault| fault.at + fault.duration.unwrap_or(Duration::ZERO);
        self.faults(setup).into_iter().map(end).max().unwrap_or(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::Scenario;
    use highwater_model::presets::Preset;

    #[test]
    fn every_incident_strikes_somebody_in_every_preset() {
        for setup in Preset::ALL.map(Preset::setup) {
            for incident in Incident::ALL.iter().copied() {
                for turn in 0..7 {
                    let strike =
                        Strike { incident, at: Instant::from_millis(1_000), turn, stands: Duration::from_secs(15) };
                    let faults = strike.faults(&setup);
                    assert!(!faults.is_empty(), "{}", incident.name());
                    let run = Scenario { setup: setup.clone(), faults, seed: 1, duration: Duration::from_secs(60) };
                    assert_eq!(run.check(), []);
                }
            }
        }
    }

    #[test]
    fn rates_count_for_each_whom_they_may_strike() {
        let (mix, mut setup) = (FailureMix::stated(), Preset::Payments.setup());
        let before = mix.a_year(Incident::ProcessCrash, &setup);
        setup.cluster.brokers = 6;
        assert_eq!(mix.a_year(Incident::ProcessCrash, &setup), 2.0 * before);
    }
}
