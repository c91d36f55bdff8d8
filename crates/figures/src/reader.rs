//! Reads expressions: a scanner for words, and a parser by rank of operators.

use crate::expression::{Call, Filter, LEDGER, Node, Operator};
use crate::value::Value;
use std::fmt;

/// An expression that cannot be read: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What was expected, or found.
    pub message: String,
    /// Characters before it.
    pub place: usize,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.message, self.place + 1)
    }
}

impl std::error::Error for SyntaxError {}

/// A word of an expression.
#[derive(Clone, Debug, PartialEq)]
enum Word {
    Number(f64),
    Text(String),
    Name(String),
    Sign(&'static str),
}

/// The longer signs first, so that `<=` is not read as `<`.
const SIGNS: [&str; 18] =
    ["==", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "(", ")", ",", "{", "}", ";", "|"];

const UNITS: [(&str, f64); 3] = [("ms", 1.0), ("us", 0.001), ("s", 1_000.0)];

/// Brackets within brackets at most.
const DEPTH_MAX: u32 = 64;

/// Reads an expression.
pub(crate) fn read(text: &str) -> Result<Node, SyntaxError> {
    let mut parser = Parser { words: scan(text)?, next: 0, end: text.chars().count(), depth: 0 };
    let node = parser.expression(0)?;
    match parser.peek() {
        None => Ok(node),
        Some(word) => Err(parser.error(format!("nothing fits before {}", show(word)))),
    }
}

fn show(word: &Word) -> String {
    match word {
        Word::Number(number) => Value::Number(*number).to_string(),
        Word::Text(text) => format!("\"{text}\""),
        Word::Name(name) => format!("`{name}`"),
        Word::Sign(sign) => format!("`{sign}`"),
    }
}

fn scan(text: &str) -> Result<Vec<(usize, Word)>, SyntaxError> {
    let chars: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if chars[at].is_whitespace() {
            at += 1;
            continue;
        }
        let (word, end) = match chars[at] {
            c if c.is_ascii_digit() => scan_number(&chars, at)?,
            '"' | '\'' => scan_text(&chars, at)?,
            c if c.is_alphabetic() || c == '_' => scan_name(&chars, at),
            _ => scan_sign(&chars, at)?,
        };
        words.push((at, word));
        at = end;
    }
    Ok(words)
}

fn scan_number(chars: &[char], at: usize) -> Result<(Word, usize), SyntaxError> {
    let run = |from: usize, is: fn(&char) -> bool| from + chars[from..].iter().take_while(|c| is(c)).count();
    let end = run(at, |c| c.is_ascii_digit() || *c == '.' || *c == '_');
    let digits: String = chars[at..end].iter().filter(|c| **c != '_').collect();
    let error = |message: String| SyntaxError { message, place: at };
    let number: f64 = digits.parse().map_err(|_| error(format!("{digits} is not a number")))?;
    let unit_end = run(end, |c| c.is_ascii_alphabetic());
    let unit: String = chars[end..unit_end].iter().collect();
    if unit.is_empty() {
        return Ok((Word::Number(number), end));
    }
    let (_, millis) = UNITS
        .into_iter()
        .find(|(name, _)| *name == unit)
        .ok_or_else(|| error(format!("there is no unit `{unit}`; there are ms, us and s")))?;
    Ok((Word::Number(number * millis), unit_end))
}

fn scan_text(chars: &[char], at: usize) -> Result<(Word, usize), SyntaxError> {
    let length = chars[at + 1..].iter().position(|c| *c == chars[at]);
    let length = length.ok_or(SyntaxError { message: "a quotation does not end".to_owned(), place: at })?;
    Ok((Word::Text(chars[at + 1..at + 1 + length].iter().collect()), at + length + 2))
}

/// A name, with the names of its parts: `Acked.records`; or with a number: `t-0`, `producer-1`.
fn scan_name(chars: &[char], at: usize) -> (Word, usize) {
    let is = |c: &char| c.is_alphanumeric() || *c == '_' || *c == '.';
    let mut end = at + chars[at..].iter().take_while(|c| is(c)).count();
    let digits = chars.get(end + 1..).unwrap_or_default().iter().take_while(|c| c.is_ascii_digit()).count();
    if chars.get(end) == Some(&'-') && digits > 0 {
        end += 1 + digits;
    }
    (Word::Name(chars[at..end].iter().collect()), end)
}

