//! `cargo xtask demo`: the whole main job on real data, for somebody to watch.
//!
//! Every step is a command of the `marquee` binary, printed as it could be typed, with what it
//! prints. Files lie in `target/demo`; nothing is installed and nothing outside is changed.

mod fetch;
mod measure;
mod people;
mod tell;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::Context;
use clap::Args;

use crate::{server::Server, shell, workspace::Workspace, world};

use self::{
    fetch::Fetched,
    people::{Layout, People, Viewer},
};

/// Models that are trained and compared; the best of them is served.
const MODELS: [&str; 4] = ["popularity", "item-knn", "ials", "ease"];
/// How many titles a viewer is shown.
const SHOWN: &str = "6";

/// Which data to show it on.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Data to use instead of downloading MovieLens 100K: a folder with u.data and u.item, with
    /// RecBole files (.inter, .item), or one that `cargo xtask world` has written
    #[arg(long, value_name = "DIR", conflicts_with = "synthetic")]
    data: Option<PathBuf>,
    /// Use a synthetic streaming service: needs no network
    #[arg(long)]
    synthetic: bool,
}

/// Fetches data, imports, trains, evaluates, serves, asks, and shows the answers.
///
/// # Errors
///
/// When a step fails.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let folder = workspace.target().join("demo");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;

    shell::heading("1 of 6: data");
    let source = source(workspace, options, &folder)?;
    let people = People::read(&source)?;
    shell::say(people.summary());

    shell::heading("2 of 6: build the marquee binary (the first time takes minutes)");
    let binary = build(workspace)?;

    let marquee = Marquee {
        binary,
        data: fresh_folder(&folder.join("data"))?,
    };
    shell::heading("3 of 6: import");
    marquee.show(
        &["import"],
        &[source
            .folder
            .as_os_str()
            .to_str()
            .context("path is not UTF-8")?],
    )?;

    shell::heading("4 of 6: train four models");
    // All that people rated counts, also what they did not like: what they know is not for showing.
    let training = marquee.show(&["train"], &with_models(&[]))?;

    shell::heading("5 of 6: how good are they?");
    let best = measure::run(&marquee, source.layout.selection())?;
    shell::say("");
    // The folder is fresh, so each model has one version.
    marquee.show(&["models"], &["promote", &format!("{best}/000001")])?;

    shell::heading("6 of 6: serve, and ask as an app would");
    let viewers = people.contrasting_pair()?;
    let answers = ask(&marquee, &people, viewers)?;
    tell::closing(&marquee, viewers[0], training, &answers);
    Ok(())
}

/// Where the data lies and how it is laid out.
#[derive(Debug)]
struct Source {
    folder: PathBuf,
    layout: Layout,
}

impl Source {
    fn at(folder: PathBuf) -> anyhow::Result<Self> {
        let layout = Layout::of(&folder)?;
        Ok(Self { folder, layout })
    }
}

fn source(workspace: &Workspace, options: &Options, folder: &Path) -> anyhow::Result<Source> {
    if let Some(given) = &options.data {
        return Source::at(given.clone());
    }
    if !options.synthetic {
        match fetch::movielens(folder)? {
            Fetched::Ready(movielens) => return Source::at(movielens),
            Fetched::Unavailable(why) => shell::say(format_args!(
                "MovieLens 100K cannot be downloaded: {why}.\n\
                 A synthetic streaming service takes its place; with a folder of your own data: \
                 cargo xtask demo --data DIR"
            )),
        }
    }
    let world = folder.join("world");
    shell::say("Making a synthetic streaming service:");
    world::small(workspace, &world)?;
    Source::at(world)
}

/// Builds the binary with optimizations; cargo shows how far it is.
fn build(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let mut command = workspace.cargo();
    command.args(["build", "--release", "--package", "marquee-cli"]);
    let (result, took) = shell::timed(|| shell::run(&mut command));
    result?;
    shell::say(format_args!("built in {}", shell::readable(took)));
    let file = format!("marquee{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace.target().join("release").join(file))
}

/// An empty folder: each run shows the same from the start.
fn fresh_folder(folder: &Path) -> anyhow::Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    Ok(folder.to_owned())
}

/// `--model` for each model, after `options`.
fn with_models<'a>(options: &[&'a str]) -> Vec<&'a str> {
    let models = MODELS.iter().flat_map(|model| ["--model", *model]);
    options.iter().copied().chain(models).collect()
}

/// The binary, and the data folder it works on.
#[derive(Debug)]
struct Marquee {
    binary: PathBuf,
    data: PathBuf,
}

impl Marquee {
    /// A command on the data folder.
    fn command(&self, name: &[&str], arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(name)
            .arg("--data")
            .arg(&self.data)
            .args(arguments);
        command
    }

    /// Prints a command, runs it, lets it print, and returns how long it took.
    fn show(&self, name: &[&str], arguments: &[&str]) -> anyhow::Result<Duration> {
        let mut command = self.command(name, arguments);
        shell::say(format_args!("$ {}\n", shell::typed(&command)));
        let (result, took) = shell::timed(|| shell::run(&mut command));
        result.map(|()| took)
    }
}

/// What was asked, and how fast it was answered.
#[derive(Debug)]
struct Answers {
    /// From starting the server to its first line.
    ready: Duration,
    /// From starting a client, with its connection, to the end of its answer.
    asked: Vec<Duration>,
}

/// Starts a server, asks for two people who like different things and for titles like a famous one.
fn ask(marquee: &Marquee, people: &People, viewers: [&Viewer; 2]) -> anyhow::Result<Answers> {
    let mut command = marquee.command(&["serve"], &["--listen", "127.0.0.1:0"]);
    let server = Server::start(&mut command)?;
    let mut answers = Answers {
        ready: server.ready(),
        asked: Vec::new(),
    };
    for viewer in viewers {
        shell::say("");
        shell::say(people.describe(viewer));
        let question = ["recommend", "--user", &viewer.id, "-k", SHOWN, "--explain"];
        answers.asked.push(server.ask(&marquee.binary, &question)?);
    }
    let (id, title) = people.most_liked()?;
    shell::say(format_args!(
        "\nWhat is like the title that most people liked, {title}?"
    ));
    let question = ["similar", "--item", id, "-k", SHOWN];
    answers.asked.push(server.ask(&marquee.binary, &question)?);
    server.stop()?;
    Ok(answers)
}
