//! The exact size of record batches (format 2): a header of 61 bytes, then each record as variable-length numbers, its
//! key and its value. Compression takes what is after the header.

use highwater_model::Setup;
use highwater_model::settings::Codec;

/// Bytes of a batch before its first record; never compressed.
pub const BATCH_HEADER_BYTES: u32 = 61;

/// What Kafka's client reckons a record needs beside key and value, at most.
const RECORD_OVERHEAD_MAX: u32 = 21;

/// Sizes of a record's parts; no key or no value is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordShape {
    /// Bytes of the key.
    pub key_bytes: Option<u32>,
    /// Bytes of the value.
    pub value_bytes: Option<u32>,
    /// Its headers.
    pub headers: Headers,
}

/// Headers of a record, all of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headers {
    /// How many.
    pub count: u32,
    /// Bytes of each one's key.
    pub key_bytes: u32,
    /// Bytes of each one's value; none is null.
    pub value_bytes: Option<u32>,
}

impl Headers {
    /// No headers.
    pub const NONE: Self = Self { count: 0, key_bytes: 0, value_bytes: None };

    /// Their number, and each one's key and value with their lengths.
    const fn content_bytes(self) -> u32 {
        varint_bytes(self.count as u64)
            + self.count * (field_bytes(Some(self.key_bytes)) + field_bytes(self.value_bytes))
    }
}

/// Bytes of a number as a zigzag variable-length integer.
const fn varint_bytes(number: u64) -> u32 {
    let bits = 64 - (number << 1 | 1).leading_zeros();
    bits.div_ceil(7)
}

/// The first number that takes one byte more than `number`.
const fn next_wider(number: u64) -> u64 {
    1 << (7 * varint_bytes(number) - 1)
}

const fn field_bytes(length: Option<u32>) -> u32 {
    match length {
        // Null is written as the length -1, which takes one byte.
        None => 1,
        Some(length) => varint_bytes(length as u64) + length,
    }
}

impl RecordShape {
    /// Of the records of a workload.
    pub fn of(setup: &Setup) -> Self {
        let workload = &setup.workload;
        let key_bytes = (workload.keys != 0).then_some(workload.key_bytes);
        Self { key_bytes, value_bytes: Some(workload.record_bytes), headers: Headers::NONE }
    }

    /// Key and value with their lengths, and the headers.
    const fn content_bytes(self) -> u32 {
        field_bytes(self.key_bytes) + field_bytes(self.value_bytes) + self.headers.content_bytes()
    }

    /// A record whose two deltas take so many bytes.
    const fn with_deltas(self, delta_bytes: u32) -> u32 {
        let body = 1 + delta_bytes + self.content_bytes();
        varint_bytes(body as u64) + body
    }

    /// Bytes of a record, by its distance from the batch's first in number and in milliseconds.
    pub const fn record_bytes(self, offset_delta: u32, timestamp_delta_ms: u64) -> u32 {
        self.with_deltas(varint_bytes(offset_delta as u64) + varint_bytes(timestamp_delta_ms))
    }

    /// What Kafka's client reckons one record needs in a batch of its own, at most.
    pub const fn single_bytes_max(self) -> u32 {
        BATCH_HEADER_BYTES + RECORD_OVERHEAD_MAX + self.content_bytes()
    }

    /// Bytes of `count` records that lie evenly over `span_ms`, without the batch's header and uncompressed.
    pub fn plain_bytes(self, count: u32, span_ms: u64) -> u64 {
        let count = u64::from(count);
        let gaps = count.saturating_sub(1).max(1);
        let mut total = 0;
        let mut at = 0;
        // Record sizes change only where one of the two deltas needs another byte: a handful of steps.
        while at < count {
            let timestamp = span_ms * at / gaps;
            let wider_timestamp = if span_ms == 0 { count } else { (next_wider(timestamp) * gaps).div_ceil(span_ms) };
            let end = count.min(next_wider(at)).min(wider_timestamp);
            let record = self.with_deltas(varint_bytes(at) + varint_bytes(timestamp));
            total += u64::from(record) * (end - at);
            at = end;
        }
        total
    }
}

/// How a producer's batches shrink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compression {
    /// The codec.
    pub codec: Codec,
    /// Compressed share of the plain size, in hundredths.
    pub ratio_percent: u32,
}

impl Compression {
    /// Of a set-up's producers.
    pub fn of(setup: &Setup) -> Self {
        let codec = setup.producer.compression_type;
        let ratio_percent = if codec == Codec::None { 100 } else { setup.workload.compression_ratio };
        Self { codec, ratio_percent }
    }

    /// Bytes of a whole batch whose records take `plain_bytes`.
    pub fn batch_bytes(self, plain_bytes: u64) -> u32 {
        BATCH_HEADER_BYTES + (plain_bytes * u64::from(self.ratio_percent)).div_ceil(100) as u32
    }

    /// CPU time to compress a byte, in thousandths of a nanosecond. Core time to compress a megabyte, from published
    /// throughputs on text-like data: snappy 530 MB/s, lz4 about 625, zstd level 1 about 450, gzip about 95.
    pub const fn cpu_ps_per_byte(self) -> u64 {
        match self.codec {
            Codec::None => 0,
            Codec::Snappy => 1_900,
            Codec::Lz4 => 1_600,
            Codec::Zstd => 2_200,
            Codec::Gzip => 10_500,
        }
    }
}

