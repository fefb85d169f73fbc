//! `marquee evaluate`: how good models are on held-out data.

mod report;

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use marquee_cf::Step;
use marquee_engine::{
    Guide, JudgedBy, ModelSpec,
    evaluation::{Measure, measure, measure_ratings, train_fold},
};
use marquee_eval::{CaseList, Cutoffs, Evaluation, Fold, ItemGenres, NextItem, Protocol};
use marquee_ingest::{Choice, Format, ReadOptions, SplitFiles};

use self::report::{DataReport, Failure, ModelReport, Report};
use super::{
    data::{self, DataArgs},
    specs,
};
use crate::{meter, output, progress::Shown};

/// Trains each model on the training part of a split, ranks the whole catalog for every test user
/// (never a sample), and reports each metric with its standard error.
///
/// Either a data folder and a protocol:
///   marquee evaluate --data DIR --protocol strong --model ials --model ease
/// or the files of a published split:
///   marquee evaluate --train train.txt --test test.txt --model ials:factors=256
/// or files of sessions, whose next items are to be found:
///   marquee evaluate --train train.tsv --test test.tsv --next-item every --model session-knn
#[derive(Debug, Parser)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// How a data folder is split: strong, weak, temporal or last-out, with settings such as
    /// strong:folds=5
    #[arg(
        long,
        value_name = "P",
        default_value = "strong",
        conflicts_with = "train"
    )]
    protocol: Protocol,
    /// Training file: adjacency text, CSV or TSV with a header, or RecBole .inter; plain or gzip
    #[arg(long, value_name = "FILE", requires = "test", conflicts_with = "data")]
    train: Option<PathBuf>,
    /// Test file, in any of the same forms
    #[arg(long, value_name = "FILE", requires = "train")]
    test: Option<PathBuf>,
    /// Validation file: history at test time, and for early stopping
    #[arg(
        long,
        value_name = "FILE",
        requires = "train",
        conflicts_with = "next_item"
    )]
    valid: Option<PathBuf>,
    /// The files hold sessions, and each event of a test session is to be found from those before it
    /// (every), or only the last (last); items of the session may come again
    #[arg(long, value_name = "WHICH", requires = "train")]
    next_item: Option<NextItem>,
    /// Format of the files, found out when not given: sequences for lines of items without a user
    #[arg(long, value_name = "NAME", requires = "train")]
    format: Option<Format>,
    /// Which cases are judged: test, or validation for choosing parameters
    #[arg(long, value_name = "PART", default_value = "test")]
    part: Part,
    #[command(flatten)]
    data: DataArgs,
    /// A model, NAME or NAME:key=value,…; may be repeated [default: ials]
    #[arg(long = "model", value_name = "NAME")]
    models: Vec<ModelSpec>,
    /// File with a [models.NAME] table of parameters for each model
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// List lengths to report
    #[arg(long, value_name = "K,…", default_value = "10,20,50,100")]
    k: Cutoffs,
    /// Seed of the split and of the training
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Threads; all processors when not given
    #[arg(long)]
    threads: Option<usize>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

/// Which cases of a fold are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Those to report.
    Test,
    /// Those to choose parameters by.
    Validation,
}

impl Part {
    fn of(self, fold: &Fold) -> Result<CaseList<'_>> {
        let cases = match self {
            Self::Test => fold.test(),
            Self::Validation => fold.validation(),
        };
        ensure!(
            !cases.is_empty(),
            "the protocol sets no validation cases aside"
        );
        Ok(cases)
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    super::data::use_threads(args.threads)?;
    let specs = specs::resolve(&args.models, args.config.as_deref(), "ials")?;
    // A ranker orders what was shown; it has no lists of its own to be judged by.
    specs.iter().try_for_each(marquee_engine::models::check)?;
    let source = Source::open(args)?;
    let mut data = DataReport::default();
    let mut results = Vec::with_capacity(specs.len());
    let mut failures = Vec::new();
    for spec in &specs {
        match evaluate(args, spec, &source, &mut data) {
            Ok(report) => results.push(report),
            // What the other models took hours for is not thrown away.
            Err(error) if specs.len() > 1 => {
                output::complain(&error);
                failures.push(Failure::new(spec, &error));
            }
            Err(error) => return Err(error),
        }
    }
    let n_failed = failures.len();
    let report = Report {
        data,
        results,
        failures,
    };
    if args.json {
        output::json(&report)?;
    } else {
        report.show(&args.k, args.seed)?;
    }
    anyhow::ensure!(n_failed == 0, "{n_failed} of {} models failed", specs.len());
    Ok(())
}

