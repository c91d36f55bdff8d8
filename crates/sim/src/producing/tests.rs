//! Producers on a stage of brokers that answer after two milliseconds, or not at all.

use super::{ProducerProcess, Shares};
use highwater_kafka::checks::Checks;
use highwater_kafka::message::{ClusterMetadata, Message, ProduceRequest, ProduceResult, Request, Response};
use highwater_kafka::metadata::InitialCluster;
use highwater_kafka::node::{Connection, Context, Effect, Input, Out};
use highwater_kafka::store::{ProducerId, Store};
use highwater_kernel::{Class, Dice, Queue, Seed, Stream};
use highwater_model::presets::Preset;
use highwater_model::settings::{Acks, Codec, SendResult};
use highwater_model::trace::{Entry, Error, UNKEYED};
use highwater_model::{BrokerId, BrokerSet, Duration, Instant, Layout, NodeId, PartitionId, Setup};
use std::collections::BTreeMap;

const LATENCY: Duration = Duration::from_millis(1);

struct Stage {
    process: ProducerProcess,
    setup: Setup,
    layout: Layout,
    store: Store,
    dice: Dice,
    queue: Queue<(u32, Input)>,
    /// Which process it is; what belonged to an earlier one is not delivered.
    life: u32,
    leaders: Vec<(Option<BrokerId>, i32)>,
    /// Brokers whose process is down.
    down: BrokerSet,
    requests: u32,
    batches: u32,
    records: u64,
    bytes: u64,
    told: Vec<(Instant, Entry)>,
    has_exited: bool,
}

fn steady(change: impl FnOnce(&mut Setup)) -> Stage {
    let mut setup = Preset::Defaults.setup();
    setup.workload.producers = 1;
    setup.workload.key_skew = 0;
    change(&mut setup);
    let layout = setup.layout();
    let cluster = InitialCluster::place(&setup, &layout);
    let leaders = (0..setup.topic.partitions).map(|n| (cluster.partitions[usize::from(n)].leader, 0)).collect();
    let process = ProducerProcess::steady(1, &setup, &Shares::of(&setup), &cluster, Seed(11));
    let mut stage = Stage {
        process,
        store: Store::new(setup.topic.partitions),
        layout,
        setup,
        dice: Seed(11).dice(Stream::Node(NodeId::Producer(1))),
        queue: Queue::new(),
        life: 0,
        leaders,
        down: BrokerSet::EMPTY,
        requests: 0,
        batches: 0,
        records: 0,
        bytes: 0,
        told: Vec::new(),
        has_exited: false,
    };
    stage.input(Input::Start);
    stage
}

impl Stage {
    fn with<R>(&mut self, act: impl FnOnce(&mut ProducerProcess, &mut Context) -> R) -> R {
        let mut out = Out::default();
        let now = self.queue.now();
        let mut context = Context {
            now,
            wall: now,
            setup: &self.setup,
            layout: &self.layout,
            store: &mut self.store,
            dice: &mut self.dice,
            checks: Checks::default(),
            out: &mut out,
        };
        let result = act(&mut self.process, &mut context);
        self.told.extend(out.told.into_iter().map(|entry| (now, entry)));
        for effect in out.effects {
            self.perform(effect);
        }
        result
    }

    fn input(&mut self, input: Input) {
        self.with(|process, context| process.on(input, context));
    }

    fn perform(&mut self, effect: Effect) {
        let now = self.queue.now();
        let back = now + LATENCY + LATENCY;
        match effect {
            Effect::Open(connection) if self.is_down(connection) => {
                self.queue.push(back, Class::Network, (self.life, Input::Lost(connection)));
            }
            Effect::Open(connection) => self.queue.push(back, Class::Network, (self.life, Input::Opened(connection))),
            Effect::Send { connection, message: Message::Request(request), .. } if !self.is_down(connection) => {
                if let Some(response) = self.serve(request) {
                    let message = Message::Response(response);
                    self.queue.push(back, Class::Network, (self.life, Input::Message(connection, message)));
                }
            }
            Effect::Timer { at, timer, .. } => self.queue.push(at, Class::Timer, (self.life, Input::Timer(timer))),
            Effect::Exit(_) => self.has_exited = true,
            _ => (),
        }
    }