fn scan_sign(chars: &[char], at: usize) -> Result<(Word, usize), SyntaxError> {
    let is_here = |sign: &str| sign.chars().enumerate().all(|(n, c)| chars.get(at + n) == Some(&c));
    let sign = SIGNS.into_iter().find(|sign| is_here(sign));
    let error = || SyntaxError { message: format!("`{}` means nothing here", chars[at]), place: at };
    sign.map(|sign| (Word::Sign(sign), at + sign.len())).ok_or_else(error)
}

struct Parser {
    words: Vec<(usize, Word)>,
    next: usize,
    end: usize,
    depth: u32,
}

impl Parser {
    fn peek(&self) -> Option<&Word> {
        self.words.get(self.next).map(|(_, word)| word)
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        let place = self.words.get(self.next).map_or(self.end, |(place, _)| *place);
        SyntaxError { message: message.into(), place }
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Some(Word::Sign(here)) if *here == sign);
        self.next += usize::from(is);
        is
    }

    fn expect(&mut self, sign: &str) -> Result<(), SyntaxError> {
        if self.takes(sign) { Ok(()) } else { Err(self.error(format!("here `{sign}` is expected"))) }
    }

    /// The operator that comes next, if it binds at least so strongly.
    fn operator(&self, rank_min: u8) -> Option<Operator> {
        let operator = match self.peek()? {
            Word::Name(name) if name == "or" => Operator::Or,
            Word::Name(name) if name == "and" => Operator::And,
            Word::Name(name) if name == "in" => Operator::In,
            Word::Sign("==") => Operator::Equal,
            Word::Sign("!=") => Operator::Unequal,
            Word::Sign("<") => Operator::Less,
            Word::Sign("<=") => Operator::LessOrEqual,
            Word::Sign(">") => Operator::Greater,
            Word::Sign(">=") => Operator::GreaterOrEqual,
            Word::Sign("+") => Operator::Plus,
            Word::Sign("-") => Operator::Minus,
            Word::Sign("*") => Operator::Times,
            Word::Sign("/") => Operator::Over,
            _ => return None,
        };
        (rank_min <= operator.rank()).then_some(operator)
    }

    fn expression(&mut self, rank_min: u8) -> Result<Node, SyntaxError> {
        self.depth += 1;
        if DEPTH_MAX < self.depth {
            return Err(self.error("too many brackets within brackets"));
        }
        let mut left = self.one()?;
        while let Some(operator) = self.operator(rank_min) {
            self.next += 1;
            let right = self.expression(operator.rank() + 1)?;
            left = Node::Pair(Box::new(left), operator, Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn one(&mut self) -> Result<Node, SyntaxError> {
        let Some(word) = self.peek().cloned() else { return Err(self.error("here a value is expected")) };
        let node = match word {
            Word::Number(number) => Node::Constant(Value::Number(number)),
            Word::Text(text) => Node::Constant(Value::Word(text)),
            Word::Name(name) => return self.named(&name),
            Word::Sign("-") => {
                self.next += 1;
                return Ok(Node::Minus(Box::new(self.expression(Operator::Times.rank())?)));
            }
            Word::Sign("(") => {
                self.next += 1;
                let inner = self.expression(0)?;
                self.expect(")")?;
                return Ok(inner);
            }
            Word::Sign("{") => {
                self.next += 1;
                return self.set();
            }
            Word::Sign(sign) => return Err(self.error(format!("`{sign}` is no value"))),
        };
        self.next += 1;
        Ok(node)
    }

    fn set(&mut self) -> Result<Node, SyntaxError> {
        let mut members = Vec::new();
        while !self.takes("}") {
            if !members.is_empty() {
                self.expect(",")?;
            }
            members.push(self.expression(0)?);
        }
        Ok(Node::Set(members))
    }

    fn named(&mut self, name: &str) -> Result<Node, SyntaxError> {
        self.next += 1;
        match name {
            "true" => return Ok(Node::Constant(Value::Flag(true))),
            "false" => return Ok(Node::Constant(Value::Flag(false))),
            "none" => return Ok(Node::Constant(Value::None)),
            "not" => return Ok(Node::Not(Box::new(self.expression(Operator::Equal.rank())?))),
            _ => (),
        }
        if self.takes("(") {
            return self.call(name).map(Node::Call);
        }
        let node = if name.starts_with(LEDGER) { Node::Ledger } else { Node::Name };
        Ok(node(name.to_owned()))
    }

    fn call(&mut self, function: &str) -> Result<Call, SyntaxError> {
        let mut call = Call { function: function.to_owned(), arguments: Vec::new(), filters: Vec::new() };
        let mut first = true;
        while !self.takes(")") {
            if !first {
                self.expect(",")?;
            }
            first = false;
            match self.filter()? {
                Some(filter) => call.filters.push(filter),
                None if call.filters.is_empty() => call.arguments.push(self.expression(0)?),
                None => return Err(self.error("here a condition such as `partition=t-0` is expected")),
            }
        }
        Ok(call)
    }

    /// `field=value` and its kin. A comparison is a condition only behind a selection; `==` always compares values.
    fn filter(&mut self) -> Result<Option<Filter>, SyntaxError> {
        let (Some((_, Word::Name(field))), Some((_, Word::Sign(sign)))) =
            (self.words.get(self.next), self.words.get(self.next + 1))
        else {
            return Ok(None);
        };
        let operator = match *sign {
            "=" => Operator::Equal,
            "!=" => Operator::Unequal,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            _ => return Ok(None),
        };
        let is_first = matches!(self.words.get(self.next.wrapping_sub(1)), Some((_, Word::Sign("("))));
        if is_first {
            return Ok(None);
        }
        let field = field.clone();
        self.next += 2;
        let value = self.expression(Operator::Plus.rank())?;
        Ok(Some(Filter { field, operator, value }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn refused(text: &str, expected: Expect) {
        expected.assert_eq(&read(text).expect_err("it is damaged").to_string());
    }

    #[test]
    fn operators_bind_as_in_arithmetic() {
        for (text, same) in [
            ("1 + 2 * 3", "1 + (2 * 3)"),
            ("8 - 2 - 1", "(8 - 2) - 1"),
            ("a == b and c < d or e", "((a == b) and (c < d)) or e"),
            ("not a == b", "not (a == b)"),
            ("-a + b", "(-a) + b"),
            ("2s + 3", "2000ms + 3"),
            ("1_000", "1000"),
            ("f(A, partition=t-0)", "f(A, partition = t-0)"),
        ] {
            assert_eq!(read(text), read(same), "{text}");
        }
    }

    #[test]
    fn a_call_has_a_selection_and_conditions() {
        let Ok(Node::Call(call)) = read("percentile(Acked.latency, 50, partition=t-0, after=kill + 2s, isr_size<2)")
        else {
            panic!("it is a call");
        };
        assert_eq!(call.function, "percentile");
        assert_eq!(call.arguments[0].selection(), Some(("Acked", Some("latency"))));
        assert_eq!(call.arguments.len(), 2);
        let fields: Vec<&str> = call.filters.iter().map(|filter| filter.field.as_str()).collect();
        assert_eq!(fields, ["partition", "after", "isr_size"]);
        assert_eq!(call.filters[2].operator, Operator::Less);
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        refused("first(Acked", expect!["here `,` is expected (at character 12)"]);
        refused("1 +", expect!["here a value is expected (at character 4)"]);
        refused("5 minutes", expect!["nothing fits before `minutes` (at character 3)"]);
        refused("5h", expect!["there is no unit `h`; there are ms, us and s (at character 1)"]);
        refused("\"open", expect!["a quotation does not end (at character 1)"]);
        refused(
            "count(Acked, partition=0, 7)",
            expect!["here a condition such as `partition=t-0` is expected (at character 27)"],
        );
        refused("a ? b", expect!["`?` means nothing here (at character 3)"]);
    }
}
