//! The part of TOML that a scenario file needs, line by line, so that every damaged line can be named: comments,
//! `[table]`, `[[array of tables]]`, dotted and quoted keys, strings of one line, whole numbers, `true` and `false`.
//! The page carries this instead of a full TOML reader because that would be a seventh of its size.

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing.
    Blank,
    /// `[a.settings]`: the keys that follow are its.
    Table(String),
    /// `[[faults]]`: the keys that follow are those of one more of them.
    Element(String),
    /// `seed = 7`. The value is without its quotes, a number without `_`.
    Pair(String, String),
}

/// Reads a line; none where it is not of this part of TOML.
pub(super) fn read_line(line: &str) -> Option<Line> {
    let line = line.trim();
    // Not even a comment may hold them; a line break that was lost can look like one.
    if line.contains(|c: char| c.is_control() && c != '\t') {
        return None;
    }
    if line.is_empty() || line.starts_with('#') {
        return Some(Line::Blank);
    }
    if let Some(rest) = line.strip_prefix("[[") {
        let (key, rest) = read_key(rest)?;
        return is_end(rest.strip_prefix("]]")?).then_some(Line::Element(key));
    }
    if let Some(rest) = line.strip_prefix('[') {
        let (key, rest) = read_key(rest)?;
        return is_end(rest.strip_prefix(']')?).then_some(Line::Table(key));
    }
    let (key, rest) = read_key(line)?;
    let (value, rest) = read_value(rest.strip_prefix('=')?.trim_start())?;
    is_end(rest).then_some(Line::Pair(key, value))
}

/// Nothing follows but a comment.
fn is_end(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with('#')
}

/// A dotted key and what follows it.
fn read_key(text: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut rest = text.trim_start();
    loop {
        let (part, after) = if rest.starts_with(['"', '\'']) {
            read_string(rest)?
        } else {
            let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            let end = rest.find(|c| !is_bare(c)).unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        };
        if part.is_empty() {
            return None;
        }
        key.push_str(&part);
        let after = after.trim_start();
        match after.strip_prefix('.') {
            Some(more) => rest = more.trim_start(),
            None => return Some((key, after)),
        }
        key.push('.');
    }
}

/// A value and what follows it.
fn read_value(text: &str) -> Option<(String, &str)> {
    if text.starts_with(['"', '\'']) {
        return read_string(text);
    }
    let end = text.find(|c: char| c.is_whitespace() || c == '#').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
        && !digits.ends_with('_')
        && !digits.contains("__");
    let is_bool = word == "true" || word == "false";
    (is_number || is_bool).then(|| (word.trim_start_matches('+').replace('_', ""), rest))
}

/// A string of one line and what follows it.
fn read_string(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next()?;
    let mut value = String::new();
    let mut chars = text[1..].char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Some((value, &text[1 + at + 1..])),
            '\\' if quote == '"' => value.push(match chars.next()?.1 {
                '"' => '"',
                '\\' => '\\',
                't' => '\t',
                'n' => '\n',
                _ => return None,
            }),
            _ => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Option<Line>) {
        assert_eq!(read_line(line), expected, "{line}");
    }

    fn pair(key: &str, value: &str) -> Option<Line> {
        Some(Line::Pair(key.to_owned(), value.to_owned()))
    }

    #[test]
    fn every_form_is_read() {
        check("  # a comment", Some(Line::Blank));
        check("[a.settings] # those of A", Some(Line::Table("a.settings".to_owned())));
        check("[[faults]]", Some(Line::Element("faults".to_owned())));
        check("linger . ms = 1_000 # default 5", pair("linger.ms", "1000"));
        check("\"linger.ms\" = -5", pair("linger.ms", "-5"));
        check("kind = 'cut.both.b2'", pair("kind", "cut.both.b2"));
        check(r##"text = "a \"b\" # c" # d"##, pair("text", "a \"b\" # c"));
        check("enable.idempotence = true", pair("enable.idempotence", "true"));
    }

    #[test]
    fn everything_else_is_refused() {
        for line in ["acks", "acks = all", "acks =", "= 1", "a..b = 1", "x = [1]", "x = {}", "x = 1.5", "x = \"a"] {
            check(line, None);
        }
        for line in ["[a", "[[a]", "[a] b", "x = 1 2", "x = \"\"\"", "x = 1_", "x = \"\\q\"", "x = -", "# \u{7f}"] {
            check(line, None);
        }
    }
}
