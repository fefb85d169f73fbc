//! Trains a network on tables of clicks and measures it: `frappe FOLDER` (Frappe's positives and labeled
//! rows, gzip) or `ctr PREFIX` (columns in files `.cat.u32`, `.num.f32`, `.y.u8`; the first 80 % of the
//! rows train). `grades FOLDER` trains trees on LightGBM's example of graded judgments, five folds of its
//! requests. Further arguments are `key=value` of the configuration, in JSON, and `seed=N`.
//!
//! ```text
//! cargo run --release -p marquee-ranking --example clicks -- frappe DATA/frappe epochs=12 hidden=[64]
//! ```

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::Read as _,
    path::Path,
    sync::Arc,
    time::Instant,
};

use marquee_features::{
    FeatureSchema, FeatureTable, Head, LabelColumn, RequestValues, SideSchema, SparseField,
    TrainingTable,
};
use marquee_math::{exponential::sigmoid, rng};
use marquee_ranking::{
    NetworkConfig, NetworkModel, NetworkView, Precision, Ranker, Step, TrainingSet, TreesConfig,
    network, trees,
};
use marquee_store::Artifact;
use rand::RngExt as _;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, path, settings @ ..] = &arguments[..] else {
        return Err("frappe FOLDER, ctr PREFIX or grades FOLDER, then key=value".into());
    };
    let mut fields = serde_json::Map::new();
    let mut own = BTreeMap::from([("seed", 1_u64), ("tables", 0), ("reveal", 0), ("counts", 0)]);
    let mut kept = None;
    for setting in settings {
        let (key, value) = setting.split_once('=').ok_or("expected key=value")?;
        if key == "keep" {
            kept = Some(Path::new(value));
            continue;
        }
        match own.get_mut(key) {
            Some(own) => *own = value.parse()?,
            None => {
                let value = serde_json::from_str(value);
                let value = value.unwrap_or_else(|_| setting[key.len() + 1..].into());
                fields.insert(key.to_owned(), value);
            }
        }
    }
    if what == "grades" {
        return grades(Path::new(path), &serde_json::from_value(fields.into())?);
    }
    let config: NetworkConfig = serde_json::from_value(fields.into())?;
    match &**what {
        "frappe" => frappe(Path::new(path), &config, &own),
        "ctr" => ctr(path, &config, &own, kept),
        _ => Err("frappe, ctr or grades".into()),
    }
}

/// Frappe: of each positive two negatives, the same viewer and moment with an app drawn evenly among
/// those that are in no training positive of this viewer. `tables=N` draws N times, a table for each
/// pass in turn; 0 draws once. `counts=1` adds columns of numbers: how many *other* training positives have this
/// viewer and app, this app, this app in each such moment. Half of the labeled rows (those of even place) judge passes, the other half is
/// reported.
fn frappe(folder: &Path, config: &NetworkConfig, own: &BTreeMap<&str, u64>) -> Result<(), Failure> {
    let positives = csv(&folder.join("train_positives.csv.gz"), 10)?;
    let labeled = csv(&folder.join("validation_labelled.csv.gz"), 11)?;
    let all = || {
        positives
            .iter()
            .map(|row| &row[..])
            .chain(labeled.iter().map(|row| &row[1..]))
    };
    let sizes: Vec<u32> = (0..10)
        .map(|column| all().map(|row| row[column]).max().unwrap_or(0) + 2)
        .collect();
    let counts = (own["counts"] > 0).then(|| Counts::of(&positives));
    let schema = schema(
        &[&[], &sizes],
        &[
            0,
            if counts.is_some() {
                Counts::COLUMNS.len()
            } else {
                0
            },
        ],
    );
    let table = |rows: &[Labeled], own: f32| table_of(&schema, rows, (counts.as_ref(), own));
    let known: HashSet<[u32; 2]> = positives.iter().map(|row| [row[0], row[1]]).collect();
    let mut draw = rng(own["seed"], 100);
    let mut tables = Vec::new();
    for _ in 0..own["tables"].max(1) {
        let mut rows = Vec::new();
        for positive in &positives {
            rows.push((1.0, positive.clone()));
            for _ in 0..2 {
                let mut other = positive.clone();
                while known.contains(&[other[0], other[1]]) {
                    other[1] = draw.random_range(0..sizes[1] - 1);
                }
                rows.push((0.0, other));
            }
        }
        // A positive is not among the others that it is counted by.
        tables.push(table(&rows, 1.0)?);
    }
    let half = |odd: usize| -> Vec<Labeled> {
        let rows = labeled.iter().skip(odd).step_by(2);
        rows.map(|row| (if row[0] == 1 { 1.0 } else { 0.0 }, row[1..].to_vec()))
            .collect()
    };
    let (validation, test) = (table(&half(0), 0.0)?, table(&half(1), 0.0)?);
    let model = fit(&tables, Some(&validation), config, own["seed"])?;
    report("validation half", &model.view(), &validation)?;
    report("test half", &model.view(), &test)
}

