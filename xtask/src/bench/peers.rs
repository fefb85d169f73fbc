//! Other libraries in other languages: an environment under `target/` for each benchmark.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, bail};

use crate::{shell, workspace::Workspace};

/// The Python of an environment that has the libraries of `xtask/bench/peers/NAME.txt`, made once.
///
/// # Errors
///
/// When the environment cannot be made, or none of the libraries has a build for this machine.
pub(super) fn python(workspace: &Workspace, name: &str) -> anyhow::Result<PathBuf> {
    let folder = workspace.target().join(format!("bench-{name}"));
    fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    let environment = folder.join("python");
    let python = environment.join("bin/python");
    let complete = environment.join("complete");
    let wanted = workspace
        .root()
        .join(format!("xtask/bench/peers/{name}.txt"));
    let wanted_text =
        fs::read_to_string(&wanted).with_context(|| format!("{}", wanted.display()))?;
    if fs::read_to_string(&complete).is_ok_and(|installed| installed == wanted_text) {
        return Ok(python);
    }
    let mut make = Command::new("python3");
    shell::run(make.args(["-m", "venv"]).arg(&environment))?;
    // One by one: where one has no build for this machine, the others are measured all the same.
    let mut n_installed = 0;
    for library in wanted_text.lines() {
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", library]);
        match shell::run(&mut install) {
            Ok(()) => n_installed += 1,
            Err(error) => shell::complain(&error),
        }
    }
    if n_installed == 0 {
        bail!("none of {} could be installed", wanted.display());
    }
    fs::write(&complete, wanted_text).with_context(|| format!("{}", complete.display()))?;
    Ok(python)
}
