//! Expressions of figures, as they are written and as they are kept.

use crate::functions;
use crate::reader::{self, SyntaxError};
use crate::value::Value;

/// A figure's expression: `first(Fenced, after=kill) - kill`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression(pub(crate) Node);

impl Expression {
    /// Reads an expression.
    pub fn read(text: &str) -> Result<Self, SyntaxError> {
        reader::read(text).map(Expression)
    }

    /// A value, as an expression.
    pub fn constant(value: Value) -> Self {
        Expression(Node::Constant(value))
    }

    /// The kinds of entries that it asks for, each as often as it does.
    pub fn kinds(&self) -> Vec<&str> {
        let mut kinds = Vec::new();
        self.0.visit(&mut |node| {
            if let Node::Call(call) = node {
                let selections = if functions::is_about_entries(&call.function) { &call.arguments[..] } else { &[] };
                kinds.extend(selections.iter().filter_map(Node::selection).map(|(kind, _)| kind));
            }
        });
        kinds.retain(|kind| !kind.starts_with(LEDGER));
        kinds
    }
}

/// Before the name of a category of the ledger.
pub(crate) const LEDGER: &str = "ledger.";

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// A number, a word, a flag, nothing.
    Constant(Value),
    /// `{a, b}`: a set.
    Set(Vec<Node>),
    /// A moment, or a definition of the file.
    Name(String),
    /// `ledger.lost`: how many records are in a category; as a selection, those records.
    Ledger(String),
    /// `first(Acked.records, after=kill)`.
    Call(Call),
    /// `-a`, `not a`.
    Not(Box<Node>),
    /// `-a`.
    Minus(Box<Node>),
    /// `a + b`.
    Pair(Box<Node>, Operator, Box<Node>),
}

/// A function and what it is given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub function: String,
    pub arguments: Vec<Node>,
    /// What the first arguments select, where the function is about entries.
    pub filters: Vec<Filter>,
}

/// `partition=t-0`, `isr_size<2`, `after=kill`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Filter {
    pub field: String,
    pub operator: Operator,
    pub value: Node,
}

/// What stands between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Plus,
    Minus,
    Times,
    Over,
}

impl Operator {
    /// How strongly it binds.
    pub const fn rank(self) -> u8 {
        match self {
            Operator::Or => 1,
            Operator::And => 2,
            Operator::Equal
            | Operator::Unequal
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::In => 3,
            Operator::Plus | Operator::Minus => 4,
            Operator::Times | Operator::Over => 5,
        }
    }
}

impl Node {
    /// The kind of entry and the field that a selection names: `Acked.records` is ("Acked", Some("records")).
    pub fn selection(&self) -> Option<(&str, Option<&str>)> {
        match self {
            Node::Name(name) => Some(match name.split_once('.') {
                Some((kind, field)) => (kind, Some(field)),
                None => (name, None),
            }),
            Node::Ledger(name) => {
                let category = name.strip_prefix(LEDGER)?;
                Some(match category.find('.') {
                    Some(dot) => (&name[..LEDGER.len() + dot], Some(&category[dot + 1..])),
                    None => (name, None),
                })
            }
            _ => None,
        }
    }

    fn visit<'a>(&'a self, look: &mut impl FnMut(&'a Node)) {
        look(self);
        match self {
            Node::Constant(_) | Node::Name(_) | Node::Ledger(_) => (),
            Node::Set(members) => members.iter().for_each(|member| member.visit(look)),
            Node::Call(call) => {
                call.arguments.iter().for_each(|argument| argument.visit(look));
                call.filters.iter().for_each(|filter| filter.value.visit(look));
            }
            Node::Not(inner) | Node::Minus(inner) => inner.visit(look),
            Node::Pair(left, _, right) => {
                left.visit(look);
                right.visit(look);
            }
        }
    }
}