/// A label and the columns of a row.
type Labeled = (f32, Vec<u32>);

/// How often things came together in the training positives.
struct Counts(Vec<HashMap<Vec<u32>, f32>>);

impl Counts {
    /// Columns that have to agree: of 10, viewer and app come first.
    const COLUMNS: [&[usize]; 9] = [
        &[0, 1],
        &[1],
        &[0],
        &[1, 2],
        &[1, 3],
        &[1, 5],
        &[1, 7],
        &[1, 8],
        &[1, 9],
    ];

    fn of(positives: &[Vec<u32>]) -> Self {
        let counts = Self::COLUMNS.iter().map(|columns| {
            let mut counts = HashMap::new();
            for row in positives {
                *counts.entry(Self::key(row, columns)).or_insert(0.0) += 1.0;
            }
            counts
        });
        Self(counts.collect())
    }

    fn key(row: &[u32], columns: &[usize]) -> Vec<u32> {
        columns.iter().map(|&column| row[column]).collect()
    }

    /// The logarithm of one more than each count, without the `own` that is the row itself.
    fn numbers(&self, row: &[u32], own: f32) -> Vec<f32> {
        let counts = Self::COLUMNS.iter().zip(&self.0);
        let found = counts.map(|(columns, counts)| counts.get(&Self::key(row, columns)).copied());
        found
            .map(|found| (found.unwrap_or(0.0) - own).max(0.0).ln_1p())
            .collect()
    }
}

fn table_of(
    schema: &Arc<FeatureSchema>,
    rows: &[Labeled],
    (counts, own): (Option<&Counts>, f32),
) -> Result<TrainingTable, Failure> {
    let mut features = FeatureTable::new(Arc::clone(schema))?;
    for (label, row) in rows {
        features.push_request(RequestValues::default())?;
        let ids: Vec<u32> = row.iter().map(|id| id + 1).collect();
        let numbers = counts.map(|counts| counts.numbers(row, own * label));
        features.push_row(&numbers.unwrap_or_default(), &ids)?;
    }
    Ok(labeled(features, rows.iter().map(|row| row.0).collect()))
}

fn labeled(features: FeatureTable, values: Vec<f32>) -> TrainingTable {
    let mut table = TrainingTable::of(features);
    table.labels.push(LabelColumn {
        head: Head::Open,
        values,
    });
    table
}

/// Sparse and dense columns of the request and of the row.
fn schema(sparse: &[&[u32]; 2], dense: &[usize; 2]) -> Arc<FeatureSchema> {
    let side = |side: usize| SideSchema {
        dense: (0..dense[side]).map(|at| format!("n{side}.{at}")).collect(),
        sparse: sparse[side]
            .iter()
            .enumerate()
            .map(|(at, &size)| SparseField {
                name: format!("c{side}.{at}"),
                size,
            })
            .collect(),
    };
    Arc::new(FeatureSchema {
        request: side(0),
        row: side(1),
        sequences: Vec::new(),
    })
}

/// The synthetic click file: 20 columns of ids and 10 of numbers. Each 20 rows have the same viewer: columns of
/// ids 0, 5, 10 and 15 and the first three of numbers. A twentieth of the training rows is set aside to judge
/// passes; with `reveal=1` all are trained on and the test rows are reported. A model that was kept in the
/// file `keep` is only measured.
fn ctr(
    prefix: &str,
    config: &NetworkConfig,
    own: &BTreeMap<&str, u64>,
    kept: Option<&Path>,
) -> Result<(), Failure> {
    let clicks = Clicks::read(prefix)?;
    let (n, trained) = (clicks.labels.len(), clicks.labels.len() * 8 / 10);
    if let Some(kept) = kept.filter(|kept| kept.exists()) {
        let artifact = Artifact::open(kept)?;
        let view = NetworkView::open(&artifact)?;
        report("test", &view, &clicks.table(trained..n, 20)?)?;
        return clicks.time(&view, trained..n);
    }
    // With `reveal=0` a cut of the training rows judges passes; the test rows never do.
    let cut = if own["reveal"] == 0 {
        trained * 95 / 100
    } else {
        trained
    };
    let train = clicks.table(0..cut, 20)?;
    if cut < trained {
        let validation = clicks.table(cut..trained, 20)?;
        let model = fit(&[train], Some(&validation), config, own["seed"])?;
        report("validation", &model.view(), &validation)?;
        return clicks.time(&model.view(), trained..n);
    }
    let model = fit(&[train], None, config, own["seed"])?;
    report("test", &model.view(), &clicks.table(trained..n, 20)?)?;
    if let Some(kept) = kept {
        for precision in [Precision::Half, Precision::Byte, Precision::Whole] {
            let name = match precision {
                Precision::Whole => kept.to_owned(),
                other => kept.with_extension(format!("{other:?}.mqa")),
            };
            model.to_artifact_as(precision).write(name)?;
        }
    }
    clicks.time(&model.view(), trained..n)
}

