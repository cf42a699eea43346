//! Tree to values: a serde deserializer over the tree, whose errors know their place.

use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::diagnostic::Diagnostic;
use super::source::Place;
use super::tree::{Member, Node, Tree};

/// Reads a value out of a tree.
///
/// # Errors
/// The first mistake.
pub fn read<'t, T: Deserialize<'t>>(tree: &'t Tree) -> Result<T, Diagnostic> {
    T::deserialize(Reader(tree))
        .map_err(|error| Diagnostic::new(error.place.unwrap_or(tree.place), error.message, "here"))
}

#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct ReadError {
    place: Option<Place>,
    message: String,
}

impl ReadError {
    /// Errors start without a place; the innermost value that hears of one gives it its own.
    fn at(self, place: Place) -> ReadError {
        ReadError { place: self.place.or(Some(place)), ..self }
    }
}

impl de::Error for ReadError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        ReadError { place: None, message: message.to_string() }
    }
}

#[derive(Clone, Copy)]
struct Reader<'t>(&'t Tree);

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let result = match &self.0.node {
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Number(text) => number(text, visitor),
            Node::String(text) => visitor.visit_borrowed_str(text),
            Node::Array(elements) => visitor.visit_seq(Elements(elements.iter())),
            Node::Object(members) => visitor.visit_map(Members { rest: members.iter(), value: None }),
        };
        result.map_err(|error| error.at(self.0.place))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match &self.0.node {
            Node::String(name) => visitor.visit_enum(Name(name)),
            _ => self.deserialize_any(visitor),
        }
        .map_err(|error| error.at(self.0.place))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

fn number<'t, V: Visitor<'t>>(text: &str, visitor: V) -> Result<V::Value, ReadError> {
    if let Ok(value) = text.parse::<u64>() {
        visitor.visit_u64(value)
    } else if let Ok(value) = text.parse::<i64>() {
        visitor.visit_i64(value)
    } else {
        // Only values of free form may be such numbers; every field of the schema is an integer.
        let value = text.parse::<f64>().map_err(|_| de::Error::custom("not a number"))?;
        visitor.visit_f64(value)
    }
}

struct Elements<'t>(std::slice::Iter<'t, Tree>);

impl<'t> SeqAccess<'t> for Elements<'t> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'t>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        self.0.next().map(|element| seed.deserialize(Reader(element))).transpose()
    }
}

struct Members<'t> {
    rest: std::slice::Iter<'t, Member>,
    value: Option<&'t Tree>,
}

impl<'t> MapAccess<'t> for Members<'t> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'t>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        let Some(member) = self.rest.next() else { return Ok(None) };
        self.value = Some(&member.value);
        let key: StrDeserializer<'_, ReadError> = member.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|error| error.at(member.key_place))
    }

    fn next_value_seed<T: DeserializeSeed<'t>>(&mut self, seed: T) -> Result<T::Value, ReadError> {
        let value = self.value.take().ok_or_else(|| de::Error::custom("a value without its key"))?;
        seed.deserialize(Reader(value)).map_err(|error: ReadError| error.at(value.place))
    }
}

struct Name<'t>(&'t str);

impl<'t> EnumAccess<'t> for Name<'t> {
    type Error = ReadError;
    type Variant = Bare;

    fn variant_seed<T: DeserializeSeed<'t>>(self, seed: T) -> Result<(T::Value, Bare), ReadError> {
        let name: StrDeserializer<'_, ReadError> = self.0.into_deserializer();
        seed.deserialize(name).map(|value| (value, Bare))
    }
}

/// A variant that is no more than its name: the schema has no others.
struct Bare;

impl<'t> VariantAccess<'t> for Bare {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'t>>(self, _: T) -> Result<T::Value, ReadError> {
        Err(de::Error::custom("expected an object"))
    }

    fn tuple_variant<V: Visitor<'t>>(self, _: usize, _: V) -> Result<V::Value, ReadError> {
        Err(de::Error::custom("expected an array"))
    }

    fn struct_variant<V: Visitor<'t>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, ReadError> {
        Err(de::Error::custom("expected an object"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::super::source::Sources;
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn an_error_of_serde_has_the_place_of_the_innermost_value() {
        let text = r#"{ "queue": { "nr_requests": 4294967296 } }"#;
        let mut sources = Sources::new();
        let source = sources.add("x", text);
        let tree = parse(&sources, source, &mut Vec::new()).unwrap();
        let mistake = read::<Scenario>(&tree).unwrap_err();
        assert_eq!(&text[mistake.place.span()], "4294967296");
    }

    #[test]
    fn keys_keep_their_order() {
        let text = r#"{ "filesystem": { "files": { "/b": {}, "/a": {} } } }"#;
        let mut sources = Sources::new();
        let source = sources.add("x", text);
        let tree = parse(&sources, source, &mut Vec::new()).unwrap();
        let scenario: Scenario = read(&tree).unwrap();
        assert_eq!(scenario.filesystem.files.names().collect::<Vec<_>>(), ["/b", "/a"]);
    }
}
