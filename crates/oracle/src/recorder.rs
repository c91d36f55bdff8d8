//! Records the rows of a timeline while a run passes. What it carries from moment to moment is small and cheap to
//! clone, so that a checkpoint can hold it and any stretch can be recorded again, at any resolution.

use crate::cluster::{Change, Cluster};
use crate::happenings::Happenings;
use crate::histogram::Histogram;
use crate::open_sends::{OpenSend, OpenSends};
use crate::report::{Column, Timeline};
use crate::transactions::{OpenTransactions, Told};
use highwater_model::settings::Isolation;
use highwater_model::trace::{Content, Entry, Observer, TransactionResult};
use highwater_model::{BrokerId, Duration, Instant, PartitionId, Scenario};

/// What one partition carries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    pub writable: bool,
    pub readable: bool,
    /// Its leader's.
    pub high_watermark: u64,
    /// Its leader's.
    pub log_end: u64,
    /// The consumer that reads it, 0 for none, and where it stands.
    pub reader: u8,
    pub position: u64,
}

/// What a recorder knows of the present.
#[derive(Clone, Debug)]
pub(crate) struct Present {
    pub cluster: Cluster,
    /// Of each data partition.
    pub progress: Vec<Progress>,
    /// The partition of `__consumer_offsets` that the group writes to, once it has.
    pub group: Option<PartitionId>,
    open: OpenSends,
    transactions: OpenTransactions,
    last_appended: Option<Told>,
    isolation: Isolation,
}

/// Records timelines. Feed it the whole trace, or the trace from a checkpoint on together with the recorder that was
/// cloned there.
#[derive(Clone, Debug)]
pub struct Recorder {
    present: Present,
    stretch: Option<Stretch>,
}

/// A stretch that is being recorded.
#[derive(Clone, Debug)]
struct Stretch {
    from: Instant,
    to: Instant,
    focus: PartitionId,
    columns: Vec<Column>,
    /// The column that is being filled, and its end.
    current: usize,
    current_end: Instant,
    latencies: Histogram,
    /// In the current column: partitions that were not writable, or not readable, at some time.
    unwritable: Vec<bool>,
    unreadable: Vec<bool>,
    happenings: Happenings,
}

impl Recorder {
    /// A recorder for a run of this scenario, at its beginning. It records nothing until told to.
    pub fn new(scenario: &Scenario) -> Self {
        let cluster = Cluster::new(scenario);
        let fresh = Progress { writable: true, readable: true, high_watermark: 0, log_end: 0, reader: 0, position: 0 };
        let progress = cluster.data().map(|_| fresh).collect();
        let present = Present {
            cluster,
            progress,
            group: None,
            open: OpenSends::default(),
            transactions: OpenTransactions::default(),
            last_appended: None,
            isolation: scenario.setup.consumer.isolation_level,
        };
        Self { present, stretch: None }
    }

    /// The same recorder without the rows it has recorded: what a checkpoint keeps.
    pub fn checkpoint(&self) -> Self {
        Self { present: self.present.clone(), stretch: None }
    }

    /// Records from `from` to `to` in `columns` equal steps; `focus` is the partition of the rows that show only one.
    /// Rows recorded before are dropped.
    pub fn record(&mut self, from: Instant, to: Instant, columns: u32, focus: PartitionId) {
        let partitions = self.present.progress.len();
        let mut stretch = Stretch {
            from,
            to,
            focus,
            columns: vec![Column::default(); columns as usize],
            current: 0,
            current_end: from,
            latencies: Histogram::default(),
            unwritable: vec![false; partitions],
            unreadable: vec![false; partitions],
            happenings: Happenings::default(),
        };
        stretch.current_end = stretch.start_of(1);
        stretch.begin_column(&self.present);
        self.stretch = Some(stretch);
    }

    /// The rows as of `until`: columns that lie behind it are empty. None where nothing is being recorded.
    pub fn timeline(&self, until: Instant) -> Option<Timeline> {
        let mut stretch = self.stretch.clone()?;
        stretch.advance(until, &self.present);
        if stretch.current < stretch.columns.len() && stretch.start_of(stretch.current) <= until {
            stretch.end_column(&self.present);
        }
        let Stretch { from, to, focus, columns, happenings, .. } = stretch;
        Some(Timeline { from, to, focus, columns, happenings: happenings.into_list() })
    }
}

impl Stretch {
    /// Where a column begins.
    fn start_of(&self, column: usize) -> Instant {
        let length = u128::from(self.to.since(self.from).0) * column as u128;
        self.from + Duration((length / self.columns.len().max(1) as u128) as u64)
    }

    /// Ends all columns that end by `at`.
    fn advance(&mut self, at: Instant, present: &Present) {
        while self.current_end <= at && self.current < self.columns.len() {
            self.end_column(present);
            self.current += 1;
            self.current_end = self.start_of(self.current + 1);
            self.begin_column(present);
        }
    }