/// The synthetic click file.
struct Clicks {
    schema: Arc<FeatureSchema>,
    ids: Vec<u32>,
    numbers: Vec<f32>,
    labels: Vec<u8>,
}

impl Clicks {
    fn read(prefix: &str) -> Result<Self, Failure> {
        let ids = std::fs::read(format!("{prefix}.cat.u32"))?;
        let numbers = std::fs::read(format!("{prefix}.num.f32"))?;
        let ids = words(&ids, u32::from_le_bytes);
        let side = |viewer: bool| -> Vec<u32> {
            let columns = (0..20).filter(|&column| Self::of_viewer(column) == viewer);
            let sizes = columns.map(|column| {
                let ids = ids.iter().skip(column).step_by(20);
                ids.max().map_or(1, |most| most + 2)
            });
            sizes.collect()
        };
        Ok(Self {
            schema: schema(&[&side(true), &side(false)], &[3, 7]),
            numbers: words(&numbers, f32::from_le_bytes),
            labels: std::fs::read(format!("{prefix}.y.u8"))?,
            ids,
        })
    }

    fn of_viewer(column: usize) -> bool {
        column.is_multiple_of(5)
    }

    /// Some rows, in requests of `each`; the first row of a request tells the viewer.
    fn table(&self, rows: std::ops::Range<usize>, each: usize) -> Result<TrainingTable, Failure> {
        let mut features = FeatureTable::new(Arc::clone(&self.schema))?;
        let (mut viewer, mut item) = (Vec::new(), Vec::new());
        for row in rows.clone() {
            viewer.clear();
            item.clear();
            for (column, id) in self.ids[row * 20..][..20].iter().enumerate() {
                let side = if Self::of_viewer(column) {
                    &mut viewer
                } else {
                    &mut item
                };
                side.push(id + 1);
            }
            let (known, other) = self.numbers[row * 10..][..10].split_at(3);
            if (row - rows.start).is_multiple_of(each) {
                features.push_request(RequestValues {
                    dense: known,
                    sparse: &viewer,
                    sequences: &[],
                })?;
            }
            features.push_row(other, &item)?;
        }
        let labels = self.labels[rows].iter().map(|&click| f32::from(click));
        Ok(labeled(features, labels.collect()))
    }

    fn time(&self, view: &NetworkView<'_>, rows: std::ops::Range<usize>) -> Result<(), Failure> {
        for each in [1, 500] {
            time(view, &self.table(rows.clone(), each)?, each)?;
        }
        Ok(())
    }
}

/// Graded judgments in libsvm form: request `n` is tested in fold `n mod 5` and trained on in the others. Prints
/// nDCG@5 after the last tree, and the best over trees, as the mean over folds.
fn grades(folder: &Path, config: &TreesConfig) -> Result<(), Failure> {
    let text = gunzip(&folder.join("rank.train.gz"))?;
    let sizes = std::fs::read_to_string(folder.join("rank.train.query"))?;
    let mut lines = text.lines();
    let mut requests = Vec::new();
    for size in sizes.lines() {
        let rows = lines.by_ref().take(size.trim().parse()?).map(judgment);
        requests.push(rows.collect::<Result<Vec<_>, Failure>>()?);
    }
    let schema = schema(&[&[], &[]], &[0, 301]);
    let table = |wanted: &dyn Fn(usize) -> bool| -> Result<TrainingTable, Failure> {
        let mut features = FeatureTable::new(Arc::clone(&schema))?;
        let mut grades = Vec::new();
        for (_, rows) in requests.iter().enumerate().filter(|(at, _)| wanted(*at)) {
            features.push_request(RequestValues::default())?;
            for (grade, numbers) in rows {
                features.push_row(numbers, &[])?;
                grades.push(*grade);
            }
        }
        let mut table = labeled(features, grades);
        table.labels[0].head = Head::Custom("grade".into());
        Ok(table)
    };
    let (mut last, mut curve, mut seconds) = (0.0, vec![0.0; config.trees], 0.0);
    for fold in 0..5 {
        let train = table(&|request| request % 5 != fold)?;
        let test = table(&|request| request % 5 == fold)?;
        let started = Instant::now();
        let mut judged = Vec::new();
        let mut tell = |step: &Step| {
            judged.push(step.judged.unwrap_or(f64::NAN));
            std::ops::ControlFlow::Continue(())
        };
        let head = Head::Custom("grade".into());
        let config = TreesConfig {
            patience: config.trees,
            ..config.clone()
        };
        trees::train(
            (&train.view()?, &head),
            Some(&test.view()?),
            &config,
            &mut tell,
        )?;
        seconds += started.elapsed().as_secs_f64();
        last += judged.last().copied().unwrap_or(f64::NAN) / 5.0;
        for (sum, judged) in curve.iter_mut().zip(judged) {
            *sum += judged / 5.0;
        }
    }
    let best = curve.iter().copied().fold(0.0, f64::max);
    say(&format!(
        "nDCG@5 {last:.4} after all trees, {best:.4} at the best number of trees, {seconds:.2} s"
    ));
    Ok(())
}

