//! Where chores happen (the repository, and the tools on its path) and how they report: a name, then the seconds.

use anyhow::{Context as _, Result, bail};
use std::env;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

pub struct Shop {
    pub root: PathBuf,
    /// Tools that this repository brought for itself; ignored by git.
    pub tools: PathBuf,
    path: OsString,
}

impl Shop {
    pub fn open() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        let tools = root.join(".tools");
        let own = [tools.join("bin"), tools.join("npm/node_modules/.bin")];
        let inherited = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(own.into_iter().chain(env::split_paths(&inherited)))?;
        Ok(Self { root, tools, path })
    }

    /// A program by its name, from the repository's own tools first.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        env::split_paths(&self.path).map(|directory| directory.join(program)).find(|path| path.is_file())
    }

    pub fn command(&self, program: &str) -> Command {
        // Looked up here, since whose path the standard library searches, ours or the child's, differs by platform.
        let mut command = Command::new(self.find(program).unwrap_or_else(|| program.into()));
        command.current_dir(&self.root).env("PATH", &self.path);
        command
    }

    /// What a program says on standard output, when it runs well.
    pub fn ask(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let output = self.command(program).args(arguments).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

/// Runs a named step, and says how long it took.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("\n== {name}");
    let start = Instant::now();
    let result = work();
    let verdict = if result.is_ok() { "done" } else { "FAILED" };
    println!("== {name}: {verdict} in {:.1} s", start.elapsed().as_secs_f64());
    result
}

pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", describe(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", describe(command));
    }
    Ok(())
}

/// Runs a command, shows its standard output while it runs, and gives every line to `hear`.
pub fn run_listening(command: &mut Command, mut hear: impl FnMut(&str)) -> Result<()> {
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
    }
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {}", describe(command)))?;
    let output: Box<dyn Read> = Box::new(child.stdout.take().expect("standard output is piped"));
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let mut screen = std::io::stdout().lock();
        screen.write_all(&line)?;
        screen.write_all(b"\n")?;
        hear(&without_colours(&String::from_utf8_lossy(&line)));
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{} ended with {status}", describe(command));
    }
    Ok(())
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    command.get_args().fold(program, |text, argument| format!("{text} {}", argument.to_string_lossy()))
}

/// Takes terminal escapes (`ESC [ ... letter`) out of a line.
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(character) = rest.next() {
        if character == '\u{1b}' {
            rest.find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::without_colours;

    #[test]
    fn escapes_do_not_hide_a_runners_words() {
        assert_eq!(without_colours("test \u{1b}[32mok\u{1b}[0m. 3 passed"), "test ok. 3 passed");
        assert_eq!(without_colours("plain"), "plain");
    }
}
