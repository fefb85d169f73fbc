//! Popularity lift: how much more popular the lists are than what people chose themselves.

/// Lift of the lists over the histories, for each user, in units of the mean history.
///
/// - `users`: for each user the mean popularity of his list and that of his history
///   ([`Popularity::share`](crate::Popularity::share)).
///
/// The mean of the result is `(L - H) / H` with `L` the mean over users of the list's popularity and
/// `H` that of the history's (group average popularity of Abdollahpouri et al. 2020): 0 where lists are
/// as popular as histories, 1 where twice as popular, negative where less. A mean of each user's own
/// ratio would be ruled by the few whose history is rare. The spread of the result takes `H` as given.
///
/// Empty where no history has any popularity.
///
/// # Example
///
/// ```
/// let lifts = marquee_eval::popularity_lift(&[(0.5, 0.25), (0.5, 0.15)]);
/// let mean = lifts.iter().sum::<f64>() / 2.0;
/// assert!((mean - 1.5).abs() < 1e-12);
/// ```
pub fn popularity_lift(users: &[(f64, f64)]) -> Vec<f64> {
    let total: f64 = users.iter().map(|&(_, history)| history).sum();
    if total <= 0.0 {
        return Vec::new();
    }
    let mean = total / users.len() as f64;
    let lift = |&(list, history): &(f64, f64)| (list - history) / mean;
    users.iter().map(lift).collect()
}
