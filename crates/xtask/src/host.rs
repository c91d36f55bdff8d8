//! A plain static host for `dist/`, below a path and with no special headers: what the site must be content with.

use anyhow::{Context as _, Result};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::thread;

/// Deep on purpose: a site that works here works in any folder.
const BASE: &str = "/some/sub/path/";

/// Serves a folder from a thread of its own until the process ends; gives the address of its front page.
pub fn host(folder: &Path) -> Result<String> {
    start(folder, 0)
}

pub fn host_in_the_foreground(folder: &Path) -> Result<()> {
    println!("{} serves {}; Ctrl-C ends it", start(folder, 8088)?, folder.display());
    loop {
        thread::park();
    }
}

fn start(folder: &Path, port: u16) -> Result<String> {
    let folder = folder.canonicalize().with_context(|| format!("{} is not there", folder.display()))?;
    let listener = TcpListener::bind(("127.0.0.1", port)).with_context(|| format!("port {port} is taken"))?;
    let address = format!("http://{}{BASE}", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let folder = folder.clone();
            // A browser that hangs up early is its own affair.
            thread::spawn(move || answer_all(&folder, stream).unwrap_or_default());
        }
    });
    Ok(address)
}

fn answer_all(folder: &Path, mut stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
        let mut header = String::new();
        while 2 < reader.read_line(&mut header)? {
            header.clear();
        }
        answer(folder, &request, &mut stream)?;
    }
}

fn answer(folder: &Path, request: &str, stream: &mut TcpStream) -> Result<()> {
    let body = request.split(' ').nth(1).and_then(|target| locate(folder, target)).and_then(|path| {
        let kind = content_type(&path);
        fs::read(path).ok().map(|bytes| (kind, bytes))
    });
    let (status, kind, bytes) = match body {
        Some((kind, bytes)) => ("200 OK", kind, bytes),
        None => ("404 Not Found", "text/plain", b"not found".to_vec()),
    };
    let length = bytes.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n")?;
    if !request.starts_with("HEAD ") {
        stream.write_all(&bytes)?;
    }
    Ok(stream.flush()?)
}

/// The file that a request's target names; none outside the folder.
fn locate(folder: &Path, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix(BASE)?;
    let is_inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    is_inside.then(|| folder.join(if path.is_empty() { "index.html" } else { path }))
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::{BASE, locate};
    use std::path::Path;

    #[test]
    fn only_files_below_the_sub_path_are_served() {
        let locate = |target: &str| locate(Path::new("/dist"), target);
        assert_eq!(locate(BASE).unwrap(), Path::new("/dist/index.html"));
        assert_eq!(locate(&format!("{BASE}start.js?v=1")).unwrap(), Path::new("/dist/start.js"));
        assert_eq!(locate("/start.js"), None);
        assert_eq!(locate(&format!("{BASE}../secret")), None);
        assert_eq!(locate(&format!("{BASE}/etc/passwd")), None);
    }
}
