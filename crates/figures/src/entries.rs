//! Entries of a trace as names and fields: any entry, any field, found by the name it has in the vocabulary. So a new
//! kind of entry can be asked about as soon as it is told.

use crate::value::Value;
use highwater_model::SettingId;
use highwater_model::trace::{
    Api, ChangeCause, Election, Entry, Error, NodeState, ResetCause, TransactionResult, TransactionState,
    TransactionStep,
};
use serde::ser::{self, Impossible, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The name of an entry's kind: `PartitionChanged`.
pub(crate) fn kind_of(entry: &Entry) -> &'static str {
    match entry.serialize(KindOnly) {
        Err(Stop(Some(kind))) => kind,
        _ => unreachable!("every entry is a variant with fields"),
    }
}

/// A field of an entry, or of a part of it (the slice of a batch); none where it has no such field.
pub(crate) fn field_of(entry: &Entry, name: &str) -> Option<Value> {
    entry.serialize(Pick(name)).ok().flatten()
}

/// `FailedButWritten` as it is written in figures: `failed_but_written`.
pub(crate) fn snake(camel: &str) -> String {
    let mut name = String::with_capacity(camel.len() + 4);
    for (place, c) in camel.char_indices() {
        if c.is_ascii_uppercase() && place != 0 {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// A search is over: it found the entry's kind, or what it does not know.
#[derive(Debug)]
pub(crate) struct Stop(Option<&'static str>);

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.unwrap_or("nothing"))
    }
}

impl std::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Stop(None)
    }
}

/// Methods of a serializer that have one answer for every value.
macro_rules! plain {
    ($answer:expr; $($method:ident($($type:ty),*);)*) => { $(
        fn $method(self, $(_: $type),*) -> Result<Self::Ok, Stop> { $answer }
    )* };
}

/// Methods of a serializer for shapes that entries do not have.
macro_rules! shapeless {
    () => {
        fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Stop> {
            Err(Stop(None))
        }
        fn serialize_tuple_variant(
            self,
            _: &'static str,
            _: u32,
            variant: &'static str,
            _: usize,
        ) -> Result<Self::SerializeTupleVariant, Stop> {
            Err(Stop(Some(variant)))
        }
        fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Stop> {
            Err(Stop(None))
        }
    };
}

/// Stops at the first name: the entry's kind.
struct KindOnly;

