//! Gets the tools that are missing, into `.tools/`, and nothing that is there already. Once all is there, no step here
//! touches the network.

use crate::chore::{Shop, run, step};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

const TRUNK_VERSION: &str = "0.21.14";
/// Where the page's tests look for a browser: any of these, the first that is there.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// What `serve` and `site` need.
pub fn for_the_page(shop: &Shop) -> Result<()> {
    node(shop)?;
    wasm_target(shop)?;
    crates(shop)?;
    trunk(shop)?;
    wasm_bindgen(shop)?;
    wasm_opt(shop)
}

/// What `test` and `bench` need besides.
pub fn for_the_browser(shop: &Shop) -> Result<()> {
    page_tests(shop)?;
    browser(shop)?;
    driver(shop).map(drop)
}

fn node(shop: &Shop) -> Result<()> {
    match (shop.ask("node", &["--version"]), shop.ask("npm", &["--version"])) {
        (Some(_), Some(_)) => Ok(()),
        _ => bail!("Node.js 20 or newer with npm is needed: on Debian, `apt-get install nodejs npm`"),
    }
}

fn wasm_target(shop: &Shop) -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let sysroot = shop.ask("rustc", &["--print", "sysroot"]).context("rustc does not answer")?;
    if Path::new(&sysroot).join("lib/rustlib").join(TARGET).is_dir() {
        return Ok(());
    }
    step(&format!("install Rust's {TARGET} target (seconds)"), || {
        run(shop.command("rustup").args(["target", "add", TARGET]))
    })
}

/// All crates of the lock file, so that every later build can be told to stay offline.
fn crates(shop: &Shop) -> Result<()> {
    if shop.ask("cargo", &["fetch", "--offline"]).is_some() {
        return Ok(());
    }
    step("fetch crates (seconds)", || run(shop.command("cargo").arg("fetch")))
}

fn trunk(shop: &Shop) -> Result<()> {
    if shop.ask("trunk", &["--version"]).is_some_and(|said| said == format!("trunk {TRUNK_VERSION}")) {
        return Ok(());
    }
    step(&format!("install trunk {TRUNK_VERSION} (first time only; minutes)"), || {
        install(shop, "trunk", TRUNK_VERSION, &["--locked"], OptLevel::None)
    })
}

/// wasm-bindgen's command must be of the very version that the crates were compiled with.
fn wasm_bindgen(shop: &Shop) -> Result<()> {
    let version = locked_version(&fs::read_to_string(shop.root.join("Cargo.lock"))?, "wasm-bindgen")?;
    let is_right = |tool: &str| {
        shop.ask(tool, &["--version"]).is_some_and(|said| said.split(' ').nth(1) == Some(version.as_str()))
    };
    if is_right("wasm-bindgen") && is_right("wasm-bindgen-test-runner") {
        return Ok(());
    }
    // Without `--locked`: its lock file is older than what builds today.
    step(&format!("install wasm-bindgen {version} (first time only; minutes)"), || {
        install(shop, "wasm-bindgen-cli", &version, &[], OptLevel::Light)
    })
}

fn locked_version(lock: &str, package: &str) -> Result<String> {
    let wanted = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != wanted).skip(1);
    let version = lines.next().and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
    version.map(str::to_owned).with_context(|| format!("Cargo.lock does not name {package}"))
}

/// A build tool that is not, or hardly, optimised compiles in a fraction of the time. Trunk mostly waits for others;
/// wasm-bindgen reads and writes megabytes.
enum OptLevel {
    None,
    Light,
}

/// Installs a ready binary where `cargo binstall` can bring one, else compiles.
fn install(shop: &Shop, package: &str, version: &str, options: &[&str], opt_level: OptLevel) -> Result<()> {
    if shop.ask("cargo", &["binstall", "-V"]).is_some() {
        let mut ready = shop.command("cargo");
        ready.args(["binstall", "--no-confirm", "--disable-strategies", "compile", "--root"]).arg(&shop.tools);
        match run(ready.arg(format!("{package}@{version}"))) {
            Ok(()) => return Ok(()),
            Err(error) => println!("{error:#}: compiling it instead"),
        }
    }
    let build = shop.tools.join("build");
    let mut compile = shop.command("cargo");
    compile.args(["install", package, "--version", version, "--debug", "--root"]).arg(&shop.tools);
    compile.arg("--target-dir").arg(&build).args(options).env("CARGO_PROFILE_DEV_DEBUG", "false");
    let opt_level = match opt_level {
        OptLevel::None => "0",
        OptLevel::Light => "1",
    };
    run(compile.env("CARGO_PROFILE_DEV_OPT_LEVEL", opt_level))?;
    fs::remove_dir_all(build).context("cannot remove the build's leavings")
}

