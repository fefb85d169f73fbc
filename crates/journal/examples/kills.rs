//! Kills a process that appends to a journal, at random moments, and compares what the journal then
//! holds with what the process said was acknowledged.
//!
//! ```sh
//! cargo run --release -p marquee-journal --example kills -- --kills 1000 [--folder DIR]
//! ```
//!
//! The process is this program itself. Without a folder, one for temporary files is used.

#![expect(clippy::print_stdout, reason = "a report for people")]

#[path = "../tests/kills/mod.rs"]
mod kills;

use std::{env, error::Error, path::PathBuf, process::Command};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let (mut n_kills, mut folder) = (100, None);
    while let Some(word) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--child" => return Ok(kills::append_until_killed(&PathBuf::from(value))?),
            "--kills" => n_kills = value.parse()?,
            "--folder" => folder = Some(PathBuf::from(value)),
            _ => return Err(format!("unknown option {word}; --kills N, --folder DIR").into()),
        }
    }
    let temporary = tempfile::tempdir()?;
    let folder = folder.unwrap_or_else(|| temporary.path().to_owned());
    let program = env::current_exe()?;
    let child = || {
        let mut child = Command::new(&program);
        child.arg("--child").arg(&folder);
        child
    };
    let report = kills::run(child, &folder, n_kills)?;
    println!("{report:#?}");
    println!("{n_kills} kills: nothing acknowledged lost, nothing invented, nothing doubled");
    Ok(())
}
