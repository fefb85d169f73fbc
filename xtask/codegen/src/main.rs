//! Protos to committed Rust code, without `protoc`.
//!
//! `xtask-codegen` reads `proto/`, holds it to the rules of [`rules`] and writes
//! `crates/proto/src/generated/`. `xtask-codegen --check` writes nothing and fails when what is
//! committed is not what the protos give.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};

mod generate;
mod rules;

const USAGE: &str = "usage: xtask-codegen [--check]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] => write(&workspace()),
        ["--check"] => check(&workspace()),
        _ => return finish(2, USAGE),
    };
    match done {
        Ok(message) => finish(0, &message),
        Err(error) => finish(1, &format!("error: {error:#}")),
    }
}

/// Says `message` where its status belongs and ends with that status.
fn finish(status: u8, message: &str) -> ExitCode {
    // Nobody is left to tell when a standard stream is closed.
    let _ = if status == 0 {
        writeln!(std::io::stdout(), "{message}")
    } else {
        writeln!(std::io::stderr(), "{message}")
    };
    ExitCode::from(status)
}

/// The root of the checkout that this program is run for.
///
/// Cargo and the task that starts it say which; without them it is where the program was built, which
/// another checkout may have done where both build into one folder.
fn workspace() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR");
    let manifest = manifest.map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.join("../..")
}

fn write(root: &Path) -> Result<String> {
    let files = generate::from_protos(&root.join("proto"))?;
    let folder = root.join(generate::FOLDER);
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    for file in &files {
        let path = folder.join(&file.name);
        std::fs::write(&path, &file.bytes)
            .with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(format!(
        "wrote {} files to {}",
        files.len(),
        generate::FOLDER
    ))
}

fn check(root: &Path) -> Result<String> {
    let files = generate::from_protos(&root.join("proto"))?;
    let folder = root.join(generate::FOLDER);
    let stale: Vec<&str> = files
        .iter()
        .filter(|file| std::fs::read(folder.join(&file.name)).ok().as_ref() != Some(&file.bytes))
        .map(|file| file.name.as_str())
        .collect();
    if stale.is_empty() {
        Ok(format!("{} is up to date", generate::FOLDER))
    } else {
        bail!(
            "{} of {} is not what proto/ gives: run `cargo xtask codegen` and commit the result",
            stale.join(", "),
            generate::FOLDER
        )
    }
}

#[cfg(test)]
mod tests;