    fn begin_column(&mut self, present: &Present) {
        self.latencies.clear();
        for (index, progress) in present.progress.iter().enumerate() {
            self.unwritable[index] = !progress.writable;
            self.unreadable[index] = !progress.readable;
        }
    }

    /// Fills in what a column shows of its end.
    fn end_column(&mut self, present: &Present) {
        let column = &mut self.columns[self.current];
        let throughout = |outages: &[bool]| outages.iter().filter(|out| !**out).count() as u16;
        (column.writable, column.readable) = (throughout(&self.unwritable), throughout(&self.unreadable));
        let sizes = || present.cluster.data().map(|partition| present.cluster.view(partition).isr.len());
        (column.isr_min, column.isr_sum) = (sizes().min().unwrap_or(0) as u8, sizes().sum());
        let (view, progress) = (present.cluster.view(self.focus), &present.progress[self.focus.index()]);
        (column.leader, column.leader_epoch, column.isr) = (view.leader, view.leader_epoch, view.isr);
        (column.high_watermark, column.log_end) = (progress.high_watermark, progress.log_end);
        column.lag = present.lag();
        if 0 < self.latencies.count() {
            let quantiles = self.latencies.quantiles();
            column.latency_p50_us = quantiles.p50_us as u32;
            column.latency_p99_us = quantiles.p99_us as u32;
            column.latency_max_us = quantiles.max_us as u32;
        }
    }

    /// The column that is being filled at `at`.
    fn column(&mut self, at: Instant) -> Option<&mut Column> {
        if at < self.from { None } else { self.columns.get_mut(self.current) }
    }

    /// Calls `each` for the columns in which records arrived, evenly over a time, with how many arrived in each.
    fn spread(&mut self, open: &OpenSend, mut each: impl FnMut(&mut Column, u64)) {
        let (first, last) = (open.first_arrival, open.first_arrival + open.arrival_span);
        if last < self.from || self.to <= first || self.columns.is_empty() {
            return;
        }
        // How many of the records arrived before a moment.
        let before = |at: Instant| {
            if at <= first {
                0
            } else if last < at {
                u64::from(open.count)
            } else {
                let share = u128::from(at.since(first).0) * u128::from(open.count);
                (share / u128::from(open.arrival_span.0.max(1))) as u64
            }
        };
        let width = self.to.since(self.from).0.max(1);
        let mut column =
            (u128::from(first.since(self.from).0) * self.columns.len() as u128 / u128::from(width)) as usize;
        let mut counted = before(self.start_of(column));
        while column < self.columns.len() {
            let by_end = before(self.start_of(column + 1));
            each(&mut self.columns[column], by_end - counted);
            if by_end == u64::from(open.count) {
                break;
            }
            (counted, column) = (by_end, column + 1);
        }
    }
}

impl Present {
    /// Records below the high watermark that the group was not handed yet.
    fn lag(&self) -> u64 {
        self.progress.iter().map(|progress| progress.high_watermark.saturating_sub(progress.position)).sum()
    }

    /// A batch of a transaction was appended just now. Markers are nobody's to read, nor, for read_committed, are the
    /// records that they make void: they count as read.
    fn transaction_batch(&mut self, partition: PartitionId, batch: u32, producer_id: u32) {
        let Some(told) = self.last_appended.filter(|told| told.batch == batch && self.cluster.is_data(partition))
        else {
            return;
        };
        let Some((result, ended)) = self.transactions.appended(partition, told, producer_id) else { return };
        let is_void = result == TransactionResult::Abort && self.isolation == Isolation::ReadCommitted;
        let void: u64 = ended.iter().filter(|_| is_void).map(|told| u64::from(told.count)).sum();
        self.progress[partition.index()].position += 1 + void;
    }

    /// The progress of a data partition whose leader is `broker`.
    fn led_by(&mut self, partition: PartitionId, broker: BrokerId) -> Option<&mut Progress> {
        let leads = self.cluster.is_data(partition) && self.cluster.view(partition).leader == Some(broker);
        leads.then(|| &mut self.progress[partition.index()])
    }

    /// Looks again at what the partitions touched by a change are good for; calls `out` with those not writable or
    /// not readable.
    fn look(&mut self, change: Change, mut out: impl FnMut(PartitionId, &Progress)) {
        let mut look_at = |partition: PartitionId| {
            let (writable, readable) = (self.cluster.writable(partition), self.cluster.readable(partition));
            let progress = &mut self.progress[partition.index()];
            (progress.writable, progress.readable) = (writable, readable);
            out(partition, progress);
        };
        match change {
            Change::Partition(partition) if self.cluster.is_data(partition) => look_at(partition),
            Change::Broker(_) | Change::Everything => self.cluster.data().for_each(look_at),
            Change::Partition(_) | Change::Nothing => (),
        }
    }
}