    fn serve(&mut self, request: Request) -> Option<Response> {
        match request {
            Request::Produce(request) => self.append(&request),
            Request::Metadata => {
                let brokers = (1..=3).map(BrokerId).filter(|broker| !self.down.contains(*broker)).collect();
                Some(Response::Metadata(Box::new(ClusterMetadata { brokers, partitions: self.leaders.clone() })))
            }
            Request::InitProducerId(_) => Some(Response::InitProducerId(Ok(ProducerId { id: 500, epoch: 0 }))),
            other => panic!("a producer does not ask {other:?}"),
        }
    }

    fn append(&mut self, request: &ProduceRequest) -> Option<Response> {
        self.requests += 1;
        let mut results = smallvec::SmallVec::new();
        for batch in &request.batches {
            self.batches += 1;
            self.bytes += u64::from(batch.bytes);
            let result = Ok(self.records);
            self.records += u64::from(batch.count);
            results.push(ProduceResult { partition: batch.partition, send: batch.send, result, leader_hint: None });
        }
        (request.acks != Acks::None).then(|| Response::Produce(Box::new(results)))
    }

    fn is_down(&self, connection: Connection) -> bool {
        matches!(connection.server, NodeId::Broker(broker) if self.down.contains(broker))
    }

    fn run_until(&mut self, ms: u64) {
        let until = Instant::from_millis(ms);
        while let Some((_, (life, input))) = self.queue.pop_before(until) {
            let lost = matches!(&input, Input::Message(connection, _) if self.is_down(*connection));
            if life == self.life && !lost {
                self.input(input);
            }
        }
        // Moves time to its end.
        self.queue.push(until, Class::Fault, (u32::MAX, Input::Start));
        self.queue.pop_before(Instant(until.0 + 1));
    }

    /// A broker's process dies: its connection breaks.
    fn kill(&mut self, broker: u8) {
        let broker = BrokerId(broker);
        self.down = self.down.with(broker);
        let connection = Connection {
            client: NodeId::Producer(1),
            server: NodeId::Broker(broker),
            channel: highwater_kafka::node::Channel::Client,
        };
        self.input(Input::Lost(connection));
    }

    fn restart(&mut self, broker: u8) {
        self.down = self.down.without(BrokerId(broker));
    }

    fn kill_all(&mut self) {
        (1..=3).for_each(|broker| self.kill(broker));
    }

    fn restart_all(&mut self) {
        self.down = BrokerSet::EMPTY;
    }

    fn finish(&mut self) {
        self.with(|process, context| process.finish(context));
    }

    fn failed(&self) -> Vec<Error> {
        let error = |(_, entry): &(Instant, Entry)| match entry {
            Entry::Failed { error, .. } | Entry::Rejected { error, .. } => Some(*error),
            _ => None,
        };
        self.told.iter().filter_map(error).collect()
    }

    fn first(&self, is: impl Fn(&Entry) -> bool) -> Option<u64> {
        self.told.iter().find(|(_, entry)| is(entry)).map(|(at, _)| at.as_millis())
    }

    fn refused(&self) -> u64 {
        let count = |(_, entry): &(Instant, Entry)| match entry {
            Entry::Refused { count, .. } => *count,
            _ => 0,
        };
        self.told.iter().map(count).sum()
    }

