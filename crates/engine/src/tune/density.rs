//! Where trials lie in a space, as a density: a hill over each of them, and a flat part.
//!
//! Hills are products over the parameters. A number has a normal distribution whose tails are folded
//! back at the ends, so that nothing is lost outside; a choice has most of its weight where the trial
//! is. The deviation of `n` trials in `d` dimensions is `0.2 n^(-1 / (d + 4))` (Scott's rule), the same
//! for all parameters. The flat part weighs as much as one trial: nothing is ever out of reach.

use marquee_math::{Rng, fill_normal};
use rand::RngExt;

use super::{Space, domain::Point};

/// Deviation of a hill over a single trial, in the unit of the range.
const DEVIATION: f64 = 0.2;

/// The density of some trials.
#[derive(Debug)]
pub(super) struct Density<'a> {
    space: &'a Space,
    centers: Vec<&'a [Option<Point>]>,
    deviation: f64,
}

impl<'a> Density<'a> {
    /// The density around `centers`, one entry a parameter; where it is `None`, the hill is flat.
    pub(super) fn new(space: &'a Space, centers: Vec<&'a [Option<Point>]>) -> Self {
        let n = centers.len().max(1) as f64;
        let d = space.parameters().len() as f64;
        Self {
            space,
            centers,
            deviation: DEVIATION * n.powf(-1.0 / (d + 4.0)),
        }
    }

    /// Draws points, not yet snapped to values.
    pub(super) fn draw(&self, rng: &mut Rng) -> Vec<Point> {
        let which = rng.random_range(0..=self.centers.len());
        let center = self.centers.get(which);
        let parameters = self.space.parameters().iter().enumerate();
        parameters
            .map(|(at, one)| {
                let point = center.and_then(|center| center[at]);
                match (one.domain.n_choices(), point) {
                    (None, Some(Point::Unit(unit))) => {
                        Point::Unit(folded(unit + self.deviation * normal(rng)))
                    }
                    (Some(n), Some(Point::Choice(which))) if rng.random_bool(self.stays(n)) => {
                        Point::Choice(which)
                    }
                    _ => one.domain.at(rng.random()),
                }
            })
            .collect()
    }

    /// The logarithm of the density at `points`.
    pub(super) fn log_at(&self, points: &[Point]) -> f64 {
        let flat = std::iter::once(self.log_hill(points, None));
        let hills = self.centers.iter();
        let hills = hills.map(|center| self.log_hill(points, Some(center)));
        let logs: Vec<f64> = flat.chain(hills).collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logs.iter().map(|log| (log - largest).exp()).sum();
        largest + (sum / logs.len() as f64).ln()
    }

    fn log_hill(&self, points: &[Point], center: Option<&[Option<Point>]>) -> f64 {
        let parameters = self.space.parameters().iter().zip(points).enumerate();
        parameters
            .map(|(at, (one, &point))| {
                let center = center.and_then(|center| center[at]);
                match (one.domain.n_choices(), center, point) {
                    (None, Some(Point::Unit(center)), Point::Unit(unit)) => {
                        self.log_normal(unit, center)
                    }
                    (Some(n), Some(Point::Choice(center)), Point::Choice(which)) => {
                        let stays = self.stays(n);
                        let other = (1.0 - stays) / n as f64;
                        let here = if center == which { stays } else { 0.0 };
                        (here + other).ln()
                    }
                    (Some(n), ..) => -(n as f64).ln(),
                    (None, ..) => 0.0,
                }
            })
            .sum()
    }

    /// How likely a choice of `n` stays what it was, before it is drawn anew from all `n`.
    fn stays(&self, n: usize) -> f64 {
        let trials = self.centers.len() as f64;
        trials / (trials + n as f64)
    }

