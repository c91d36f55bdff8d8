//! The kinds of trace entries and the names of their fields, as the trace itself declares them: whoever adds a kind there
//! has added it here.

use highwater_model::trace::Entry;
use serde::de::{self, Deserialize, DeserializeSeed, EnumAccess, VariantAccess, Visitor, value::U32Deserializer};
use std::cell::Cell;
use std::fmt;

/// A kind of entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name, such as `IsrProposed`.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [&'static str],
}

/// All kinds of entries.
pub fn kinds() -> Vec<Kind> {
    let variants = Cell::new(&[][..]);
    let fields = Cell::new(&[][..]);
    let look = |index| Entry::deserialize(Look { index, variants: &variants, fields: &fields }).is_err();
    assert!(look(0), "an entry cannot be made of nothing");
    (0..variants.get().len())
        .map(|index| {
            fields.set(&[]);
            assert!(look(index as u32), "an entry cannot be made of nothing");
            Kind { name: variants.get()[index], fields: fields.get() }
        })
        .collect()
}

/// The kind of this name.
pub fn kind_named(name: &str) -> Option<Kind> {
    kinds().into_iter().find(|kind| kind.name == name)
}

type Names = &'static [&'static str];

/// Asks for a variant, and notes what it is declared to be.
struct Look<'a> {
    index: u32,
    variants: &'a Cell<Names>,
    fields: &'a Cell<Names>,
}

/// The end of a look.
#[derive(Debug)]
struct Seen;

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seen")
    }
}

impl std::error::Error for Seen {}

impl de::Error for Seen {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Seen
    }
}

impl<'de> de::Deserializer<'de> for Look<'_> {
    type Error = Seen;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Seen> {
        Err(Seen)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, names: Names, visitor: V) -> Result<V::Value, Seen> {
        self.variants.set(names);
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Look<'_> {
    type Error = Seen;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Seen> {
        let index: U32Deserializer<Seen> = de::IntoDeserializer::into_deserializer(self.index);
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> VariantAccess<'de> for Look<'_> {
    type Error = Seen;

    fn unit_variant(self) -> Result<(), Seen> {
        Err(Seen)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Seen> {
        Err(Seen)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Seen> {
        Err(Seen)
    }

    fn struct_variant<V: Visitor<'de>>(self, names: Names, _: V) -> Result<V::Value, Seen> {
        self.fields.set(names);
        Err(Seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_those_of_the_trace() {
        let proposed = kind_named("IsrProposed").expect("the trace tells it");
        assert_eq!(proposed.fields, ["broker", "partition", "isr", "maximal"]);
        assert!(20 < kinds().len());
        assert_eq!(kind_named("Nothing"), None);
    }
}
