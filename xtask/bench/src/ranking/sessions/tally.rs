//! Values of sessions, added up.

/// Values of each order over all sessions.
pub(super) struct Tally(Vec<Vec<f64>>);

impl Tally {
    pub(super) fn new(n_orders: usize) -> Self {
        Self(vec![Vec::new(); n_orders])
    }

    /// Takes in the values of one session.
    pub(super) fn add(&mut self, values: &[f64]) {
        for (all, &value) in self.0.iter_mut().zip(values) {
            all.push(value);
        }
    }

    /// Prints a row for each order: its mean, and the mean of what the second order, ours, has over it in
    /// the same session, with standard errors.
    #[expect(clippy::print_stdout, reason = "the program's answer")]
    pub(super) fn print(&self, names: &[&str]) {
        println!("| order | value a session | below ours | share of the oracle's |");
        println!("|---|---|---|---|");
        let (Some(oracle), Some(ours)) = (self.0.first(), self.0.get(1)) else {
            return;
        };
        for (name, values) in names.iter().zip(&self.0) {
            let differences: Vec<f64> = ours.iter().zip(values).map(|(a, b)| a - b).collect();
            let (mean, error) = mean_and_error(values);
            let (below, of_below) = mean_and_error(&differences);
            let share = mean / mean_and_error(oracle).0;
            println!(
                "| {name} | {mean:.2} ± {error:.2} | {below:.2} ± {of_below:.2} | {share:.3} |"
            );
        }
    }
}

/// The mean and its standard error.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0).max(1.0) / n).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_of_the_mean_is_that_of_the_textbook() {
        let (mean, error) = mean_and_error(&[1.0, 2.0, 3.0, 4.0]);
        assert!((mean - 2.5).abs() < 1e-12);
        // A variance of 5/3, by four.
        assert!((error - (5.0_f64 / 12.0).sqrt()).abs() < 1e-12);
    }
}
