//! Our models as contenders.

use std::{fs, ops::ControlFlow, path::Path, time::Instant};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use marquee_features::{FeatureRows, Head, NONE, TrainingRows};
use marquee_ranking::{
    Calibration, Method, NetworkConfig, NetworkModel, Ranker, Step, TrainingSet,
    network::{self, Layers, PositionBias},
    trees,
};
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use crate::{
    encoded::Encoded,
    folder::{About, Opened, write_predicted},
    latency::{self, Latency},
    settings::with_positions,
};

/// What to train.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Which model
    #[arg(long)]
    model: Model,
    /// Threads
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Heads that trees are trained for; all if none is named
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    tree_heads: Vec<String>,
    /// Settings of the network in place of those of the data set, as JSON
    #[arg(long)]
    network: Option<String>,
}

/// A model of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Model {
    /// The network as it is best on the data set
    Network,
    /// The network that other libraries build too
    EqualNetwork,
    /// Logistic regression
    Logistic,
    /// Boosted trees, one model for each head
    Trees,
}

/// What a contender prints.
#[derive(Debug, Serialize)]
struct Measured {
    library: &'static str,
    model: String,
    seconds: f64,
    cpu_seconds: f64,
    /// Row passes a second of processor time; of trees rows times trees.
    rows_per_second: f64,
    peak_bytes: u64,
    #[serde(flatten)]
    latency: Latency,
}

/// What came of a training.
#[derive(Clone, Copy, Default)]
struct Trained {
    /// Passes over the rows, or trees.
    passes: f64,
    seconds: f64,
    cpu_seconds: f64,
    /// Of the processor time, what was training and not judging.
    training_seconds: f64,
    latency: Latency,
}

/// Trains, scores the test rows, times requests and prints one JSON object.
///
/// # Errors
///
/// When the data set cannot be read or the training fails.
pub(crate) fn train(folder: &Path, options: &Options) -> Result<()> {
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.threads);
    threads.build_global().context("cannot start the threads")?;
    let opened = Opened::open(folder)?;
    let test = opened.test()?;
    let n_rows = test.features().n_rows();
    let mut predicted = vec![f32::NAN; n_rows * test.n_heads()];
    let name = options.model.to_possible_value();
    let name = name.map_or_else(String::new, |value| value.get_name().to_owned());
    let models = folder.join("models");
    let trained = match options.model {
        Model::Trees => {
            let trained = fit_trees(&opened, options, &mut predicted)?;
            write_predicted(folder, &name, &predicted)?;
            vec![(String::new(), trained)]
        }
        _ => {
            fs::create_dir_all(&models).with_context(|| format!("{}", models.display()))?;
            let path = models.join(format!("{name}.mqa"));
            let told = |form: &str, values: &[f32]| {
                write_predicted(folder, &format!("{name}{form}"), values)
            };
            fit_network(&opened, (options, &path), &told)?
        }
    };
    let rows = opened.train()?.features().n_rows() as f64;
    for (form, trained) in trained {
        say(&serde_json::to_string(&Measured {
            library: "marquee",
            model: format!("{name}{form}"),
            seconds: trained.seconds,
            cpu_seconds: trained.cpu_seconds,
            rows_per_second: rows * trained.passes / trained.training_seconds.max(1e-9),
            peak_bytes: peak_bytes(),
            latency: trained.latency,
        })?);
    }
    Ok(())
}

/// Probabilities and expected values, a head after the other.
fn score(ranker: &dyn Ranker, rows: &FeatureRows<'_>) -> Result<Vec<f32>> {
    let n_rows = rows.n_rows();
    let mut values = vec![0.0; n_rows * ranker.heads().len()];
    ranker.score(rows, &mut values)?;
    for (head, values) in values.chunks_exact_mut(n_rows.max(1)).enumerate() {
        let link = ranker.link(head);
        values
            .iter_mut()
            .for_each(|value| *value = link.mean(*value));
    }
    Ok(values)
}

/// Trains a network, keeps it in the file at `path`, and tells what it says in each form: as it is, as its layers
/// are multiplied less exactly, and through the curves of the judging rows.
fn fit_network(
    opened: &Opened,
    (options, path): (&Options, &Path),
    told: &dyn Fn(&str, &[f32]) -> Result<()>,
) -> Result<Vec<(String, Trained)>> {
    let about = &opened.about;
    let config = match (&options.network, options.model) {
        (Some(text), _) => serde_json::from_str(text).context("--network")?,
        (None, Model::Network) => about.settings.network.clone(),
        (None, Model::Logistic) => logistic(about),
        (None, _) => shifted(about, about.settings.equal.network()),
    };
    let (mut model, trained) = fit(opened.train()?, opened.validation()?, &config)?;
    model.to_artifact().write(path)?;
    let test = opened.test()?.features();
    let mut forms = Vec::new();
    for (form, layers) in [
        ("", Layers::Whole),
        ("-split", Layers::Split),
        ("-half", Layers::Half),
    ] {
        if layers != Layers::Whole && options.model != Model::EqualNetwork {
            continue;
        }
        model = model.with_layers(layers);
        let view = model.view();
        told(form, &score(&view, &test)?)?;
        let latency = latency::measure(&view, &test)?;
        forms.push((form.to_owned(), Trained { latency, ..trained }));
    }
    if options.model == Model::Network {
        told("-curves", &through_curves(&model.view(), opened)?)?;
        forms.push(("-curves".to_owned(), forms[0].1));
    }
    Ok(forms)
}