/// `grade column:value column:value`, columns from 1 to 300; what is not named is 0.
fn judgment(line: &str) -> Result<(f32, Vec<f32>), Failure> {
    let mut words = line.split_whitespace();
    let grade = words.next().ok_or("an empty line")?.parse()?;
    let mut numbers = vec![0.0; 301];
    for word in words {
        let (column, value) = word.split_once(':').ok_or("expected column:value")?;
        let place: usize = column.parse()?;
        *numbers.get_mut(place).ok_or("a column beyond 300")? = value.parse()?;
    }
    Ok((grade, numbers))
}

fn gunzip(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path)?).read_to_string(&mut text)?;
    Ok(text)
}

fn words<T>(bytes: &[u8], word: impl Fn([u8; 4]) -> T) -> Vec<T> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|&bytes| word(bytes))
        .collect()
}

/// Rows of whole numbers from a gzip file with a header.
fn csv(path: &Path, n_columns: usize) -> Result<Vec<Vec<u32>>, Failure> {
    let text = gunzip(path)?;
    let rows = text.lines().skip(1).map(|line| {
        let row: Vec<u32> = line.split(',').map(str::parse).collect::<Result<_, _>>()?;
        if row.len() == n_columns {
            Ok(row)
        } else {
            Err(format!("row {line:?}").into())
        }
    });
    rows.collect()
}

fn fit(
    tables: &[TrainingTable],
    validation: Option<&TrainingTable>,
    config: &NetworkConfig,
    seed: u64,
) -> Result<NetworkModel, Failure> {
    let views: Result<Vec<_>, _> = tables.iter().map(TrainingTable::view).collect();
    let views = views?;
    let set = TrainingSet {
        passes: &views,
        validation: validation.map(TrainingTable::view).transpose()?,
    };
    let started = Instant::now();
    let mut tell = |step: &Step| {
        let judged = step.judged.unwrap_or(f64::NAN);
        say(&format!(
            "pass {:2}  loss {:.5}  judged {judged:.5}  {:.2} s  {:.0} rows/s",
            step.iteration, step.loss, step.seconds, step.rate
        ));
        std::ops::ControlFlow::Continue(())
    };
    let model = network::train(set, config, seed, &mut tell)?;
    say(&format!(
        "trained in {:.1} s",
        started.elapsed().as_secs_f64()
    ));
    Ok(model)
}

fn report(name: &str, model: &NetworkView<'_>, table: &TrainingTable) -> Result<(), Failure> {
    let rows = table.view()?;
    let mut values = vec![0.0; rows.features().n_rows()];
    model.score(&rows.features(), &mut values)?;
    let outcomes: Vec<bool> = rows.label(0).iter().map(|&label| label > 0.5).collect();
    let chances: Vec<f32> = values.iter().map(|&logit| sigmoid(logit)).collect();
    let area = marquee_eval::auc(&values, &outcomes).unwrap_or(f64::NAN);
    let loss = marquee_eval::log_loss(&chances, &outcomes).unwrap_or(f64::NAN);
    say(&format!(
        "{name}: AUC {area:.6}  log loss {loss:.6}  ({} rows)",
        outcomes.len()
    ));
    Ok(())
}

/// Time to score 500 rows on one thread, as requests of `each` rows.
fn time(view: &NetworkView<'_>, table: &TrainingTable, each: usize) -> Result<(), Failure> {
    let rows = table.view()?.features();
    let mut values = vec![0.0; 500];
    let mut times = Vec::new();
    let requests = 500 / each;
    for _ in 0..5 {
        for start in (0..rows.n_requests() - requests).step_by(requests) {
            let part = rows.slice(start..start + requests);
            let started = Instant::now();
            view.score(&part, &mut values)?;
            times.push(started.elapsed().as_secs_f64() * 1e3);
        }
    }
    times.sort_unstable_by(f64::total_cmp);
    let at = |share: usize| times[times.len() * share / 100];
    say(&format!(
        "500 rows in requests of {each}: {:.3} ms (10 %), {:.3} ms (median), {:.3} ms (99 %)",
        at(10),
        at(50),
        at(99)
    ));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the report of a program")]
fn say(line: &str) {
    println!("{line}");
}