/// How many records a batch takes, as Kafka's client decides it record by record: what is written is estimated from
/// the compression ratio seen so far with 5 % added, the next record counts at its plain size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Sizes of the records.
    pub shape: RecordShape,
    /// The codec.
    pub codec: Codec,
    /// The ratio that the client expects, in thousandths.
    pub expected_ratio: u32,
    /// Bytes of the batch's buffer.
    pub limit_bytes: u32,
}

impl Room {
    /// What the client reckons that a batch with these records has written.
    pub fn estimated_bytes(&self, count: u32, span_ms: u64) -> u32 {
        let plain = self.shape.plain_bytes(count, span_ms);
        let written = match self.codec {
            Codec::None => plain,
            _ => plain * u64::from(self.expected_ratio) * 105 / 100_000,
        };
        BATCH_HEADER_BYTES + written as u32
    }

    fn admits_after(&self, count: u32, span_ms: u64) -> bool {
        let next = self.shape.record_bytes(count, span_ms);
        self.estimated_bytes(count, span_ms) + next <= self.limit_bytes
    }

    /// Records that fit, if they lie evenly over `span_ms`; the first always does.
    pub fn records(&self, span_ms: u64) -> u32 {
        let guess = (0..3).fold(64, |guess, _| self.closer(guess, span_ms));
        self.records_near(guess, span_ms)
    }

    /// The same, found the sooner the nearer the guess is.
    pub fn records_near(&self, guess: u32, span_ms: u64) -> u32 {
        let mut count = self.closer(guess, span_ms);
        while self.admits_after(count, span_ms) {
            count += 1;
        }
        while 1 < count && !self.admits_after(count - 1, span_ms) {
            count -= 1;
        }
        count
    }

    /// A better guess, by proportion.
    fn closer(&self, guess: u32, span_ms: u64) -> u32 {
        let usable = u64::from(self.limit_bytes.saturating_sub(BATCH_HEADER_BYTES));
        let written = u64::from(self.estimated_bytes(guess, span_ms) - BATCH_HEADER_BYTES).max(1);
        (u64::from(guess) * usable / written).clamp(1, u64::from(u32::MAX >> 4)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Batches as Kafka 4.3.1's client writes them: records, key bytes, value bytes (-1 is null), milliseconds between
    /// records, bytes.
    const VECTORS: &str = include_str!("../tests/vectors/batch-bytes.txt");

    #[test]
    fn batches_take_the_bytes_that_kafkas_client_writes() {
        for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<i64> = line.split(' ').map(|field| field.parse().expect("a number")).collect();
            let [records, key, value, step_ms, bytes] = fields[..] else { panic!("{line}") };
            let shape = RecordShape {
                key_bytes: u32::try_from(key).ok(),
                value_bytes: u32::try_from(value).ok(),
                headers: Headers::NONE,
            };
            let plain = shape.plain_bytes(records as u32, ((records - 1) * step_ms) as u64);
            let compression = Compression { codec: Codec::None, ratio_percent: 100 };
            assert_eq!(i64::from(compression.batch_bytes(plain)), bytes, "{line}");
        }
    }

    #[test]
    fn batches_with_headers_take_the_bytes_that_kafkas_client_writes() {
        const VECTORS: &str = include_str!("../tests/vectors/batch-bytes-with-headers.txt");
        for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<i64> = line.split(' ').map(|field| field.parse().expect("a number")).collect();
            let [records, key, value, headers, header_key, header_value, bytes] = fields[..] else { panic!("{line}") };
            let headers = Headers {
                count: headers as u32,
                key_bytes: header_key as u32,
                value_bytes: u32::try_from(header_value).ok(),
            };
            let shape = RecordShape { key_bytes: Some(key as u32), value_bytes: Some(value as u32), headers };
            let plain = shape.plain_bytes(records as u32, 0);
            assert_eq!(i64::from(BATCH_HEADER_BYTES) + plain as i64, bytes, "{line}");
        }
    }

    #[test]
    fn compression_leaves_the_header_alone() {
        let compression = Compression { codec: Codec::Snappy, ratio_percent: 50 };
        assert_eq!(compression.batch_bytes(1_000), 61 + 500);
    }

    #[test]
    fn r_613_a_batch_takes_what_fits_and_at_least_one_record() {
        let shape = RecordShape { key_bytes: Some(8), value_bytes: Some(500), headers: Headers::NONE };
        let room = |limit_bytes| Room { shape, codec: Codec::None, expected_ratio: 1_000, limit_bytes };
        for limit in [16_384, 65_536, 1_000_000] {
            let count = room(limit).records(0);
            assert!(room(limit).estimated_bytes(count, 0) <= limit);
            assert!(limit < room(limit).estimated_bytes(count + 1, 0));
        }
        assert_eq!(room(0).records(0), 1);
        let halved = Room { codec: Codec::Lz4, expected_ratio: 500, ..room(65_536) };
        let plain = room(65_536).records(0);
        assert!(plain * 18 / 10 < halved.records(0) && halved.records(0) < plain * 2);
    }
}
