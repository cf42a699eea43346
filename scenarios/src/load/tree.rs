//! The syntax tree of a scenario: JSON values that know where they were written.

use super::source::Place;

/// A value and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Where it was written.
    pub place: Place,
    /// What it is.
    pub node: Node,
}

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A string, its escapes resolved.
    String(String),
    /// An array.
    Array(Vec<Tree>),
    /// An object, in the order in which it was written; no key comes twice.
    Object(Vec<Member>),
}

/// A key of an object with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The key, its escapes resolved.
    pub key: String,
    /// Where the key was written.
    pub key_place: Place,
    /// The value.
    pub value: Tree,
}

/// A step into a tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// To the value of a key.
    Key(String),
    /// To an element of an array.
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Step::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Step::Index(index)
    }
}

impl Tree {
    /// The value of a key, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Tree> {
        self.members().iter().find(|member| member.key == key).map(|member| &member.value)
    }

    /// The members of an object; none of anything else.
    pub fn members(&self) -> &[Member] {
        match &self.node {
            Node::Object(members) => members,
            _ => &[],
        }
    }

    /// The members of an object, to change them.
    pub fn members_mut(&mut self) -> Option<&mut Vec<Member>> {
        match &mut self.node {
            Node::Object(members) => Some(members),
            _ => None,
        }
    }

    /// One step down.
    pub fn step(&self, step: &Step) -> Option<&Tree> {
        match (step, &self.node) {
            (Step::Key(key), _) => self.get(key),
            (Step::Index(index), Node::Array(elements)) => elements.get(*index),
            (Step::Index(_), _) => None,
        }
    }

    /// The value that lies deepest on the way along `path`: where a mistake about `path` is shown,
    /// even if it is one of absence.
    pub fn nearest(&self, path: &[Step]) -> &Tree {
        match path.split_first().and_then(|(first, rest)| Some((self.step(first)?, rest))) {
            Some((child, rest)) => child.nearest(rest),
            None => self,
        }
    }

    /// What it is, in the words of JSON, with an article.
    pub fn kind(&self) -> &'static str {
        match self.node {
            Node::Null => "null",
            Node::Bool(_) => "a boolean",
            Node::Number(_) => "a number",
            Node::String(_) => "a string",
            Node::Array(_) => "an array",
            Node::Object(_) => "an object",
        }
    }
}
