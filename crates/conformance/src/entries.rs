//! Trace entries as plain values: every field of every kind of entry, under the names that the trace gives them.

use highwater_model::inspect::Value;
use highwater_model::trace::{Api, ChangeCause, Election, Entry, Error, NodeState, ResetCause, UNKEYED};
use highwater_model::{BrokerSet, Layout, PartitionId, SettingId};
use serde::Serialize;
use serde::ser::{self, Impossible};
use std::fmt::{self, Write as _};

/// The kind of an entry, such as `IsrProposed`.
pub fn kind(entry: &Entry) -> String {
    /// Takes the first word, and no more.
    struct FirstWord(String);
    impl fmt::Write for FirstWord {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 = text.to_owned();
            Err(fmt::Error)
        }
    }
    let mut word = FirstWord(String::new());
    let _stopped_on_purpose = write!(word, "{entry:?}");
    word.0
}

/// The fields of an entry.
pub fn fields(entry: &Entry, layout: &Layout) -> Value {
    entry.serialize(Reader { layout }).expect("entries hold nothing that a value cannot")
}

/// An entry held something that has no value.
#[derive(Debug)]
struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

impl ser::Error for Unreadable {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self(text.to_string())
    }
}

type Read = Result<Value, Unreadable>;

/// Reads what is serialized; the types' names tell ids and times from plain numbers.
#[derive(Clone, Copy)]
struct Reader<'a> {
    layout: &'a Layout,
}

impl Reader<'_> {
    fn named(self, name: &str, value: Value) -> Value {
        let Value::Number(number) = value else { return value };
        match name {
            "BrokerId" => Value::Text(format!("b{number}")),
            "ControllerId" => Value::Text(format!("c{number}")),
            "Instant" | "Duration" => Value::Time(number as u64),
            "PartitionId" if number as u16 == UNKEYED.0 => Value::Text("unkeyed".to_owned()),
            "PartitionId" => Value::Text(self.layout.short_name(PartitionId(number as u16))),
            "BrokerSet" => {
                let brokers = (0..=highwater_model::ids::BROKERS_MAX).filter(|id| number >> id & 1 == 1);
                Value::from(brokers.map(highwater_model::BrokerId).collect::<BrokerSet>())
            }
            _ => Value::Number(number),
        }
    }
}

/// The word of a variant without fields.
fn word(name: &str, index: u32, variant: &str) -> String {
    let index = index as usize;
    match name {
        "Error" => Error::ALL[index].to_string(),
        "Api" => Api::ALL[index].to_string(),
        "NodeState" => NodeState::ALL[index].to_string(),
        "ChangeCause" => ChangeCause::ALL[index].to_string(),
        "Election" => Election::ALL[index].to_string(),
        "ResetCause" => ResetCause::ALL[index].to_string(),
        "SettingId" => SettingId::ALL[index].name().to_owned(),
        _ => variant.to_lowercase(),
    }
}

macro_rules! numbers {
    ($($serialize:ident: $number:ty),*) => { $(
        fn $serialize(self, number: $number) -> Read {
            Ok(Value::Number(number as i128))
        }
    )* };
}

impl<'a> ser::Serializer for Reader<'a> {
    type Ok = Value;
    type Error = Unreadable;
    type SerializeSeq = Impossible<Value, Unreadable>;
    type SerializeTuple = Impossible<Value, Unreadable>;
    type SerializeTupleStruct = Impossible<Value, Unreadable>;
    type SerializeTupleVariant = Impossible<Value, Unreadable>;
    type SerializeMap = Impossible<Value, Unreadable>;
    type SerializeStruct = Gathered<'a>;
    type SerializeStructVariant = Gathered<'a>;

    numbers!(
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_u8: u8,
        serialize_u16: u16, serialize_u32: u32, serialize_u64: u64
    );

