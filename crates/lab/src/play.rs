//! Plays a script on a real cluster.

use crate::Trouble;
use crate::cluster::{Cluster, changed, class_path};
use crate::driver::Driver;
use crate::record::Record;
use crate::script::{Act, Step};
use highwater_conformance::Case;
use highwater_conformance::expect::{Expectation, Look, Right};
use highwater_figures::{FigureError, Run, Value};
use highwater_model::inspect::Value as Seen;
use highwater_model::settings::Group;
use highwater_model::{BrokerId, FaultKind, Instant, NodeId, PartitionId, SettingId, Target};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time;

/// How long starts and the last look at the log may take.
const PATIENCE: time::Duration = time::Duration::from_secs(180);

/// A run on a real cluster.
struct Stage<'a> {
    case: &'a Case,
    cluster: Cluster,
    driver: Driver,
    record: Record,
    /// When the load began.
    began: time::Instant,
    /// What the next producer is made with.
    client: BTreeMap<&'static str, String>,
}

/// The figures of a run on a real cluster.
pub fn play(case: &Case, script: &[Step], folder: &Path) -> Result<Vec<Result<Value, FigureError>>, Trouble> {
    let setup = &case.scenario.setup;
    let driver = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("driver");
    let class_path = class_path(&driver, folder)?;
    let cluster = Cluster::start(setup, folder, &class_path)?;
    let driver = Driver::start(&driver.join("Driver.java"), &class_path, &Cluster::bootstrap(setup))?;
    let client = changed(setup, Group::Producer).collect();
    let record = Record::new(&case.scenario);
    let mut stage = Stage { case, cluster, driver, record, began: time::Instant::now(), client };
    stage.begin(script)?;
    for step in script {
        stage.step(step)?;
    }
    let end = time::Duration::from_nanos(case.scenario.duration.0);
    stage.run_until(stage.began + end)?;
    stage.end()
}