fn wasm_opt(shop: &Shop) -> Result<()> {
    let pinned = shop.root.join("crates/xtask/wasm-opt");
    let version = pinned_version(&fs::read_to_string(pinned.join("package.json"))?, "binaryen")?;
    let major = version.split('.').next().unwrap_or_default();
    let expected = format!("wasm-opt version {major} ");
    if shop.ask("wasm-opt", &["--version"]).is_some_and(|said| format!("{said} ").starts_with(&expected)) {
        return Ok(());
    }
    step(&format!("install wasm-opt {version} from npm (seconds)"), || {
        let home = shop.tools.join("npm");
        fs::create_dir_all(&home)?;
        for file in ["package.json", "package-lock.json", ".npmrc"] {
            fs::copy(pinned.join(file), home.join(file))?;
        }
        run(shop.command("npm").args(["ci", "--ignore-scripts"]).current_dir(&home))
    })
}

fn pinned_version(manifest: &str, package: &str) -> Result<String> {
    let manifest: serde_json::Value = serde_json::from_str(manifest)?;
    let version = manifest["dependencies"][package].as_str();
    version.map(str::to_owned).with_context(|| format!("package.json does not name {package}"))
}

fn page_tests(shop: &Shop) -> Result<()> {
    let home = shop.root.join("tests/page");
    // npm writes this file last, with what it installed; it ages when the lock file changes.
    let installed = home.join("node_modules/.package-lock.json");
    let is_fresh = || Some(modified(&home.join("package-lock.json"))? <= modified(&installed)?);
    if is_fresh() == Some(true) {
        return Ok(());
    }
    step("install Playwright Test from npm (seconds)", || {
        run(shop.command("npm").arg("ci").current_dir(&home).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))
    })
}

fn modified(file: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}

/// The browser for the page's tests, installed from Debian's packages where that is allowed.
pub fn browser(shop: &Shop) -> Result<PathBuf> {
    from_debian(shop, &BROWSERS, "chromium")
}

/// What runs the goldens in that browser.
pub fn driver(shop: &Shop) -> Result<PathBuf> {
    from_debian(shop, &["chromedriver"], "chromium-driver")
}

/// The first of these programs that is there, if need be after installing Debian's package of them.
fn from_debian(shop: &Shop, programs: &[&str], package: &str) -> Result<PathBuf> {
    let find = || programs.iter().find_map(|name| shop.find(name));
    if let Some(program) = find() {
        return Ok(program);
    }
    let is_root = shop.ask("id", &["-u"]).as_deref() == Some("0");
    if !is_root || shop.find("apt-get").is_none() {
        bail!("no {} on the path: on Debian, `sudo apt-get install {package}`, then run this again", programs[0]);
    }
    step(&format!("install Debian's {package} (a minute)"), || {
        run(shop.command("apt-get").args(["--quiet", "update"]))?;
        let mut install = shop.command("apt-get");
        install.args(["--quiet", "--yes", "--no-install-recommends", "install", package]);
        run(install.env("DEBIAN_FRONTEND", "noninteractive"))
    })?;
    find().with_context(|| format!("{package} was installed, but {} is not on the path", programs[0]))
}

#[cfg(test)]
mod tests {
    use super::{locked_version, pinned_version};

    #[test]
    fn the_lock_file_decides_the_version_of_wasm_bindgen() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").unwrap(), "0.2.130");
        assert!(locked_version(lock, "trunk").is_err());
    }

    #[test]
    fn the_manifest_decides_the_version_of_wasm_opt() {
        assert_eq!(pinned_version(r#"{"dependencies":{"binaryen":"132.0.0"}}"#, "binaryen").unwrap(), "132.0.0");
        assert!(pinned_version("{}", "binaryen").is_err());
    }
}