    /// Every record of every stream has one fate, in order, and the end says how many have none; gives the records
    /// offered.
    fn check_fates(&mut self) -> u64 {
        self.finish();
        let mut told: BTreeMap<PartitionId, u64> = BTreeMap::new();
        let mut offered_by_all = 0;
        for (at, entry) in &self.told {
            let (stream, first, count) = match *entry {
                Entry::Closed { stream, first, count, first_arrival, arrival_span, .. } => {
                    assert!(first_arrival + arrival_span <= *at, "nothing is sent before it arrives");
                    assert!(0 < count);
                    (stream, first, u64::from(count))
                }
                Entry::Refused { stream, first, count, .. } => (stream, first, count),
                Entry::Rejected { stream, first, count, .. } => (stream, first, u64::from(count)),
                Entry::SourceEnded { stream, offered, waiting, .. } => {
                    assert_eq!(told.get(&stream).copied().unwrap_or(0) + waiting, offered);
                    offered_by_all += offered;
                    continue;
                }
                _ => continue,
            };
            let next = told.entry(stream).or_default();
            assert_eq!(*next, first, "stream {stream:?} at {at:?}");
            *next += count;
        }
        offered_by_all
    }
}

#[test]
fn a_producer_sends_what_its_source_offers() {
    for rate in [100, 20_000, 100_000] {
        let mut stage = steady(|setup| {
            setup.workload.records_per_second = rate;
            setup.workload.record_bytes = 100;
        });
        stage.run_until(10_000);
        let offered = stage.check_fates();
        let expected = u64::from(rate) * 10;
        assert!(offered.abs_diff(expected) < expected / 20, "{offered} {expected}");
        assert!(offered - stage.records < expected / 50, "{} of {offered}", stage.records);
        assert_eq!(stage.failed(), []);
    }
}

#[test]
fn a_million_records_a_second_cost_batches_not_records() {
    let mut stage = steady(|setup| {
        let clicks = Preset::Clickstream.setup();
        setup.producer = clicks.producer;
        setup.topic = clicks.topic;
        setup.workload.records_per_second = 100_000;
        setup.workload.record_bytes = 200;
        setup.workload.keys = 100_000;
        setup.workload.key_skew = 80;
    });
    stage.run_until(10_000);
    let offered = stage.check_fates();
    assert!((990_000..1_010_000).contains(&offered));
    assert!(stage.batches < 10_000, "{}", stage.batches);
    let record = stage.bytes as f64 / stage.records as f64;
    assert!((105.0..115.0).contains(&record), "217 bytes halve: {record}");
}

/// A batch holds what arrives while it lingers, or what fits: n = min(batch.size / record, 1 + rate * linger).
#[test]
fn batching_follows_rate_times_linger_up_to_the_batch_size() {
    for (rate, linger_ms, batch_size) in
        [(1_000, 1, 16_384), (1_000, 5, 16_384), (1_000, 100, 16_384), (4_000, 20, 65_536), (4_000, 100, 16_384)]
    {
        let mut stage = steady(|setup| {
            setup.topic.partitions = 1;
            setup.workload.records_per_second = rate;
            setup.workload.record_bytes = 200;
            setup.producer.linger_ms = linger_ms;
            setup.producer.batch_size = batch_size;
        });
        stage.run_until(20_000);
        let mean = stage.records as f64 / f64::from(stage.batches);
        let fits = f64::from(batch_size) / 217.0;
        let law = fits.min(1.0 + f64::from(rate) * f64::from(linger_ms) / 1_000.0);
        assert!((mean - law).abs() < 0.05 * law, "{rate}/s, {linger_ms} ms: {mean} against {law}");
    }
}