impl Stage<'_> {
    fn begin(&mut self, script: &[Step]) -> Result<(), Trouble> {
        let setup = &self.case.scenario.setup;
        let replicas = self.replicas();
        let ids = |brokers: &Vec<BrokerId>| brokers.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(",");
        let assignment = replicas.iter().map(ids).collect::<Vec<_>>().join(";");
        let settings = pairs(changed(setup, Group::Topic));
        self.ask(&format!("topic {settings} {assignment}"), "topic")?;
        self.ask(&format!("producer {}", self.client()), "producer")?;
        self.began = time::Instant::now();
        self.record = self.record.begun(&self.case.scenario);
        let begins_itself = matches!(script.first(), Some(Step { at: None, act: Act::Load(..), .. }));
        let rate = if begins_itself { 0 } else { setup.workload.records_per_second };
        self.load(rate, None)
    }

    fn replicas(&self) -> Vec<Vec<BrokerId>> {
        let partitions = self.case.start.state.cluster.partitions.iter();
        let data = partitions.take(usize::from(self.case.scenario.setup.topic.partitions));
        data.map(|state| state.replicas.iter().copied().collect()).collect()
    }

    fn client(&self) -> String {
        pairs(self.client.iter().map(|(name, value)| (*name, value.clone())))
    }

    fn now(&self) -> Instant {
        Instant(self.began.elapsed().as_nanos() as u64)
    }

    fn load(&mut self, rate: u32, records: Option<u64>) -> Result<(), Trouble> {
        let records = records.map_or(-1, |records| records as i64);
        self.driver.order(&format!("load {rate} {records} {}", self.case.scenario.setup.workload.record_bytes))
    }

    /// Takes in the next line, if one comes before a moment.
    fn hear(&mut self, until: time::Instant) -> Result<Option<String>, Trouble> {
        let left = until.saturating_duration_since(time::Instant::now());
        let Some((at, line)) = self.driver.next(left)? else { return Ok(None) };
        self.record.hear(Instant(at.saturating_duration_since(self.began).as_nanos() as u64), &line);
        Ok(Some(line))
    }

    fn run_until(&mut self, until: time::Instant) -> Result<(), Trouble> {
        while self.hear(until)?.is_some() {}
        Ok(())
    }

    /// Orders something, and waits until it is done.
    fn ask(&mut self, order: &str, done: &str) -> Result<(), Trouble> {
        self.driver.order(order)?;
        let until = time::Instant::now() + PATIENCE;
        while let Some(line) = self.hear(until)? {
            if line == done {
                return Ok(());
            }
        }
        Err(format!("`{order}` is not done in time"))
    }

    fn step(&mut self, step: &Step) -> Result<(), Trouble> {
        if let Some(at) = step.at {
            self.run_until(self.began + time::Duration::from_nanos(at.0))?;
        }
        let mut struck = None;
        match &step.act {
            Act::Fault(kind, target) => struck = self.strike(*kind, *target)?,
            Act::Heal(kind, target) => self.heal(*kind, *target)?,
            Act::Wait(span) => self.run_until(time::Instant::now() + time::Duration::from_nanos(span.0))?,
            Act::Until(lines, within) => self.wait_until(lines, time::Duration::from_nanos(within.0))?,
            Act::Load(rate, records) => self.load(*rate, *records)?,
            Act::Set(setting, value) => self.set(*setting, value)?,
        }
        if let Some(mark) = &step.mark {
            self.record.mark(mark, self.now(), struck);
        }
        Ok(())
    }

    fn set(&mut self, setting: SettingId, value: &str) -> Result<(), Trouble> {
        if setting.group() != Group::Producer {
            return Err(format!("{} of a real cluster cannot be set on the way", setting.name()));
        }
        self.client.insert(setting.name(), value.to_owned());
        Ok(())
    }

    /// A node that a target means by now.
    fn node(&self, target: Target) -> Result<NodeId, Trouble> {
        let busiest = PartitionId(0);
        let follower = |partition: PartitionId, n: u8| {
            let leader = self.record.leader(partition);
            let replicas = self.replicas().into_iter().nth(partition.index()).unwrap_or_default();
            replicas.into_iter().filter(|broker| Some(*broker) != leader).nth(usize::from(n) - 1)
        };
        let broker = match target {
            Target::Controller(id) => return Ok(NodeId::Controller(id)),
            Target::Producer(n) => return Ok(NodeId::Producer(n)),
            Target::Broker(id) => Some(id),
            Target::LeaderOf(partition) => self.record.leader(partition),
            Target::LeaderOfBusiest => self.record.leader(busiest),
            Target::FollowerOf(partition, n) => follower(partition, n),
            Target::FollowerOfBusiest(n) => follower(busiest, n),
            _ => None,
        };
        broker.map(NodeId::Broker).ok_or_else(|| format!("nobody is {target} here"))
    }

    fn strike(&mut self, kind: FaultKind, target: Target) -> Result<Option<NodeId>, Trouble> {
        let node = self.node(target)?;
        let name = node.to_string();
        match (kind, node) {
            (FaultKind::ControlledStop, NodeId::Producer(_)) => self.ask("close", "closed")?,
            (FaultKind::Restart, NodeId::Producer(_)) => {
                self.ask(&format!("producer {}", self.client()), "producer")?
            }
            (FaultKind::ProcessCrash, _) => self.cluster.signal(&name, "KILL")?,
            (FaultKind::ControlledStop, _) => self.cluster.signal(&name, "TERM")?,
            (FaultKind::Pause, _) => self.cluster.signal(&name, "STOP")?,
            (FaultKind::Restart, _) => self.cluster.restart(&name)?,
            (other, _) => return Err(format!("processes on one machine cannot be made to suffer {other}")),
        }
        Ok(Some(node))
    }

    /// Ends what was done to the node; a symbolic target was resolved when it was struck.
    fn heal(&mut self, kind: FaultKind, target: Target) -> Result<(), Trouble> {
        let struck = match target {
            Target::LeaderOf(_) | Target::LeaderOfBusiest | Target::FollowerOf(..) | Target::FollowerOfBusiest(_) => {
                self.first_node_of(target)?
            }
            other => self.node(other)?,
        };
        match kind {
            FaultKind::Pause => self.cluster.signal(&struck.to_string(), "CONT"),
            FaultKind::ProcessCrash | FaultKind::ControlledStop => self.cluster.restart(&struck.to_string()),
            other => Err(format!("{other} has no end here")),
        }
    }

    /// Whom a role meant at the beginning: the preferred leader, or the n-th of the other replicas.
    fn first_node_of(&self, target: Target) -> Result<NodeId, Trouble> {
        let (partition, place) = match target {
            Target::LeaderOf(partition) => (partition, 0),
            Target::FollowerOf(partition, n) => (partition, usize::from(n)),
            Target::FollowerOfBusiest(n) => (PartitionId(0), usize::from(n)),
            _ => (PartitionId(0), 0),
        };
        let replicas = self.replicas();
        let broker = replicas.get(partition.index()).and_then(|replicas| replicas.get(place));
        broker.copied().map(NodeId::Broker).ok_or_else(|| format!("nobody was {target}"))
    }

    fn wait_until(&mut self, lines: &[Expectation], within: time::Duration) -> Result<(), Trouble> {
        /// How often nodes' processes are looked at.
        const LOOK: time::Duration = time::Duration::from_millis(20);
        let deadline = time::Instant::now() + within;
        loop {
            let mut open = None;
            for line in lines {
                if !self.holds(line)? {
                    open = Some(line);
                }
            }
            let Some(line) = open else { return Ok(()) };
            if deadline <= time::Instant::now() {
                return Err(format!("`{line}` did not come to hold in time"));
            }
            self.hear(time::Instant::now() + LOOK)?;
        }
    }

    fn holds(&mut self, line: &Expectation) -> Result<bool, Trouble> {
        let (Look::At(path), Right::Value(expected)) = (&line.left, &line.right) else {
            return Err(format!("a real cluster cannot be asked `{line}`"));
        };
        if let [node, field] = &path[..]
            && field == "state"
        {
            // A driver that has closed its producer says so before anything else is done.
            let client = node.starts_with("producer");
            let up = !client && self.cluster.is_up(node);
            let states: &[&str] = if up { &["running"] } else { &["stopped", "crashed"] };
            return Ok(client || states.iter().any(|state| line.op.holds(&Seen::from(*state), expected)));
        }
        let seen = self.record.look(path).ok_or_else(|| format!("a real cluster does not show `{line}`"))?;
        Ok(line.op.holds(&seen, expected))
    }

    /// No more load; the log is read, and the figures are found.
    fn end(mut self) -> Result<Vec<Result<Value, FigureError>>, Trouble> {
        let end = self.now();
        self.ask("close", "closed")?;
        self.ask("read", "read")?;
        let replicas = self.replicas();
        let run = Run::new(&self.record.tape, &self.record.judge, &replicas, end, &self.case.measures.definitions);
        Ok(self.case.measures.figures.iter().map(|figure| run.evaluate(&figure.expression)).collect())
    }
}

/// Settings as the driver reads them.
fn pairs<'a>(settings: impl Iterator<Item = (&'a str, String)>) -> String {
    settings.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(";")
}