/// Where folds come from.
enum Source {
    Given(Box<Fold>),
    Folder {
        protocol: Protocol,
        loaded: Box<marquee_ingest::Loaded>,
        genres: Option<ItemGenres>,
    },
}

impl Source {
    fn open(args: &Args) -> Result<Self> {
        if let (Some(train), Some(test)) = (&args.train, &args.test) {
            let options = ReadOptions {
                format: args.format.map_or(Choice::Detect, Choice::Given),
                ..ReadOptions::default()
            };
            let fold = match args.next_item {
                Some(which) => data::session_fold(train, test, &options, which)?,
                None => {
                    let files = SplitFiles {
                        valid: args.valid.clone(),
                        options,
                        ..SplitFiles::new(train, test)
                    };
                    data::given_fold(files, &args.data)?
                }
            };
            return Ok(Self::Given(Box::new(fold)));
        }
        let Some(folder) = &args.data.data else {
            bail!("either --data DIR or --train FILE and --test FILE is needed");
        };
        let (loaded, catalog) = data::load(folder, &args.data)?;
        Ok(Self::Folder {
            protocol: args.protocol,
            genres: data::genres(&loaded, &catalog),
            loaded: Box::new(loaded),
        })
    }

    fn n_folds(&self) -> usize {
        match self {
            Self::Given(_) => 1,
            Self::Folder { protocol, .. } => protocol.n_folds(),
        }
    }

    fn genres(&self) -> Option<&ItemGenres> {
        match self {
            Self::Given(_) => None,
            Self::Folder { genres, .. } => genres.as_ref(),
        }
    }

    fn with_fold<T>(
        &self,
        number: usize,
        seed: u64,
        work: impl FnOnce(&Fold) -> Result<T>,
    ) -> Result<T> {
        match self {
            Self::Given(fold) => work(fold),
            Self::Folder {
                protocol, loaded, ..
            } => work(&protocol.fold(&loaded.dataset, number, seed)?),
        }
    }
}

fn evaluate(
    args: &Args,
    spec: &ModelSpec,
    source: &Source,
    data: &mut DataReport,
) -> Result<ModelReport> {
    meter::reset_peak_memory();
    let mut report = ModelReport::new(spec, args.seed)?;
    if args.data.is_explicit() {
        report.expect_ratings();
    }
    let mut total: Option<Evaluation> = None;
    for number in 0..source.n_folds() {
        let evaluation = source.with_fold(number, args.seed, |fold| {
            let cases = args.part.of(fold)?;
            data.see(cases, number);
            let how = Measure {
                cutoffs: &args.k,
                genres: source.genres(),
            };
            one_fold(
                spec,
                (fold, cases, args.part),
                (args.seed, how),
                &mut report,
            )
            .with_context(|| format!("model {}, fold {number}", spec.name()))
        })?;
        match &mut total {
            None => total = Some(evaluation),
            Some(total) => total.append(&evaluation)?,
        }
    }
    let total = total.context("the protocol has no fold")?;
    report.finish(total);
    Ok(report)
}

fn one_fold(
    spec: &ModelSpec,
    (fold, cases, part): (&Fold, CaseList<'_>, Part),
    (seed, how): (u64, Measure<'_>),
    report: &mut ModelReport,
) -> Result<Evaluation> {
    let mut shown = Shown::new(spec.name());
    let mut steps = Vec::new();
    let meter = meter::Meter::start();
    let mut progress = |step: &Step| {
        steps.push(step.seconds);
        shown.step(step)
    };
    let mut guide = Guide::new(&mut progress);
    // Cases that are judged themselves do not steer training.
    if part == Part::Test {
        let by = if report.ratings().is_some() {
            JudgedBy::Ratings
        } else {
            JudgedBy::Lists
        };
        guide = guide.judging(fold.validation(), by);
    }
    let model = train_fold(spec, fold, seed, &mut guide)?;
    report.trained(&meter, &steps);
    drop(shown);
    let meter = meter::Meter::start();
    let recommender = model.recommender();
    let evaluation = measure(recommender.as_ref(), cases, how)?;
    if let Some(ratings) = report.ratings()
        && let Some(predictor) = recommender.rating_predictor()
    {
        ratings.append(&measure_ratings(predictor, cases)?);
    }
    report.scored(&meter);
    Ok(evaluation)
}
