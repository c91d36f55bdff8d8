//! Files of cases, as `check` and `agree` take them.

use highwater_conformance::{Case, read};
use std::path::{Path, PathBuf};

/// The file itself, or the cases of a folder and of those in it, in the order of their names.
pub fn files(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let mut inside: Vec<PathBuf> =
        std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    inside.sort();
    let is_case = |path: &PathBuf| path.is_dir() || path.extension().is_some_and(|ending| ending == "toml");
    inside.iter().filter(|path| is_case(path)).flat_map(|path| files(path)).collect()
}

/// A file's case, or what is wrong with the file.
pub fn read_file(file: &Path) -> Result<Case, Vec<String>> {
    let text = std::fs::read_to_string(file).map_err(|error| vec![error.to_string()])?;
    read(&text).map_err(|problems| {
        let line = |line: Option<u32>| line.map(|line| format!("line {line}: ")).unwrap_or_default();
        problems.iter().map(|problem| format!("{}{}", line(problem.line), problem.text)).collect()
    })
}