/// What a network says through curves that were fitted on the judging rows at the first place, where it scores.
fn through_curves(ranker: &dyn Ranker, opened: &Opened) -> Result<Vec<f32>> {
    let judging = opened.validation()?;
    let first = |_, row: usize| matches!(judging.position()[row], 0 | NONE);
    let curves = Calibration::fit_where(ranker, &judging, Method::Platt, first)?;
    let test = opened.test()?.features();
    let mut values = vec![0.0; test.n_rows() * ranker.heads().len()];
    ranker.score(&test, &mut values)?;
    curves.apply(test.n_rows(), &mut values)?;
    Ok(values)
}

/// A number for each id and each quantile; passes as for the network.
fn logistic(about: &About) -> NetworkConfig {
    let network = &about.settings.network;
    let config = NetworkConfig {
        knots: 16,
        batch: network.batch,
        epochs: network.epochs,
        patience: network.patience,
        positions: network.positions,
        ..NetworkConfig::logistic()
    };
    shifted(about, config)
}

fn shifted(about: &About, config: NetworkConfig) -> NetworkConfig {
    let position = match about.positions {
        true => PositionBias::Shift,
        false => PositionBias::None,
    };
    with_positions(config, &about.heads, position)
}

fn fit(
    train: TrainingRows<'_>,
    validation: TrainingRows<'_>,
    config: &NetworkConfig,
) -> Result<(NetworkModel, Trained)> {
    let (mut passes, mut stepping) = (0.0, 0.0);
    let started = (Instant::now(), cpu_seconds());
    let mut tell = |step: &Step| {
        passes += 1.0;
        stepping += step.seconds;
        tell(step);
        ControlFlow::Continue(())
    };
    let set = TrainingSet {
        passes: &[train],
        validation: Some(validation),
    };
    let model = network::train(set, config, 1, &mut tell)?;
    let seconds = started.0.elapsed().as_secs_f64();
    let cpu_seconds = cpu_seconds() - started.1;
    let trained = Trained {
        passes,
        seconds,
        cpu_seconds,
        training_seconds: cpu_seconds * stepping / seconds,
        latency: Latency::default(),
    };
    Ok((model, trained))
}

/// A model for each head that anything is known of, one after the other.
fn fit_trees(opened: &Opened, options: &Options, predicted: &mut [f32]) -> Result<Trained> {
    let about = &opened.about;
    let n_rows = opened.test()?.features().n_rows();
    let mut all = Trained::default();
    for (place, name) in about.heads.iter().enumerate() {
        let left_out = !options.tree_heads.is_empty() && !options.tree_heads.contains(name);
        if left_out
            || !opened
                .train()?
                .label(place)
                .iter()
                .any(|&label| label > 0.0)
        {
            continue;
        }
        let encoded = Encoded::new(opened, place)?;
        let [train, validation, test] = encoded.parts()?;
        let started = (Instant::now(), cpu_seconds());
        let head = Head::from_name(name)?;
        let mut silent = marquee_ranking::silent();
        let config = &about.settings.trees;
        let model = trees::train((&train, &head), Some(&validation), config, &mut silent)?;
        all.seconds += started.0.elapsed().as_secs_f64();
        all.cpu_seconds += cpu_seconds() - started.1;
        all.passes += model.n_trees() as f64;
        let to = &mut predicted[place * n_rows..(place + 1) * n_rows];
        to.copy_from_slice(&score(&model, &test.features())?);
        all.latency = all.latency.and(latency::measure(&model, &test.features())?);
    }
    all.training_seconds = all.cpu_seconds;
    Ok(all)
}

#[expect(clippy::print_stderr, reason = "the progress of a long training")]
fn tell(step: &Step) {
    let judged = step.judged.unwrap_or(f64::NAN);
    eprintln!(
        "pass {}: loss {:.5}, judged {judged:.5}, {:.1} s",
        step.iteration, step.loss, step.seconds
    );
}

#[expect(clippy::print_stdout, reason = "the program's answer")]
fn say(line: &str) {
    println!("{line}");
}

pub(crate) fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// The most memory that was resident so far, in bytes; 0 where the system does not tell.
fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}
