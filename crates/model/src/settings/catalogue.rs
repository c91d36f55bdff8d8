//! What each line of the table of settings becomes: a field, its default, and all that [`super::SettingId`] knows.

use serde::{Deserialize, Serialize};

/// What a setting's number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A plain count.
    Count,
    /// Milliseconds.
    Millis,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
    /// Bytes.
    Bytes,
    /// Megabytes (10^6 bytes) a second.
    MegabytesPerSecond,
    /// Records a second.
    RecordsPerSecond,
    /// Hundredths.
    Percent,
    /// One of a few words, or on and off.
    Choice,
}

/// To whom a setting belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Group {
    /// How many brokers, racks, controllers; Kafka's broker and controller settings.
    Cluster,
    /// The scenario's topic.
    Topic,
    /// Producer client.
    Producer,
    /// Consumer client.
    Consumer,
    /// What the applications do: load, keys, processing.
    Workload,
    /// The machines and the network under it.
    Environment,
    /// What a release of Kafka does: one switch for each change of the protocol.
    Version,
}

macro_rules! catalogue {
    ($(
        $(#[$gdoc:meta])* $group:ident $part:ident : $struct:ident {
            $( $(#[$doc:meta])* $id:ident $field:ident : $type:ty = $default:expr, $name:literal, $unit:ident,
               $min:expr => $max:expr; )*
        }
    )*) => {
        $(
            $(#[$gdoc])*
            #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
            pub struct $struct { $( $(#[$doc])* pub $field: $type, )* }

            impl $struct {
                /// Kafka's defaults; for what Kafka does not know, a plain small cluster.
                pub const fn defaults() -> Self { Self { $( $field: $default, )* } }
            }
        )*

        /// A setting of the catalogue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum SettingId { $($( $(#[$doc])* $id, )*)* }

        impl SettingId {
            /// The whole catalogue, in the order in which it is shown.
            pub const ALL: &'static [SettingId] = &[$($( SettingId::$id, )*)*];

            /// The setting's name: Kafka's own where Kafka has it, else a word with a group before it.
            pub const fn name(self) -> &'static str { match self { $($( SettingId::$id => $name, )*)* } }

            /// To whom it belongs.
            pub const fn group(self) -> Group { match self { $($( SettingId::$id => Group::$group, )*)* } }

            /// What its number counts.
            pub const fn unit(self) -> Unit { match self { $($( SettingId::$id => Unit::$unit, )*)* } }

            /// The smallest and the largest value it takes.
            pub const fn range(self) -> (i64, i64) { match self { $($( SettingId::$id => ($min, $max), )*)* } }

            /// The words it chooses from; none where it is a number.
            pub const fn words(self) -> &'static [&'static str] {
                match self { $($( SettingId::$id => <$type as Scalar>::WORDS, )*)* }
            }

            /// Kafka's default (or the plain small cluster's).
            pub fn default_value(self) -> i64 { match self { $($( SettingId::$id => ($default).to_number(), )*)* } }

            /// Its value in a set-up.
            pub fn get(self, setup: &Setup) -> i64 {
                match self { $($( SettingId::$id => setup.$part.$field.to_number(), )*)* }
            }

            /// Gives it a value, which must lie in its range.
            pub fn set(self, setup: &mut Setup, value: i64) {
                let (min, max) = self.range();
                assert!(min <= value && value <= max, "{} is out of range: {value}", self.name());
                match self { $($( SettingId::$id => setup.$part.$field = <$type as Scalar>::from_number(value), )*)* }
            }
        }
    };
}

pub(super) use catalogue;
