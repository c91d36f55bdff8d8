//! The Java driver: a process that is told what to do and tells what happens, line by line.

use crate::Trouble;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// A running driver.
pub struct Driver {
    process: Child,
    orders: ChildStdin,
    told: Receiver<(Instant, String)>,
}

impl Driver {
    /// Starts the driver for a cluster.
    pub fn start(source: &Path, class_path: &str, bootstrap: &str) -> Result<Self, Trouble> {
        let mut java = Command::new("java");
        java.args(["-Xmx512m", "-XX:+UseSerialGC", "-cp", class_path]).arg(source).arg(bootstrap);
        let spawned = java.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut process = spawned.map_err(|error| format!("Java does not start: {error}"))?;
        let (Some(orders), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("the driver has no pipes".to_owned());
        };
        let (sender, told) = channel();
        thread::spawn(move || listen(BufReader::new(output), &sender));
        Ok(Self { process, orders, told })
    }

    /// Tells it to do something.
    pub fn order(&mut self, line: &str) -> Result<(), Trouble> {
        writeln!(self.orders, "{line}").map_err(|error| format!("the driver is gone: {error}"))
    }

    /// The next that it tells, if that comes in time.
    pub fn next(&self, within: Duration) -> Result<Option<(Instant, String)>, Trouble> {
        match self.told.recv_timeout(within) {
            Ok(told) => Ok(Some(told)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err("the driver has ended".to_owned()),
        }
    }
}

fn listen(output: impl BufRead, sender: &Sender<(Instant, String)>) {
    for line in output.lines().map_while(Result::ok) {
        if sender.send((Instant::now(), line)).is_err() {
            break;
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}
