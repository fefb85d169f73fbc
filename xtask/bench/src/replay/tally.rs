//! How often the item was in the answer, by tenth of the log and by how much was known of the viewer.

use std::collections::BTreeMap;

/// In the order of the columns.
const CONTESTANTS: [&str; 4] = [
    "first model",
    "trained at each tenth",
    "first model, live",
    "trained at each tenth, live",
];

/// Borders of how many items a viewer had touched.
const LENGTHS: [(usize, &str); 5] = [
    (0, "nothing"),
    (1, "1 or 2"),
    (3, "3 to 9"),
    (10, "10 to 29"),
    (30, "30 and more"),
];

#[derive(Debug, Default, Clone, Copy)]
struct Sum {
    cases: usize,
    hits: [usize; 4],
    gains: [f64; 4],
}

impl Sum {
    fn add(&mut self, ranks: [Option<usize>; 4]) {
        self.cases += 1;
        for (place, rank) in ranks.into_iter().enumerate() {
            self.hits[place] += usize::from(rank.is_some());
            // One relevant item: nDCG is the discount of its place.
            self.gains[place] += rank.map_or(0.0, |rank| 1.0 / (rank as f64 + 2.0).log2());
        }
    }

    fn cells(&self) -> String {
        let n = self.cases.max(1) as f64;
        let pairs = self.hits.iter().zip(&self.gains);
        let cells: Vec<String> = pairs
            .map(|(&hits, gain)| format!("{:.4} / {:.4}", hits as f64 / n, gain / n))
            .collect();
        cells.join(" | ")
    }
}

/// Everything that was asked.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    tenths: BTreeMap<usize, Sum>,
    lengths: BTreeMap<usize, Sum>,
    all: Sum,
}

impl Tally {
    /// Adds one question: in which tenth, how many items the viewer had touched, and the place of
    /// the item in each answer.
    pub(crate) fn add(&mut self, tenth: usize, length: usize, ranks: [Option<usize>; 4]) {
        let border = LENGTHS.iter().rposition(|&(least, _)| length >= least);
        let border = border.unwrap_or(0);
        self.tenths.entry(tenth).or_default().add(ranks);
        self.lengths.entry(border).or_default().add(ranks);
        self.all.add(ranks);
    }

    /// Two tables in Markdown: hit@10 and nDCG@10 of each contestant.
    pub(crate) fn lines(&self) -> Vec<String> {
        let head = |first: &str| format!("| {first} | questions | {} |", CONTESTANTS.join(" | "));
        let rule = "|---|---|---|---|---|---|".to_owned();
        let row = |name: &str, sum: &Sum| format!("| {name} | {} | {} |", sum.cases, sum.cells());
        let mut lines = vec![head("tenth of the log"), rule.clone()];
        let tenths = self.tenths.iter();
        lines.extend(tenths.map(|(tenth, sum)| row(&(tenth + 1).to_string(), sum)));
        lines.push(row("all", &self.all));
        lines.extend([String::new(), head("items the viewer had touched"), rule]);
        let lengths = self.lengths.iter();
        lines.extend(lengths.map(|(&border, sum)| row(LENGTHS[border].1, sum)));
        lines
    }
}