#[test]
fn s_50_memory_fills_then_send_blocks_then_fails() {
    // 1 MiB of 1 KiB records a second: 32 MiB are full after about 32 s, and max.block.ms later a send fails.
    let mut stage = steady(|setup| {
        setup.topic.partitions = 1;
        setup.workload.records_per_second = 1_024;
        setup.workload.record_bytes = 1_024 - 17;
        setup.workload.source_queue_ms = 600_000;
    });
    stage.run_until(1_000);
    stage.kill_all();
    stage.run_until(31_000);
    assert!(!stage.process.frame(Instant::from_millis(31_000)).blocked);
    stage.run_until(36_000);
    assert!(stage.process.frame(Instant::from_millis(36_000)).blocked);
    stage.run_until(86_000);
    assert_eq!(stage.failed(), [], "an outage of 85 s only blocks");
    stage.run_until(101_000);
    assert_eq!(stage.failed(), [Error::BufferExhausted]);
    let at = stage.first(|entry| matches!(entry, Entry::Rejected { .. })).expect("it failed");
    assert!((91_000..96_000).contains(&at), "{at}");
    stage.restart_all();
    stage.run_until(110_000);
    assert_eq!(stage.failed(), [Error::BufferExhausted], "all batches were still in time");
    stage.check_fates();
}

#[test]
fn s_51_what_was_sent_more_than_delivery_timeout_before_the_end_of_an_outage_fails() {
    let outage = |seconds: u64| {
        let mut stage = steady(|setup| {
            setup.topic.partitions = 1;
            setup.workload.records_per_second = 20;
        });
        stage.run_until(1_000);
        stage.kill_all();
        stage.run_until(1_000 + seconds * 1_000);
        stage.restart_all();
        stage.run_until(1_000 + seconds * 1_000 + 20_000);
        let failed = stage.failed();
        stage.check_fates();
        failed
    };
    assert_eq!(outage(110), []);
    let failed = outage(130);
    assert!((5..=8).contains(&failed.len()), "200 records of the first 10 s in full batches: {}", failed.len());
    assert!(failed.iter().all(|error| *error == Error::DeliveryTimedOut));
}

/// The partitions of a dead leader fill the memory, and then those of the living wait as well.
#[test]
fn r_611_one_dead_leader_holds_up_the_whole_producer() {
    let mut stage = steady(|setup| {
        setup.workload.records_per_second = 20_000;
        setup.producer.buffer_memory = 4_194_304;
        setup.producer.enable_idempotence = false;
    });
    stage.run_until(1_000);
    stage.kill(1);
    stage.run_until(4_000);
    let frame = stage.process.frame(Instant::from_millis(4_000));
    assert!(frame.blocked);
    assert!(10_000 < frame.queued_records, "{}", frame.queued_records);
    let before = stage.records;
    stage.run_until(5_000);
    assert_eq!(stage.records, before, "living leaders get nothing either");
    stage.restart(1);
    stage.run_until(8_000);
    let frame = stage.process.frame(Instant::from_millis(8_000));
    assert!(!frame.blocked && frame.queued_records == 0, "the backlog is gone at the speed of the CPU: {frame:?}");
    assert_eq!((stage.failed(), stage.refused()), (vec![], 0));
    let offered = stage.check_fates();
    assert!(offered - stage.records < 1_000);
}

#[test]
fn what_waits_too_long_in_the_source_is_refused() {
    let mut stage = steady(|setup| {
        setup.workload.records_per_second = 10_000;
        setup.workload.source_queue_ms = 2_000;
        setup.producer.buffer_memory = 1_048_576;
    });
    stage.run_until(1_000);
    stage.kill_all();
    stage.run_until(11_000);
    stage.restart_all();
    stage.run_until(20_000);
    // Memory takes a fifth of a second, the source two; what came in the other seconds is refused, and while the
    // client waits before it connects again.
    assert!((76_000..92_000).contains(&stage.refused()), "{}", stage.refused());
    let offered = stage.check_fates();
    assert!(offered.abs_diff(stage.refused() + stage.records) < 2_000, "all others were sent");
}

