//! Our models as contenders.

use std::{fs, ops::ControlFlow, path::Path, time::Instant};

use anyhow::{Context, Result, bail};
use clap::Parser;
use marquee_cf::{
    AlsConfig, AlsPrecision, AlsSolver, BprConfig, EaseConfig, ItemKnnConfig, Progress,
    Recommender, als, bpr, ease, item_knn,
};
use marquee_core::{Dataset, HistoryEntry, SparseRows, history_of};
use marquee_math::{MatrixView, MatrixViewMut, Scale, fill_normal, gemm as product, rng, top_k};
use rayon::prelude::*;
use rustix::time::{ClockId, clock_gettime};

use crate::world::{self, Rows};

/// Length of the lists that are judged.
const K: usize = 20;
/// Viewers that are scored together.
const BATCH: usize = 16;

/// What to train.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// ials-cholesky or ials-cg, or one of them with -single, ials-blocks, bpr, ease or item-knn
    #[arg(long)]
    model: String,
    /// Numbers of a vector
    #[arg(long, default_value_t = 64)]
    factors: usize,
    /// Iterations or epochs
    #[arg(long, default_value_t = 4)]
    iterations: usize,
    /// Threads
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

/// When a step ended, by wall and by processor.
#[derive(Clone, Copy)]
struct Tick {
    wall: f64,
    cpu: f64,
}

/// Trains, judges and prints one JSON object.
///
/// # Errors
///
/// When the world cannot be read, the model has no such name or the training fails.
pub(crate) fn train(folder: &Path, options: &Options) -> Result<()> {
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.threads);
    threads.build_global().context("cannot start the threads")?;
    let data = dataset(folder)?;
    let base = peak_bytes();
    let start = Instant::now();
    let now = || Tick {
        wall: start.elapsed().as_secs_f64(),
        cpu: cpu_seconds(),
    };
    let mut ticks = vec![now()];
    let model = fit(&data, options, &mut |_: &marquee_cf::Step| {
        ticks.push(now());
        ControlFlow::Continue(())
    })?;
    ticks.push(now());
    let peak = peak_bytes();
    let view = model.view();
    let ndcg = ndcg(view.as_ref(), &data, &world::read(folder, "test")?)?;
    print(options, &ticks, (ndcg, peak.saturating_sub(base)))
}

/// A model in memory, whatever its kind.
enum Fitted {
    Als(marquee_cf::AlsModel),
    Bpr(marquee_cf::ContextModel),
    Dense(marquee_cf::DenseItemModel),
    Sparse(marquee_cf::SparseItemModel),
}

impl Fitted {
    fn view(&self) -> Box<dyn Recommender + '_> {
        match self {
            Self::Als(model) => Box::new(model.view()),
            Self::Bpr(model) => Box::new(model.view()),
            Self::Dense(model) => Box::new(model.view()),
            Self::Sparse(model) => Box::new(model.view()),
        }
    }
}

fn fit(data: &Dataset, options: &Options, progress: &mut Progress<'_>) -> Result<Fitted> {
    let (model, precision) = match options.model.strip_suffix("-single") {
        Some(model) => (model, AlsPrecision::Single),
        None => (options.model.as_str(), AlsPrecision::Bfloat16),
    };
    // The loss that other libraries are told to lower, too: `cf.py` has the same numbers.
    let pairs = data.n_users() as f64 * data.n_items() as f64;
    let ials = |solver| AlsConfig {
        factors: options.factors,
        iterations: options.iterations,
        regularization: 0.007,
        unobserved_weight: narrow(500.0 / pairs.sqrt()),
        solver,
        precision,
        ..AlsConfig::default()
    };
    let solver = match model {
        "ials-cholesky" => AlsSolver::Cholesky,
        "ials-cg" => AlsSolver::ConjugateGradient,
        "ials-blocks" => AlsSolver::BlockCoordinate,
        "bpr" => {
            let config = BprConfig {
                factors: options.factors,
                epochs: options.iterations,
                patience: 0,
                ..BprConfig::default()
            };
            return Ok(Fitted::Bpr(bpr::train(data, &config, 42, progress)?));
        }
        "ease" => {
            let model = ease::train(data, &EaseConfig::default(), progress)?;
            return Ok(Fitted::Dense(model));
        }
        "item-knn" => {
            let model = item_knn::train(data, &ItemKnnConfig::default(), progress)?;
            return Ok(Fitted::Sparse(model));
        }
        other => bail!("no contender is named {other:?}"),
    };
    Ok(Fitted::Als(als::train(data, &ials(solver), 42, progress)?))
}

