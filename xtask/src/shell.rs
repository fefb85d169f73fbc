//! Talking to the person at the terminal, and to other programs.

use std::{
    fmt::Display,
    io::IsTerminal,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

/// Prints one line to standard output.
#[expect(clippy::print_stdout, reason = "a task talks to a person")]
pub(crate) fn say(line: impl Display) {
    println!("{line}");
}

/// Prints a heading that stands out from what cargo prints.
pub(crate) fn heading(title: impl Display) {
    let (bold, plain) = if std::io::stdout().is_terminal() {
        ("\u{1b}[1m", "\u{1b}[0m")
    } else {
        ("", "")
    };
    say(format_args!("\n{bold}== {title}{plain}"));
}

/// Prints an error and what caused it to standard error.
#[expect(clippy::print_stderr, reason = "a task talks to a person")]
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
}

/// The cargo that started this task, or the one on the path.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a program to its end, its output going where ours goes.
///
/// # Errors
///
/// When it cannot be started, or ends with another status than zero.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs a program to its end and returns what it printed; its standard error stays visible.
///
/// # Errors
///
/// As [`run`], and when standard output is not UTF-8.
pub(crate) fn read(command: &mut Command) -> anyhow::Result<String> {
    let Output { status, stdout, .. } = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    String::from_utf8(stdout).with_context(|| format!("output of `{}`", shown(command)))
}

/// A command line as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_stem().unwrap_or(program.as_os_str());
    let mut words = vec![name.to_string_lossy().into_owned()];
    for argument in command.get_args() {
        let argument = argument.to_string_lossy();
        if argument.is_empty() || argument.contains(char::is_whitespace) {
            words.push(format!("'{argument}'"));
        } else {
            words.push(argument.into_owned());
        }
    }
    words.join(" ")
}

/// A command as one types it, with paths as seen from where one stands.
pub(crate) fn typed(command: &Command) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let prefix = format!("{}/", here.display());
    shown(command).replace(&prefix, "")
}

/// Runs `work` and says how long it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// A duration as a person reads it: `350 ms`, `4.2 s`, `3 min 05 s`.
pub(crate) fn readable(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds >= 60 {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    } else if seconds >= 1 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_in_their_own_unit() {
        assert_eq!(readable(Duration::from_millis(350)), "350 ms");
        assert_eq!(readable(Duration::from_millis(4_230)), "4.2 s");
        assert_eq!(readable(Duration::from_secs(185)), "3 min 05 s");
    }

    #[test]
    fn command_lines_quote_what_a_shell_would_split() {
        let mut command = Command::new("/somewhere/bin/cargo");
        command.args(["run", "--config", "a b"]);
        assert_eq!(shown(&command), "cargo run --config 'a b'");
    }
}