#[test]
fn too_much_load_for_the_cpu_is_refused_and_the_rest_sent() {
    let mut stage = steady(|setup| {
        setup.workload.records_per_second = 1_000;
        setup.workload.source_queue_ms = 1_000;
    });
    stage.with(|process, context| process.set_slowness(2_000, context)); // 2 ms a send: 500 a second
    stage.run_until(10_000);
    let offered = stage.check_fates();
    assert!(stage.records.abs_diff(5_000) < 250, "{}", stage.records);
    assert!(stage.refused().abs_diff(4_000) < 400, "{}", stage.refused());
    assert!((9_500..10_500).contains(&offered));
}

#[test]
fn a_load_burst_offers_more_while_it_lasts() {
    let mut stage = steady(|_| ());
    stage.run_until(2_000);
    let before = stage.records;
    stage.with(|process, context| process.set_rate_percent(300, context));
    stage.run_until(4_000);
    let during = stage.records - before;
    stage.with(|process, context| process.set_rate_percent(100, context));
    stage.run_until(6_000);
    let after = stage.records - before - during;
    assert!((5_400..6_600).contains(&during) && (1_750..2_250).contains(&after), "{before} {during} {after}");
    stage.check_fates();
}

#[test]
fn an_application_that_waits_for_each_result_sends_one_record_at_a_time() {
    let mut stage = steady(|setup| {
        setup.producer.send_result = SendResult::Wait;
        setup.workload.source_queue_ms = 1_000;
    });
    stage.run_until(10_000);
    assert_eq!(u64::from(stage.batches), stage.records);
    // 5 ms of linger and 2 ms to the broker and back.
    assert!(stage.records.abs_diff(10_000 / 7) < 30, "{}", stage.records);
    assert!(7_000 < stage.refused());
    stage.check_fates();
}

#[test]
fn without_keys_a_producer_sticks_to_a_partition_for_a_batch() {
    let mut stage = steady(|setup| {
        setup.workload.keys = 0;
        setup.workload.records_per_second = 20_000;
    });
    stage.run_until(5_000);
    let mean = stage.records as f64 / f64::from(stage.batches);
    assert!(28.0 < mean, "batches are full, whatever the number of partitions: {mean}");
    let offered = stage.check_fates();
    assert!((98_000..102_000).contains(&offered));
    assert!(stage.told.iter().all(|(_, entry)| !matches!(entry, Entry::Closed { stream, .. } if *stream != UNKEYED)));
}

#[test]
fn r_612_a_record_larger_than_a_request_fails_at_once() {
    let mut stage = steady(|setup| {
        setup.workload.record_bytes = 2_000;
        setup.producer.max_request_size = 1_024;
    });
    stage.run_until(2_000);
    assert_eq!(stage.requests, 0);
    assert!(stage.failed().iter().all(|error| *error == Error::RecordTooLarge) && !stage.failed().is_empty());
    stage.check_fates();
}

#[test]
fn r_627_a_crash_loses_the_accumulator_and_the_source_goes_on() {
    let mut stage = steady(|setup| {
        setup.workload.source_queue_ms = 1_000;
        setup.producer.linger_ms = 50;
    });
    stage.run_until(2_000);
    stage.with(|process, context| process.crash(context));
    stage.life += 1;
    assert!(stage.failed().iter().all(|error| *error == Error::ClientCrashed) && !stage.failed().is_empty());
    stage.run_until(5_000);
    stage.input(Input::Start);
    stage.run_until(10_000);
    assert!(stage.refused().abs_diff(2_000) < 200, "3 s down, 1 s kept: {}", stage.refused());
    let offered = stage.check_fates();
    assert!((offered - stage.refused() - stage.records) < 150);
}

#[test]
fn r_627_a_process_that_is_stopped_sends_what_it_has() {
    let mut stage = steady(|setup| {
        setup.producer.linger_ms = 10_000;
        setup.producer.batch_size = 1_000_000;
        setup.producer.delivery_timeout_ms = 60_000;
    });
    stage.run_until(1_000);
    assert_eq!(stage.records, 0);
    stage.with(|process, context| process.stop(context));
    stage.run_until(1_001);
    assert!(!stage.has_exited);
    stage.run_until(1_010);
    assert!(stage.has_exited);
    assert!(stage.records.abs_diff(1_000) < 150, "{}", stage.records);
    assert_eq!(stage.failed(), []);
}

