//! What a real cluster does, as a trace: so that its figures are found by the same expressions, and its records judged by
//! the same judge, as those of a simulated run.

use highwater_figures::{Mark, Tape};
use highwater_model::inspect::Value;
use highwater_model::trace::{ChangeCause, Content, Election, Entry, Error, Observer, UNKEYED};
use highwater_model::{BrokerId, BrokerSet, Duration, Instant, NodeId, PartitionId, Scenario};
use highwater_oracle::Judge;

/// The recorder of a run.
pub struct Record {
    /// What happened, to ask figures of.
    pub tape: Tape,
    /// What became of the records.
    pub judge: Judge,
    partitions: Vec<Partition>,
    fenced: BrokerSet,
    acked: u64,
    failed: u64,
    /// Batches read from each partition's log.
    read: Vec<u32>,
}

/// What is known of a partition.
#[derive(Clone, Copy, Debug, Default)]
struct Partition {
    leader: Option<BrokerId>,
    isr: BrokerSet,
    changes: i32,
    leaders: i32,
}

impl Record {
    /// Of a run of this scenario, which nothing has happened in.
    pub fn new(scenario: &Scenario) -> Self {
        let partitions = usize::from(scenario.setup.topic.partitions);
        Self {
            tape: Tape::new(scenario.setup.layout()),
            judge: Judge::new(scenario),
            partitions: vec![Partition::default(); partitions],
            fenced: BrokerSet::EMPTY,
            acked: 0,
            failed: 0,
            read: vec![0; partitions],
        }
    }

    fn tell(&mut self, at: Instant, entry: Entry) {
        self.tape.observe(at, &entry);
        self.judge.observe(at, &entry);
    }

    /// Names a moment.
    pub fn mark(&mut self, name: &str, at: Instant, node: Option<NodeId>) {
        self.tape.mark(Mark { name: name.to_owned(), at, node });
    }

    /// Takes in a line of the driver.
    pub fn hear(&mut self, at: Instant, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |place: usize| words.get(place).and_then(|word| word.parse::<u64>().ok()).unwrap_or_default();
        match words[0] {
            "sent" => self.sent(at, number(1)),
            "acked" => {
                self.acked += 1;
                let offset = words.get(3).and_then(|word| word.parse().ok());
                self.attempted(at, number(1), number(2));
                self.tell(at, Entry::Acked { send: number(1) as u32, offset });
            }
            "failed" => {
                self.failed += 1;
                self.attempted(at, number(1), number(2));
                self.tell(at, Entry::Failed { send: number(1) as u32, error: error_of(words.get(3).copied()) });
            }
            "partition" => self.changed(at, number(1) as u16, &words),
            "broker" => self.broker(at, BrokerId(number(1) as u8), words.get(2).copied()),
            "readable" => {
                let partition = PartitionId(number(1) as u16);
                if let Some(broker) = self.partitions[partition.index()].leader {
                    self.tell(at, Entry::HighWatermark { broker, partition, to: number(2), leading: true });
                }
            }
            "record" => self.read(at, number(1) as u16, number(2), number(3) as u32),
            _ => (),
        }
    }

    fn sent(&mut self, at: Instant, id: u64) {
        let (first_arrival, arrival_span) = (at, Duration::ZERO);
        let send = id as u32;
        self.tell(
            at,
            Entry::Closed { send, producer: 1, stream: UNKEYED, first: id, count: 1, first_arrival, arrival_span },
        );
    }

    fn attempted(&mut self, at: Instant, id: u64, partition: u64) {
        let partition = PartitionId(partition as u16);
        let broker = self.partitions[partition.index()].leader.unwrap_or(BrokerId(1));
        self.tell(at, Entry::Attempted { send: id as u32, broker, partition, attempt: 1 });
    }

    /// `partition 0 2 [1,2,3] []`: leader, ISR and ELR now. No leader is -1.
    fn changed(&mut self, at: Instant, place: u16, words: &[&str]) {
        let set = |text: Option<&&str>| -> BrokerSet {
            let inside = text.map_or("", |text| text.trim_matches(['[', ']']));
            inside.split(',').filter_map(|id| id.parse().ok()).map(BrokerId).collect()
        };
        let leader = words.get(2).and_then(|word| word.parse().ok()).map(BrokerId);
        self.partition(at, place, leader, set(words.get(3)), set(words.get(4)));
    }

