//! A real cluster: Apache Kafka's own jars, KRaft, a process a node, on the loopback interface.

use crate::Trouble;
use highwater_model::settings::Group;
use highwater_model::{SettingId, Setup};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The identity of every cluster of the lab.
const CLUSTER_ID: &str = "AAAAAAAAAAAAAAAAAAAAAQ";
const BROKER_PORT: u16 = 29_000;
const CONTROLLER_PORT: u16 = 29_100;
/// Controllers are numbered behind all brokers.
const CONTROLLER_ID: u16 = 100;

/// The cluster's processes, by the names of their nodes.
pub struct Cluster {
    folder: PathBuf,
    class_path: String,
    processes: BTreeMap<String, Child>,
}

/// The class path of Kafka's jars, from Maven.
pub fn class_path(driver: &Path, folder: &Path) -> Result<String, Trouble> {
    let file = folder.join("class-path");
    let mut maven = Command::new("mvn");
    maven.args(["--batch-mode", "--quiet", "dependency:build-classpath"]);
    maven.arg(format!("-Dmdep.outputFile={}", file.display())).current_dir(driver);
    let status = maven.stdout(Stdio::null()).status().map_err(|error| format!("Maven does not start: {error}"))?;
    if !status.success() {
        return Err("Maven finds no class path for Kafka".to_owned());
    }
    fs::read_to_string(&file).map(|text| text.trim().to_owned()).map_err(|error| error.to_string())
}

/// The settings of a group that differ from Kafka's defaults and have Kafka's names.
pub fn changed(setup: &Setup, group: Group) -> impl Iterator<Item = (&'static str, String)> + '_ {
    const OURS: [&str; 6] = ["cluster.", "topic.", "workload.", "environment.", "producer.", "consumer."];
    let is_kafkas = move |setting: &SettingId| {
        setting.group() == group
            && !OURS.iter().any(|prefix| setting.name().starts_with(prefix))
            && !setting.name().contains(|c: char| c.is_ascii_uppercase())
            && !matches!(setting.name(), "replication.factor" | "broker.rack" | "eligible.leader.replicas.version")
            && !setting.name().starts_with("offsets.min.insync")
    };
    setup.changed().filter(is_kafkas).map(|setting| {
        let text = setting.write(setting.get(setup));
        (setting.name(), if text == "unlimited" { i64::MAX.to_string() } else { text })
    })
}

impl Cluster {
    /// Formats and starts all nodes of a set-up.
    pub fn start(setup: &Setup, folder: &Path, class_path: &str) -> Result<Self, Trouble> {
        let (folder, class_path) = (folder.to_owned(), class_path.to_owned());
        let mut cluster = Self { folder, class_path, processes: BTreeMap::new() };
        let controllers = 1..=u16::from(setup.cluster.controllers);
        let voter = |n: u16| format!("{}@127.0.0.1:{}", CONTROLLER_ID + n, CONTROLLER_PORT + n);
        let voters = controllers.clone().map(voter).collect::<Vec<_>>().join(",");
        let common = format!("controller.quorum.voters={voters}\ncontroller.listener.names=CONTROLLER\n");
        let settings: String =
            changed(setup, Group::Cluster).map(|(name, value)| format!("{name}={value}\n")).collect();
        for n in controllers {
            let own = format!(
                "process.roles=controller\nnode.id={}\nlisteners=CONTROLLER://127.0.0.1:{}\n",
                CONTROLLER_ID + n,
                CONTROLLER_PORT + n
            );
            cluster.create(&format!("c{n}"), &format!("{own}{common}{settings}"))?;
        }
        for n in 1..=u16::from(setup.cluster.brokers) {
            let own = format!(
                "process.roles=broker\nnode.id={n}\nlisteners=PLAINTEXT://127.0.0.1:{}\nauto.create.topics.enable=false\n",
                BROKER_PORT + n
            );
            cluster.create(&format!("b{n}"), &format!("{own}{common}{settings}"))?;
        }
        Ok(cluster)
    }

    /// Where clients find the brokers.
    pub fn bootstrap(setup: &Setup) -> String {
        let broker = |n: u16| format!("127.0.0.1:{}", BROKER_PORT + n);
        (1..=u16::from(setup.cluster.brokers)).map(broker).collect::<Vec<_>>().join(",")
    }

    fn create(&mut self, node: &str, properties: &str) -> Result<(), Trouble> {
        let file = self.folder.join(format!("{node}.properties"));
        let logs = self.folder.join(node);
        fs::write(&file, format!("{properties}log.dirs={}\n", logs.display())).map_err(|error| error.to_string())?;
        let mut format = self.java("kafka.tools.StorageTool");
        format.args(["format", "--cluster-id", CLUSTER_ID, "--config"]).arg(&file);
        let output = format.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!("{node} cannot be formatted: {}", String::from_utf8_lossy(&output.stderr)));
        }
        self.spawn(node)
    }

    fn java(&self, class: &str) -> Command {
        let mut java = Command::new("java");
        java.args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", &self.class_path, class]);
        java
    }

    fn spawn(&mut self, node: &str) -> Result<(), Trouble> {
        let told = File::create(self.folder.join(format!("{node}.out"))).map_err(|error| error.to_string())?;
        let mut kafka = self.java("kafka.Kafka");
        kafka.arg(self.folder.join(format!("{node}.properties"))).stdin(Stdio::null());
        let errors = told.try_clone().map_err(|error| error.to_string())?;
        let child = kafka.stdout(told).stderr(errors).spawn().map_err(|error| error.to_string())?;
        self.processes.insert(node.to_owned(), child);
        Ok(())
    }

    /// Sends a node's process a signal: `KILL`, `TERM`, `STOP`, `CONT`.
    pub fn signal(&mut self, node: &str, signal: &str) -> Result<(), Trouble> {
        let child = self.processes.get(node).ok_or_else(|| format!("there is no process {node}"))?;
        let status = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            _ => Err(format!("{node} cannot be sent {signal}")),
        }
    }

    /// Starts a node that is down.
    pub fn restart(&mut self, node: &str) -> Result<(), Trouble> {
        if let Some(mut old) = self.processes.remove(node) {
            old.wait().map_err(|error| error.to_string())?;
        }
        self.spawn(node)
    }

    /// Is the node's process there?
    pub fn is_up(&mut self, node: &str) -> bool {
        self.processes.get_mut(node).is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for child in self.processes.values_mut() {
            // It may have ended by itself.
            let _gone = child.kill();
            let _reaped = child.wait();
        }
    }
}