fn dataset(folder: &Path) -> Result<Dataset> {
    let path = folder.join("shape");
    let shape = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    let n_items = shape
        .split_whitespace()
        .nth(1)
        .and_then(|text| text.parse().ok());
    let Rows { offsets, columns } = world::read(folder, "train")?;
    Ok(Dataset::from_rows(SparseRows {
        n_columns: n_items.context("the file `shape` holds viewers and items")?,
        offsets,
        columns,
        weights: None,
        times: None,
    }))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a weight of single precision"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// Mean nDCG at [`K`] over the tested viewers, their other items left out of the lists.
fn ndcg(model: &dyn Recommender, data: &Dataset, test: &Rows) -> Result<f64> {
    let place = |at: u64| usize::try_from(at).context("a world that fits memory");
    let places: Vec<usize> = test
        .offsets
        .iter()
        .copied()
        .map(place)
        .collect::<Result<_>>()?;
    let row = |viewer: usize| &test.columns[places[viewer]..places[viewer + 1]];
    let tested: Vec<usize> = (0..data.n_users())
        .filter(|&viewer| !row(viewer).is_empty())
        .collect();
    let batch = |viewers: &[usize]| -> Result<f64> {
        let histories: Vec<Vec<HistoryEntry>> = viewers
            .iter()
            .map(|&viewer| history_of(data.by_user().row(viewer)))
            .collect();
        let asked: Vec<&[HistoryEntry]> = histories.iter().map(Vec::as_slice).collect();
        let mut scores = vec![0.0; viewers.len() * data.n_items()];
        model.score_many(&asked, &mut scores)?;
        let of_viewer = scores.chunks_mut(data.n_items()).zip(&histories);
        let values = of_viewer.zip(viewers).map(|((scores, history), &viewer)| {
            for entry in history {
                scores[entry.item.index()] = f32::NEG_INFINITY;
            }
            gain(scores, row(viewer))
        });
        Ok(values.sum())
    };
    let sums: Vec<f64> = tested.par_chunks(BATCH).map(batch).collect::<Result<_>>()?;
    Ok(sums.iter().sum::<f64>() / tested.len() as f64)
}

fn gain(scores: &[f32], relevant: &[u32]) -> f64 {
    let at = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
    let best = top_k(scores, K);
    let hits = best
        .iter()
        .enumerate()
        .filter(|(_, one)| relevant.contains(&one.index));
    let found: f64 = hits.map(|(rank, _)| at(rank)).sum();
    found / (0..K.min(relevant.len())).map(at).sum::<f64>()
}

#[expect(clippy::print_stdout, reason = "the program's answer")]
fn print(options: &Options, ticks: &[Tick], (ndcg, peak): (f64, u64)) -> Result<()> {
    // The first step has the start in it, the last one what comes after the iterations.
    let steps = &ticks[..ticks.len() - 1];
    let skip = usize::from(steps.len() > 2);
    let median = |of: fn(&Tick) -> f64| {
        let mut all: Vec<f64> = steps
            .windows(2)
            .map(|pair| of(&pair[1]) - of(&pair[0]))
            .collect();
        all.drain(..skip);
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or_default()
    };
    let (Some(first), Some(last)) = (ticks.first(), ticks.last()) else {
        bail!("nothing was measured");
    };
    println!(
        "{{\"library\":\"marquee\",\"model\":{:?},\"factors\":{},\"threads\":{},\"iterations\":{},\
         \"step_seconds\":{:.5},\"step_cpu_seconds\":{:.5},\"seconds\":{:.4},\"cpu_seconds\":{:.4},\
         \"ndcg20\":{ndcg:.5},\"peak_bytes\":{peak}}}",
        options.model,
        options.factors,
        options.threads,
        options.iterations,
        median(|tick| tick.wall),
        median(|tick| tick.cpu),
        last.wall - first.wall,
        last.cpu - first.cpu,
    );
    Ok(())
}

/// Prints what products of 1,024 x 1,024 matrices reach on one core, in thousand millions of
/// operations a second: the best of many.
///
/// # Errors
///
/// None; the same form as the other tasks.
#[expect(clippy::print_stdout, reason = "the program's answer")]
pub(crate) fn gemm() -> Result<()> {
    const N: usize = 1024;
    let mut a = vec![0.0; N * N];
    fill_normal(&mut rng(1, 0), 1.0, &mut a);
    let mut c = vec![0.0; N * N];
    let mut best = f64::INFINITY;
    for _ in 0..30 {
        let start = cpu_seconds();
        let view = MatrixView::new(&a, N, N);
        product(
            Scale::SET,
            view,
            view,
            &mut MatrixViewMut::new(&mut c, N, N),
        );
        best = best.min(cpu_seconds() - start);
    }
    println!("{:.1}", 2.0 * (N * N * N) as f64 / best * 1e-9);
    Ok(())
}

/// Processor seconds of this process so far.
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