#[test]
fn r_611_a_new_client_blocks_until_it_has_metadata() {
    let mut stage = steady(|setup| {
        setup.producer.max_block_ms = 500;
        setup.producer.enable_idempotence = false;
    });
    stage.run_until(1_000);
    stage.kill_all();
    stage.with(|process, context| process.crash(context));
    stage.life += 1;
    stage.input(Input::Start);
    let before = stage.failed().len();
    stage.run_until(2_800);
    assert_eq!(stage.failed()[before..], [Error::MetadataTimedOut; 3]);
    stage.restart_all();
    stage.run_until(6_000);
    assert!(stage.failed().len() <= before + 6, "a connection is tried again within a second or so");
    assert!(!stage.process.frame(Instant::from_millis(6_000)).blocked);
    let offered = stage.check_fates();
    assert!(offered - stage.records < 200);
}

#[test]
fn a_pause_holds_up_the_source() {
    let mut stage = steady(|setup| setup.workload.source_queue_ms = 1_000);
    stage.run_until(1_000);
    // A paused process finds its inputs in order when it goes on.
    let mut held = Vec::new();
    stage.queue.push(Instant::from_millis(5_000), Class::Fault, (u32::MAX, Input::Start));
    while let Some((_, (life, input))) = stage.queue.pop_before(Instant::from_millis(5_001)) {
        if life == stage.life {
            held.push(input);
        }
    }
    for input in held {
        stage.input(input);
    }
    stage.run_until(8_000);
    assert!(stage.refused().abs_diff(3_000) < 200, "4 s paused, 1 s kept: {}", stage.refused());
    stage.check_fates();
}

#[test]
fn compression_takes_cpu_of_the_application() {
    let rate = |codec| {
        let mut stage = steady(|setup| {
            setup.workload.records_per_second = 400_000;
            setup.workload.record_bytes = 1_000;
            setup.workload.source_queue_ms = 100;
            setup.producer.compression_type = codec;
            setup.producer.batch_size = 65_536;
            setup.producer.buffer_memory = 1 << 30;
            setup.environment.send_cpu_ns = 100;
        });
        stage.run_until(2_000);
        stage.check_fates();
        stage.records / 2
    };
    // 1 017 bytes at 10.5 ms a megabyte are 10.7 us a record.
    assert!(rate(Codec::Gzip).abs_diff(92_700) < 5_000, "{}", rate(Codec::Gzip));
    assert!(390_000 < rate(Codec::Snappy), "{}", rate(Codec::Snappy));
}

#[test]
fn a_sender_that_needs_time_for_a_request_puts_more_records_into_the_next() {
    let requests = |cpu_us| {
        let mut stage = steady(|setup| {
            setup.workload.records_per_second = 4_000;
            setup.workload.keys = 0;
            setup.producer.linger_ms = 0;
            setup.environment.request_send_cpu_us = cpu_us;
        });
        stage.run_until(2_000);
        stage.check_fates();
        (stage.records, u64::from(stage.requests))
    };
    let ((records, at_once), (_, slowly)) = (requests(0), requests(1_000));
    assert!(records < at_once * 2, "{records} records in {at_once} requests");
    // One request a millisecond.
    assert!(slowly <= 2_000 + 10, "{slowly} requests in two seconds");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = || {
        let mut stage = steady(|setup| setup.workload.records_per_second = 5_000);
        stage.run_until(1_000);
        stage.kill(2);
        stage.run_until(3_000);
        stage.restart(2);
        stage.run_until(5_000);
        stage.told
    };
    assert_eq!(run(), run());
}
