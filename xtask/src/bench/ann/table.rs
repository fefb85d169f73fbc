//! The measurements of all rounds, as tables.

use anyhow::Context;

use crate::shell;

/// What was built, and what each setting took in each round.
#[derive(Debug)]
pub(super) struct Table {
    built: Vec<Vec<String>>,
    settings: Vec<Setting>,
}

#[derive(Debug)]
struct Setting {
    /// Name, setting, k and recall.
    cells: Vec<String>,
    /// Microseconds a query in each round.
    micros: Vec<f64>,
}

impl Table {
    /// A table over what contenders built.
    pub(super) fn new<'a>(built: impl Iterator<Item = &'a [String]>) -> Self {
        Self {
            built: built.map(<[String]>::to_vec).collect(),
            settings: Vec::new(),
        }
    }

    /// Takes in a contender's round.
    ///
    /// # Errors
    ///
    /// When a line does not end with a number.
    pub(super) fn add(&mut self, lines: &[Vec<String>]) -> anyhow::Result<()> {
        for line in lines {
            let last = line.split_last().and_then(|(micros, cells)| {
                let micros: f64 = micros.parse().ok()?;
                Some((cells, micros))
            });
            let (cells, micros) = last.with_context(|| format!("not a measurement: {line:?}"))?;
            match self.settings.iter_mut().find(|known| known.cells == cells) {
                Some(known) => known.micros.push(micros),
                None => self.settings.push(Setting {
                    cells: cells.to_vec(),
                    micros: vec![micros],
                }),
            }
        }
        Ok(())
    }

    /// Prints what was built, then a table for each k, faster rows of a contender first.
    pub(super) fn print(&self) {
        shell::say("\n| structure | build, s of one core | bytes a vector, itself included |");
        shell::say("|---|---|---|");
        for built in &self.built {
            shell::say(format_args!("| {} |", built.join(" | ")));
        }
        for k in ["10", "100"] {
            shell::say(format_args!(
                "\n| structure | setting | recall@{k} | µs a query | queries/s a core |"
            ));
            shell::say("|---|---|---|---|---|");
            for Setting { cells, micros } in &self.settings {
                if let [name, setting, found, recall] = &cells[..]
                    && found == k
                {
                    let micros = median(micros);
                    let rate = 1e6 / micros;
                    shell::say(format_args!(
                        "| {name} | {setting} | {recall} | {micros:.1} | {rate:.0} |"
                    ));
                }
            }
        }
    }
}

/// The middle one; the mean of the middle two where their number is even.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    } else {
        sorted[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_of_a_setting_come_together() {
        let line = |micros: &str| {
            vec![
                ["a", "wide", "10", "0.9", micros]
                    .map(str::to_owned)
                    .to_vec(),
            ]
        };
        let mut table = Table::new(std::iter::empty());
        for micros in ["3.0", "1.0", "2.5"] {
            table.add(&line(micros)).unwrap();
        }
        assert_eq!(table.settings.len(), 1);
        assert!((median(&table.settings[0].micros) - 2.5).abs() < 1e-9);
        assert!((median(&[1.0, 2.0]) - 1.5).abs() < 1e-9);
        assert!(table.add(&line("fast")).is_err());
    }
}