    /// The same run from now on: what came before was its preparation.
    pub fn begun(&self, scenario: &Scenario) -> Self {
        let mut record = Self::new(scenario);
        for (place, state) in (0..).zip(&self.partitions) {
            record.partition(Instant::ZERO, place, state.leader, state.isr, BrokerSet::EMPTY);
        }
        record
    }

    fn partition(&mut self, at: Instant, place: u16, leader: Option<BrokerId>, isr: BrokerSet, elr: BrokerSet) {
        let state = &mut self.partitions[usize::from(place)];
        let moved = state.leader != leader;
        state.changes += 1;
        state.leaders += i32::from(moved && state.changes > 1);
        (state.leader, state.isr) = (leader, isr);
        let election = match (moved, leader) {
            (false, _) => Election::Unchanged,
            (true, Some(_)) => Election::Clean,
            (true, None) => Election::Leaderless,
        };
        let entry = Entry::PartitionChanged {
            partition: PartitionId(place),
            leader,
            leader_epoch: state.leaders,
            partition_epoch: state.changes - 1,
            isr,
            elr,
            last_known: None,
            election,
            cause: ChangeCause::Requested,
        };
        self.tell(at, entry);
    }

    fn broker(&mut self, at: Instant, broker: BrokerId, state: Option<&str>) {
        let was_fenced = self.fenced.contains(broker);
        if state == Some("fenced") {
            self.fenced = self.fenced.with(broker);
            self.tell(at, Entry::Fenced { broker });
        } else if was_fenced {
            self.fenced = self.fenced.without(broker);
            self.tell(at, Entry::Unfenced { broker });
        }
    }

    /// A record in the final log.
    fn read(&mut self, at: Instant, place: u16, base: u64, send: u32) {
        let partition = PartitionId(place);
        let state = self.partitions[usize::from(place)];
        let batch = self.read[usize::from(place)];
        self.read[usize::from(place)] += 1;
        let broker = state.leader.unwrap_or(BrokerId(1));
        let (leader_epoch, content) = (state.leaders, Content::Send(send));
        self.tell(at, Entry::Appended { broker, partition, batch, base, count: 1, leader_epoch, content });
    }

    /// The leader of a partition.
    pub fn leader(&self, partition: PartitionId) -> Option<BrokerId> {
        self.partitions[partition.index()].leader
    }

    /// What a path of the language shows of it; none where a real cluster does not show it.
    pub fn look(&self, path: &[String]) -> Option<Value> {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let partition = |name: &str| {
            let place: usize = name.strip_prefix("t-")?.parse().ok()?;
            self.partitions.get(place)
        };
        Some(match names[..] {
            ["ledger", "acked"] => Value::from(self.acked),
            ["ledger", "failed"] => Value::from(self.failed),
            ["c", name, "isr", "count"] => Value::from(partition(name)?.isr.len()),
            ["c", name, "isr"] => Value::from(partition(name)?.isr),
            ["c", name, "leader"] => Value::from(partition(name)?.leader),
            ["c", name, "fenced"] => {
                let id = name.strip_prefix('b')?.parse().ok()?;
                Value::from(self.fenced.contains(BrokerId(id)))
            }
            _ => return None,
        })
    }
}

/// The error of which the Java client made an exception.
fn error_of(class: Option<&str>) -> Error {
    match class {
        Some("NotEnoughReplicasException") => Error::NotEnoughReplicas,
        Some("NotEnoughReplicasAfterAppendException") => Error::NotEnoughReplicasAfterAppend,
        Some("NotLeaderOrFollowerException") => Error::NotLeaderOrFollower,
        Some("RecordTooLargeException") => Error::RecordTooLarge,
        Some("BufferExhaustedException") => Error::BufferExhausted,
        Some("OutOfOrderSequenceException") => Error::OutOfOrderSequenceNumber,
        Some("NetworkException") => Error::NetworkException,
        _ => Error::DeliveryTimedOut,
    }
}