    /// The folded normal density: that of the point and of its mirror images.
    fn log_normal(&self, unit: f64, center: f64) -> f64 {
        let hill = |at: f64| (-0.5 * ((at - center) / self.deviation).powi(2)).exp();
        let images = [-unit, unit, 2.0 - unit];
        let height: f64 = images.into_iter().map(hill).sum();
        let area = self.deviation * std::f64::consts::TAU.sqrt();
        (height / area).max(f64::MIN_POSITIVE).ln()
    }
}

fn normal(rng: &mut Rng) -> f64 {
    let mut pair = [0.0_f32; 2];
    fill_normal(rng, 1.0, &mut pair);
    f64::from(pair[0])
}

/// Reflects a number at 0 and 1 until it lies between them.
fn folded(number: f64) -> f64 {
    let turn = number.rem_euclid(2.0);
    if turn > 1.0 { 2.0 - turn } else { turn }
}

#[cfg(test)]
mod tests {
    use marquee_math::rng;

    use super::*;
    use crate::tune::read_spaces;

    fn space() -> Space {
        let text = "[rp3beta]\nalpha = { min = 0.0, max = 1.0 }\nbeta = [0.1, 0.2, 0.3]";
        read_spaces(text).unwrap().remove("rp3beta").unwrap()
    }

    /// By sums over a fine grid.
    fn area(density: &Density<'_>) -> f64 {
        let cells = 2000;
        let mut sum = 0.0;
        for cell in 0..cells {
            let unit = (f64::from(cell) + 0.5) / f64::from(cells);
            for which in 0..3 {
                let points = [Point::Unit(unit), Point::Choice(which)];
                sum += density.log_at(&points).exp() / f64::from(cells);
            }
        }
        sum
    }

    #[test]
    fn density_has_area_one() {
        let space = space();
        let ends = [Some(Point::Unit(0.0)), Some(Point::Choice(0))];
        let middle = [Some(Point::Unit(0.6)), Some(Point::Choice(2))];
        let half = [None, Some(Point::Choice(1))];
        for centers in [
            vec![],
            vec![&ends[..]],
            vec![&ends[..], &middle[..], &half[..]],
        ] {
            let area = area(&Density::new(&space, centers));
            assert!((area - 1.0).abs() < 1e-4, "{area}");
        }
    }

    #[test]
    fn draws_have_the_density_that_is_stated() {
        let space = space();
        let centers = [
            [Some(Point::Unit(0.1)), Some(Point::Choice(0))],
            [Some(Point::Unit(0.9)), Some(Point::Choice(2))],
        ];
        let density = Density::new(&space, centers.iter().map(|one| &one[..]).collect());
        let mut rng = rng(5, 0);
        let n = 40_000;
        // Of both parameters together, to see that the draws of a hill belong together.
        let mut found = [[0.0_f64; 3]; 4];
        for _ in 0..n {
            let drawn = density.draw(&mut rng);
            let (Point::Unit(unit), Point::Choice(which)) = (drawn[0], drawn[1]) else {
                panic!("{drawn:?}");
            };
            let quarter = (0..4_u32).rfind(|&q| unit * 4.0 >= f64::from(q)).unwrap();
            found[quarter as usize][which] += 1.0 / f64::from(n);
        }
        for (quarter, row) in found.iter().enumerate() {
            for (which, &found) in row.iter().enumerate() {
                let cells = 500;
                let mean: f64 = (0..cells)
                    .map(|cell| {
                        let unit = (quarter as f64 + (f64::from(cell) + 0.5) / 500.0) / 4.0;
                        let points = [Point::Unit(unit), Point::Choice(which)];
                        density.log_at(&points).exp() / f64::from(cells)
                    })
                    .sum();
                assert!((found - mean / 4.0).abs() < 0.01, "{found} {}", mean / 4.0);
            }
        }
    }

    #[test]
    fn numbers_are_reflected_at_the_ends() {
        assert!((folded(-0.2) - 0.2).abs() < 1e-12);
        assert!((folded(1.3) - 0.7).abs() < 1e-12);
        assert!((folded(2.4) - 0.4).abs() < 1e-12);
        assert!((folded(0.5) - 0.5).abs() < 1e-12);
    }
}