impl ser::Serializer for KindOnly {
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = Impossible<(), Stop>;
    type SerializeTuple = Impossible<(), Stop>;
    type SerializeTupleStruct = Impossible<(), Stop>;
    type SerializeTupleVariant = Impossible<(), Stop>;
    type SerializeMap = Impossible<(), Stop>;
    type SerializeStruct = Impossible<(), Stop>;
    type SerializeStructVariant = Impossible<(), Stop>;
    plain! { Err(Stop(None));
        serialize_bool(bool); serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64);
        serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64); serialize_f32(f32);
        serialize_f64(f64); serialize_char(char); serialize_str(&str); serialize_bytes(&[u8]); serialize_none();
        serialize_unit(); serialize_unit_struct(&'static str);
    }
    shapeless!();
    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Stop> {
        Err(Stop(None))
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Stop> {
        Err(Stop(Some(variant)))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<(), Stop> {
        Err(Stop(None))
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<(), Stop> {
        Err(Stop(Some(variant)))
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Stop> {
        Err(Stop(None))
    }
    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Stop> {
        Err(Stop(None))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Stop> {
        Err(Stop(None))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Stop> {
        Err(Stop(Some(variant)))
    }
}

/// Looks for the field of this name.
#[derive(Clone, Copy)]
struct Pick<'a>(&'a str);

impl<'a> ser::Serializer for Pick<'a> {
    type Ok = Option<Value>;
    type Error = Stop;
    type SerializeSeq = Impossible<Option<Value>, Stop>;
    type SerializeTuple = Impossible<Option<Value>, Stop>;
    type SerializeTupleStruct = Impossible<Option<Value>, Stop>;
    type SerializeTupleVariant = Impossible<Option<Value>, Stop>;
    type SerializeMap = Impossible<Option<Value>, Stop>;
    type SerializeStruct = Picking<'a>;
    type SerializeStructVariant = Picking<'a>;
    plain! { Ok(None);
        serialize_bool(bool); serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64);
        serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64); serialize_f32(f32);
        serialize_f64(f64); serialize_char(char); serialize_str(&str); serialize_bytes(&[u8]); serialize_none();
        serialize_unit(); serialize_unit_struct(&'static str);
    }
    shapeless!();
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Option<Value>, Stop> {
        value.serialize(self)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<Option<Value>, Stop> {
        Ok(None)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<Option<Value>, Stop> {
        Ok(None)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Option<Value>, Stop> {
        // What a batch holds names the send by which it came.
        if snake(variant) == self.0 { value.serialize(Look).map(Some) } else { Ok(None) }
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Stop> {
        Err(Stop(None))
    }
    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Stop> {
        Err(Stop(None))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Picking<'a>, Stop> {
        Ok(Picking { wanted: self.0, found: None })
    }
    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Picking<'a>, Stop> {
        Ok(Picking { wanted: self.0, found: None })
    }
}

/// A look through the fields of an entry or of a part.
struct Picking<'a> {
    wanted: &'a str,
    found: Option<Value>,
}

impl Picking<'_> {
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Stop> {
        if name == self.wanted {
            self.found = Some(value.serialize(Look)?);
        } else if self.found.is_none() {
            // A list has no fields to look through.
            self.found = value.serialize(Pick(self.wanted)).unwrap_or(None);
        }
        Ok(())
    }
}

macro_rules! picks {
    ($($form:ident),*) => { $(
        impl ser::$form for Picking<'_> {
            type Ok = Option<Value>;
            type Error = Stop;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Stop> {
                self.field(name, value)
            }
            fn end(self) -> Result<Option<Value>, Stop> {
                Ok(self.found)
            }
        }
    )* };
}
picks!(SerializeStruct, SerializeStructVariant);

/// Looks at a value. Of a part with fields (a slice of a batch) it is how many records it has.
#[derive(Clone, Copy)]
struct Look;

const NANOS_A_MILLI: f64 = 1e6;

/// Brokers and their sets by name, moments in milliseconds; all others as they are.
fn rename(of: &'static str, inner: Value) -> Value {
    let Value::Number(number) = inner else { return inner };
    match of {
        "Instant" if number == u64::MAX as f64 => Value::None,
        "Instant" | "Duration" => Value::Number(number / NANOS_A_MILLI),
        "BrokerId" => Value::word(format!("b{number}")),
        "ControllerId" => Value::word(format!("c{number}")),
        "BrokerSet" => {
            let has = |broker: &u32| number as u64 >> broker & 1 == 1;
            Value::Set((0..u16::BITS).filter(has).map(|broker| format!("b{broker}")).collect())
        }
        _ => Value::Number(number),
    }
}

/// A word of an enumeration as Kafka (or the trace) names it.
fn named(of: &'static str, index: u32, variant: &'static str) -> String {
    let index = index as usize;
    let name = match of {
        "Error" => Error::ALL.get(index).map(|it| it.name()),
        "Api" => Api::ALL.get(index).map(|it| it.name()),
        "NodeState" => NodeState::ALL.get(index).map(|it| it.name()),
        "ChangeCause" => ChangeCause::ALL.get(index).map(|it| it.name()),
        "Election" => Election::ALL.get(index).map(|it| it.name()),
        "ResetCause" => ResetCause::ALL.get(index).map(|it| it.name()),
        "TransactionResult" => TransactionResult::ALL.get(index).map(|it| it.name()),
        "TransactionState" => TransactionState::ALL.get(index).map(|it| it.name()),
        "TransactionStep" => TransactionStep::ALL.get(index).map(|it| it.name()),
        "SettingId" => SettingId::ALL.get(index).map(|it| it.name()),
        _ => None,
    };
    name.map_or_else(|| snake(variant).replace('_', " "), str::to_owned)
}

macro_rules! numbers {
    ($($method:ident($type:ty);)*) => { $(
        fn $method(self, value: $type) -> Result<Value, Stop> { Ok(Value::Number(value as f64)) }
    )* };
}

impl ser::Serializer for Look {
    type Ok = Value;
    type Error = Stop;
    type SerializeSeq = Members;
    type SerializeTuple = Members;
    type SerializeTupleStruct = Impossible<Value, Stop>;
    type SerializeTupleVariant = Impossible<Value, Stop>;
    type SerializeMap = Impossible<Value, Stop>;
    type SerializeStruct = Counted;
    type SerializeStructVariant = Counted;
    numbers! {
        serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64);
        serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64);
        serialize_f32(f32); serialize_f64(f64);
    }
    plain! { Ok(Value::None); serialize_none(); serialize_unit(); serialize_unit_struct(&'static str); }
    shapeless!();
    fn serialize_bool(self, value: bool) -> Result<Value, Stop> {
        Ok(Value::Flag(value))
    }
    fn serialize_char(self, value: char) -> Result<Value, Stop> {
        Ok(Value::word(value))
    }
    fn serialize_str(self, value: &str) -> Result<Value, Stop> {
        Ok(Value::word(value))
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<Value, Stop> {
        Ok(Value::Number(value.len() as f64))
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Stop> {
        value.serialize(Look)
    }
    fn serialize_unit_variant(self, of: &'static str, index: u32, variant: &'static str) -> Result<Value, Stop> {
        Ok(Value::word(named(of, index, variant)))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, of: &'static str, value: &T) -> Result<Value, Stop> {
        Ok(rename(of, value.serialize(Look)?))
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        of: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Stop> {
        Ok(match (of, value.serialize(Look)?) {
            // A broker or a controller has a name already; a client has a number.
            ("NodeId", Value::Word(node)) => Value::Word(node),
            ("NodeId", number) => Value::word(format!("{}-{number}", snake(variant))),
            _ => Value::word(snake(variant).replace('_', " ")),
        })
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Members, Stop> {
        Ok(Members::default())
    }
    fn serialize_tuple(self, _: usize) -> Result<Members, Stop> {
        Ok(Members::default())
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Counted, Stop> {
        Ok(Counted(Value::None))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Counted, Stop> {
        Ok(Counted(Value::word(snake(variant).replace('_', " "))))
    }
}

/// A part with fields: its count, or else its name.
struct Counted(Value);

macro_rules! counts {
    ($($form:ident),*) => { $(
        impl ser::$form for Counted {
            type Ok = Value;
            type Error = Stop;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Stop> {
                if name == "count" {
                    self.0 = value.serialize(Look)?;
                }
                Ok(())
            }
            fn end(self) -> Result<Value, Stop> {
                Ok(self.0)
            }
        }
    )* };
}
counts!(SerializeStruct, SerializeStructVariant);

/// A list, of which only its members matter.
#[derive(Default)]
struct Members(BTreeSet<String>);

macro_rules! gathers {
    ($($form:ident),*) => { $(
        impl ser::$form for Members {
            type Ok = Value;
            type Error = Stop;
            fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
                self.0.insert(value.serialize(Look)?.to_string());
                Ok(())
            }
            fn end(self) -> Result<Value, Stop> {
                Ok(Value::Set(self.0))
            }
        }
    )* };
}
gathers!(SerializeSeq, SerializeTuple);

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::trace::{Content, Slice};
    use highwater_model::{BrokerId, Instant, NodeId, PartitionId};

    #[track_caller]
    fn check(entry: Entry, field: &str, expected: Option<Value>) {
        assert_eq!(field_of(&entry, field), expected, "{entry:?}");
    }

    #[test]
    fn an_entry_has_a_kind_and_fields_by_name() {
        let changed = Entry::PartitionChanged {
            partition: PartitionId(3),
            leader: Some(BrokerId(2)),
            leader_epoch: 5,
            partition_epoch: 7,
            isr: [BrokerId(1), BrokerId(2)].into_iter().collect(),
            elr: Default::default(),
            last_known: None,
            election: Election::Clean,
            cause: ChangeCause::Fenced,
        };
        assert_eq!(kind_of(&changed), "PartitionChanged");
        check(changed, "partition", Some(Value::Number(3.0)));
        check(changed, "leader", Some(Value::word("b2")));
        check(changed, "last_known", Some(Value::None));
        check(changed, "isr", Some(Value::Set(["b1", "b2"].map(str::to_owned).into())));
        check(changed, "elr", Some(Value::Set(BTreeSet::new())));
        check(changed, "cause", Some(Value::word("broker fenced")));
        check(changed, "nothing", None);
    }

    #[test]
    fn errors_have_kafkas_names_nodes_their_own_and_times_are_in_milliseconds() {
        let failed = Entry::RequestFailed {
            node: NodeId::Producer(2),
            api: Api::Produce,
            server: NodeId::Broker(BrokerId(1)),
            error: Error::NotLeaderOrFollower,
        };
        check(failed, "node", Some(Value::word("producer-2")));
        check(failed, "server", Some(Value::word("b1")));
        check(failed, "error", Some(Value::word("NOT_LEADER_OR_FOLLOWER")));
        let closed = Entry::Closed {
            send: 1,
            producer: 1,
            stream: PartitionId(0),
            first: 0,
            count: 10,
            first_arrival: Instant::from_millis(1_500),
            arrival_span: highwater_model::Duration::from_millis(4),
        };
        check(closed, "first_arrival", Some(Value::Number(1_500.0)));
    }

    #[test]
    fn the_fields_of_a_part_stand_beside_the_others() {
        let records = Slice { partition: PartitionId(1), batch: 4, skip: 2, count: 30 };
        let polled = Entry::Polled { consumer: 3, records };
        check(polled, "partition", Some(Value::Number(1.0)));
        check(polled, "records", Some(Value::Number(30.0)));
        let appended = Entry::Appended {
            broker: BrokerId(1),
            partition: PartitionId(0),
            batch: 0,
            base: 0,
            count: 5,
            leader_epoch: 0,
            content: Content::Send(77),
        };
        check(appended, "content", Some(Value::word("send")));
        check(appended, "send", Some(Value::Number(77.0)));
    }
}
