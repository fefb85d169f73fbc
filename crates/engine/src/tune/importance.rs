//! How much each parameter mattered.

use super::{Domain, Space, Status, Trial, domain::Point};
use crate::models;

/// Groups that the trials are put into by a number.
const GROUPS: usize = 3;

/// For each parameter of `space`, the share of the variance between the trials' means that it alone
/// explains, 0 to 1: trials are grouped by choice, or into thirds by number. Trials that failed or
/// were left behind early are left out; `None` where too few are left.
///
/// The share is corrected for the number of groups (Kelley 1935), so that a parameter without effect has
/// about 0. It tells little of parameters that only matter together, and a search looks longer where it
/// is good: a hint where to look, no measurement.
pub fn importance(space: &Space, trials: &[Trial]) -> Vec<(String, Option<f64>)> {
    let complete = trials.iter().filter(|one| one.status() == Status::Complete);
    let judged: Vec<(Vec<Option<Point>>, f64)> = complete
        .filter_map(|trial| {
            let params = models::effective_params(&trial.spec).ok()?;
            Some((space.points(&params), trial.mean()?))
        })
        .collect();
    let parameters = space.parameters().iter().enumerate();
    parameters
        .map(|(at, one)| {
            let groups = groups(
                &one.domain,
                judged.iter().map(|(points, mean)| (points[at], *mean)),
            );
            (one.name.clone(), explained(&groups))
        })
        .collect()
}

/// The means of the trials in each group.
fn groups(domain: &Domain, trials: impl Iterator<Item = (Option<Point>, f64)>) -> Vec<Vec<f64>> {
    let mut groups = vec![Vec::new(); domain.n_choices().unwrap_or(GROUPS)];
    let mut numbers = Vec::new();
    for (point, mean) in trials {
        match point {
            Some(Point::Choice(which)) => groups[which].push(mean),
            Some(Point::Unit(unit)) => numbers.push((unit, mean)),
            None => {}
        }
    }
    numbers.sort_by(|one, other| one.0.total_cmp(&other.0));
    let n = numbers.len();
    for (place, (_, mean)) in numbers.into_iter().enumerate() {
        groups[place * GROUPS / n].push(mean);
    }
    groups
}

/// The corrected share of the variance between groups.
fn explained(groups: &[Vec<f64>]) -> Option<f64> {
    let groups: Vec<&Vec<f64>> = groups.iter().filter(|group| !group.is_empty()).collect();
    let all: Vec<f64> = groups
        .iter()
        .flat_map(|group| group.iter().copied())
        .collect();
    let n_within = all.len().saturating_sub(groups.len());
    if groups.len() < 2 || n_within < 2 {
        return None;
    }
    let spread = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
    };
    let total = spread(&all) / (all.len() - 1) as f64;
    let within = groups.iter().map(|group| spread(group)).sum::<f64>() / n_within as f64;
    (total > 0.0).then(|| (1.0 - within / total).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_between_groups_only_is_explained() {
        let groups = [vec![1.0, 1.0], vec![2.0, 2.0, 2.0]];
        assert_eq!(explained(&groups), Some(1.0));
        let mixed = [vec![1.0, 2.0, 1.0, 2.0], vec![2.0, 1.0, 2.0, 1.0]];
        assert_eq!(explained(&mixed), Some(0.0));
    }

    #[test]
    fn share_is_that_of_a_case_worked_by_hand() {
        // Means 1 and 4 of groups (0, 2) and (3, 5): total spread 13 over 3, within 4 over 2.
        let got = explained(&[vec![0.0, 2.0], vec![3.0, 5.0], vec![]]).unwrap();
        assert!((got - (1.0 - 2.0 / (13.0 / 3.0))).abs() < 1e-12);
    }

    #[test]
    fn too_few_trials_say_nothing() {
        assert_eq!(explained(&[vec![1.0], vec![2.0, 3.0]]), None);
        assert_eq!(explained(&[vec![1.0, 2.0, 3.0, 4.0]]), None);
    }

    #[test]
    fn numbers_are_grouped_by_thirds() {
        let domain: Domain = Domain::Real {
            min: 0.0,
            max: 1.0,
            scale: crate::tune::Scale::Linear,
        };
        let trials = [
            (0.9, 6.0),
            (0.1, 1.0),
            (0.2, 2.0),
            (0.5, 3.0),
            (0.95, 7.0),
            (0.6, 4.0),
        ];
        let trials = trials.map(|(unit, mean)| (Some(Point::Unit(unit)), mean));
        let got = groups(&domain, trials.into_iter());
        assert_eq!(got, [vec![1.0, 2.0], vec![3.0, 4.0], vec![6.0, 7.0]]);
    }
}