    fn serialize_bool(self, flag: bool) -> Read {
        Ok(Value::Flag(flag))
    }
    fn serialize_f32(self, _: f32) -> Read {
        Err(ser::Error::custom("a fraction"))
    }
    fn serialize_f64(self, _: f64) -> Read {
        Err(ser::Error::custom("a fraction"))
    }
    fn serialize_char(self, c: char) -> Read {
        Ok(Value::Text(c.to_string()))
    }
    fn serialize_str(self, text: &str) -> Read {
        Ok(Value::from(text))
    }
    fn serialize_bytes(self, _: &[u8]) -> Read {
        Err(ser::Error::custom("bytes"))
    }
    fn serialize_none(self) -> Read {
        Ok(Value::None)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Read {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Read {
        Ok(Value::None)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Read {
        Ok(Value::None)
    }
    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Read {
        Ok(Value::Text(word(name, index, variant)))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Read {
        Ok(self.named(name, value.serialize(self)?))
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Read {
        let value = value.serialize(self)?;
        Ok(match (name, variant) {
            ("NodeId", "Producer" | "Consumer") => Value::Text(format!("{}-{value}", variant.to_lowercase())),
            ("NodeId" | "ConfigScope", _) => value,
            _ => Value::Text(format!("{} {value}", variant.to_lowercase())),
        })
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Unreadable> {
        Err(ser::Error::custom("a sequence"))
    }
    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unreadable> {
        Err(ser::Error::custom("a tuple"))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Unreadable> {
        Err(ser::Error::custom("a tuple"))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unreadable> {
        Err(ser::Error::custom("a tuple"))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unreadable> {
        Err(ser::Error::custom("a map"))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Gathered<'a>, Unreadable> {
        Ok(Gathered { reader: self, fields: Vec::new() })
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Gathered<'a>, Unreadable> {
        Ok(Gathered { reader: self, fields: Vec::new() })
    }
}

/// The fields of a struct, as they come.
struct Gathered<'a> {
    reader: Reader<'a>,
    fields: Vec<(String, Value)>,
}

impl Gathered<'_> {
    fn put<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Unreadable> {
        self.fields.push((name.to_owned(), value.serialize(self.reader)?));
        Ok(())
    }
}

impl ser::SerializeStruct for Gathered<'_> {
    type Ok = Value;
    type Error = Unreadable;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unreadable> {
        self.put(name, value)
    }
    fn end(self) -> Read {
        Ok(Value::Fields(self.fields))
    }
}

impl ser::SerializeStructVariant for Gathered<'_> {
    type Ok = Value;
    type Error = Unreadable;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unreadable> {
        self.put(name, value)
    }
    fn end(self) -> Read {
        Ok(Value::Fields(self.fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::{BrokerId, Instant, NodeId};

    #[test]
    fn an_entry_is_read_field_by_field() {
        let layout = Layout {
            topic: "records".to_owned(),
            data_partitions: 1,
            offsets_partitions: 1,
            transaction_partitions: 0,
        };
        let isr: BrokerSet = [BrokerId(1), BrokerId(3)].into_iter().collect();
        let entry = Entry::IsrProposed { broker: BrokerId(1), partition: PartitionId(1), isr, maximal: isr };
        assert_eq!(kind(&entry), "IsrProposed");
        let text = "(broker = b1, partition = __consumer_offsets-0, isr = {b1, b3}, maximal = {b1, b3})";
        assert_eq!(fields(&entry, &layout).to_string(), text);
        let entry = Entry::Node { node: NodeId::Producer(2), state: NodeState::PoweredOff };
        assert_eq!(fields(&entry, &layout).to_string(), "(node = producer-2, state = powered off)");
        let entry = Entry::Failed { send: 4, error: Error::NotEnoughReplicas };
        assert_eq!(fields(&entry, &layout).to_string(), "(send = 4, error = NOT_ENOUGH_REPLICAS)");
        let _ = Instant::ZERO;
    }
}