impl Recorder {
    fn cluster_changed(&mut self, at: Instant, entry: &Entry) {
        let change = self.present.cluster.observe(entry);
        let stretch = &mut self.stretch;
        self.present.look(change, |partition, progress| {
            if let Some(stretch) = stretch.as_mut().filter(|stretch| stretch.from <= at) {
                stretch.unwritable[partition.index()] |= !progress.writable;
                stretch.unreadable[partition.index()] |= !progress.readable;
            }
        });
    }

    fn closed(&mut self, send: u32, open: OpenSend) {
        self.present.open.open(send, open);
        if let Some(stretch) = &mut self.stretch {
            stretch.spread(&open, |column, arrived| column.arrived += arrived);
        }
    }

    fn acked(&mut self, at: Instant, send: u32) {
        let Some(open) = self.present.open.close(send) else { return };
        if let Some(stretch) = self.stretch.as_mut().filter(|stretch| stretch.from <= at)
            && let Some(column) = stretch.columns.get_mut(stretch.current)
        {
            column.acked += u64::from(open.count);
            stretch.latencies.add_ramp(open.first_arrival, open.arrival_span, open.count, at);
        }
    }

    /// A part of a send goes on as another one.
    fn split(&mut self, of: u32, send: u32, skip: u32, count: u32) {
        let Some(whole) = self.present.open.get(of) else { return };
        let step = whole.arrival_span.0 / u64::from(whole.count.max(2) - 1);
        let open = OpenSend {
            first_arrival: whole.first_arrival + Duration(step * u64::from(skip)),
            arrival_span: Duration(step * u64::from(count.max(1) - 1)),
            count,
        };
        self.present.open.open(send, open);
    }

    fn polled(&mut self, at: Instant, consumer: u8, partition: PartitionId, count: u32) {
        let progress = &mut self.present.progress[partition.index()];
        if progress.reader == 0 {
            progress.reader = consumer; // it owned the partition when the run began
        }
        if progress.reader == consumer {
            progress.position += u64::from(count);
        }
        if let Some(column) = self.stretch.as_mut().and_then(|stretch| stretch.column(at)) {
            column.polled += u64::from(count);
        }
    }

    fn request_failed(&mut self, at: Instant) {
        if let Some(column) = self.stretch.as_mut().and_then(|stretch| stretch.column(at)) {
            column.errors += 1;
        }
    }
}

impl Observer for Recorder {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        if let Some(stretch) = &mut self.stretch
            && stretch.from <= at
        {
            stretch.advance(at, &self.present);
            if at < stretch.to {
                stretch.happenings.observe(at, entry, stretch.current, &self.present);
            }
        }
        match *entry {
            Entry::Closed { send, count, first_arrival, arrival_span, .. } => {
                self.closed(send, OpenSend { first_arrival, arrival_span, count });
            }
            Entry::Acked { send, .. } => self.acked(at, send),
            Entry::Failed { send, .. } => drop(self.present.open.close(send)),
            Entry::Split { send, of, skip, count } => self.split(of, send, skip, count),
            Entry::Appended { broker, partition, batch, base, count, content, .. } => {
                if matches!(content, Content::Offsets | Content::GroupMetadata) {
                    self.present.group = Some(partition);
                }
                self.present.last_appended = Some(Told { batch, base, count, content });
                if let Some(progress) = self.present.led_by(partition, broker) {
                    progress.log_end = base + u64::from(count);
                }
            }
            Entry::HighWatermark { broker, partition, to, .. } => {
                if let Some(progress) = self.present.led_by(partition, broker) {
                    progress.high_watermark = to;
                }
            }
            Entry::Leads { broker, partition, start, high_watermark, .. } => {
                if let Some(progress) = self.present.led_by(partition, broker) {
                    (progress.log_end, progress.high_watermark) = (start, high_watermark);
                }
                self.cluster_changed(at, entry);
            }
            Entry::Polled { consumer, records } => self.polled(at, consumer, records.partition, records.count),
            Entry::TransactionBatch { partition, batch, producer_id, .. } => {
                self.present.transaction_batch(partition, batch, producer_id);
            }
            Entry::PositionReset { consumer, partition, to, .. } => {
                let progress = &mut self.present.progress[partition.index()];
                (progress.reader, progress.position) = (consumer, to);
            }
            Entry::RequestFailed { .. } => self.request_failed(at),
            Entry::Node { .. }
            | Entry::PartitionChanged { .. }
            | Entry::Reassigned { .. }
            | Entry::Configured { .. } => self.cluster_changed(at, entry),
            _ => (),
        }
    }
}
