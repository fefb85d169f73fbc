//! One step: the loss of a batch of users, and its gradient for the items that take part.

use marquee_core::SparseView;
use marquee_math::{MatrixView, MatrixViewMut, Scale, axpy, dot, gemm};
use rayon::prelude::*;

use crate::{
    check::narrow,
    exponential::{exp, exp_all},
};

/// Users that one task scores; fixed, so that the work is cut alike on any number of threads.
const USERS: usize = 16;
/// Items whose gradients one task sums.
const ITEMS: usize = 64;

/// Who competes with what was touched.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rivals<'a> {
    /// Every item.
    All,
    /// These, drawn alike and perhaps twice: together they stand for all others.
    Drawn(&'a [u32]),
}

/// What a step is computed from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem<'a> {
    /// Users by items; each row without repeats.
    pub(super) by_user: SparseView<'a>,
    /// `n_items x d`.
    pub(super) items: &'a [f32],
    pub(super) d: usize,
    pub(super) temperature: f32,
    /// Power of a user's number of items that his pairs' weights are divided by.
    pub(super) discount: f64,
}

/// The gradient of the sum of a batch's losses.
#[derive(Debug, Default)]
pub(super) struct Slopes {
    /// The sum of the losses, each pair's times its user's weight.
    pub(super) loss: f64,
    /// Items with a gradient, rising.
    pub(super) rows: Vec<u32>,
    /// `rows.len() x d`.
    pub(super) values: Vec<f32>,
}

/// The rivals' vectors at length one.
struct Field {
    rows: Vec<u32>,
    units: Vec<f32>,
    /// How many items each stands for.
    share: f32,
    /// Whether what a user touched is among them.
    complete: bool,
}

/// What a task found out about its users.
struct Part {
    loss: f64,
    /// Their vectors at length one, and the gradients of their sums.
    units: Vec<f32>,
    sums: Vec<f32>,
    /// Slopes of the rivals' scores, a row a user.
    slopes: Vec<f32>,
    /// Slope of each touched pair's score, user by user.
    own: Vec<f32>,
}

/// One vector's part in an item's gradient.
#[derive(Debug, Clone, Copy)]
enum Pull {
    /// As a touched item of the user at this place, with the slope of his score.
    Touched { place: u32, slope: f32 },
    /// As a rival at this place.
    Rival { place: u32 },
}

impl Problem<'_> {
    /// The loss of `users` and its gradient.
    pub(super) fn solve(&self, users: &[u32], rivals: Rivals<'_>) -> Slopes {
        let d = self.d;
        let field = self.field(rivals);
        let parts: Vec<Part> = users
            .par_chunks(USERS)
            .map(|users| self.part(users, &field))
            .collect();
        let n_rivals = field.rows.len();
        let mut units = Vec::with_capacity(users.len() * d);
        let mut sums = Vec::with_capacity(users.len() * d);
        let mut slopes = Vec::with_capacity(users.len() * n_rivals);
        for part in &parts {
            units.extend_from_slice(&part.units);
            sums.extend_from_slice(&part.sums);
            slopes.extend_from_slice(&part.slopes);
        }
        let mut rival_slopes = vec![0.0; n_rivals * d];
        let slopes = MatrixView::new(&slopes, users.len(), n_rivals);
        let vectors = MatrixView::new(&units, users.len(), d);
        let mut to = MatrixViewMut::new(&mut rival_slopes, n_rivals, d);
        gemm(Scale::SET, slopes.transposed(), vectors, &mut to);
        let pulls = self.pulls(users, &field.rows, &parts);
        let mut groups: Vec<&[(u32, Pull)]> = Vec::new();
        groups.extend(pulls.chunk_by(|one, other| one.0 == other.0));
        let mut values = vec![0.0; groups.len() * d];
        let tasks = values
            .par_chunks_mut(ITEMS * d)
            .zip(groups.par_chunks(ITEMS));
        tasks.for_each(|(values, groups)| {
            for (to, group) in values.chunks_exact_mut(d).zip(groups) {
                self.gather(to, group, (&units, &sums), &rival_slopes);
            }
        });
        Slopes {
            loss: parts.iter().map(|part| part.loss).sum(),
            rows: groups.iter().map(|group| group[0].0).collect(),
            values,
        }
    }

    fn item(&self, row: u32) -> &[f32] {
        &self.items[row as usize * self.d..][..self.d]
    }

    fn field(&self, rivals: Rivals<'_>) -> Field {
        let n_items = self.items.len() / self.d;
        let rows: Vec<u32> = match rivals {
            Rivals::All => (0..).take(n_items).collect(),
            Rivals::Drawn(rows) => rows.to_vec(),
        };
        let complete = matches!(rivals, Rivals::All);
        let mut units = vec![0.0; rows.len() * self.d];
        let places = units.par_chunks_exact_mut(self.d).zip(&rows);
        places.for_each(|(unit, &row)| axpy(unit, inverse(self.item(row)), self.item(row)));
        let others = n_items.saturating_sub(1) as f64;
        let share = if complete {
            1.0
        } else {
            others / rows.len().max(1) as f64
        };
        Field {
            rows,
            units,
            share: narrow(share),
            complete,
        }
    }

    /// Scores a few users against the rivals.
    fn part(&self, users: &[u32], field: &Field) -> Part {
        let (d, n, n_rivals) = (self.d, users.len(), field.rows.len());
        let mut units = vec![0.0; n * d];
        let mut inverses = Vec::with_capacity(n);
        for (unit, &user) in units.chunks_exact_mut(d).zip(users) {
            for &item in self.by_user.row(user as usize).columns {
                axpy(unit, 1.0, self.item(item));
            }
            let inverse = inverse(unit);
            unit.iter_mut().for_each(|value| *value *= inverse);
            inverses.push(inverse);
        }
        let rivals = MatrixView::new(&field.units, n_rivals, d);
        let mut slopes = vec![0.0; n * n_rivals];
        let vectors = MatrixView::new(&units, n, d);
        let scale = Scale {
            product: 1.0 / self.temperature,
            old: 0.0,
        };
        let mut to = MatrixViewMut::new(&mut slopes, n, n_rivals);
        gemm(scale, vectors, rivals.transposed(), &mut to);
        let mut sums = vec![0.0; n * d];
        let (mut loss, mut own) = (0.0, Vec::new());
        let rows = slopes
            .chunks_exact_mut(n_rivals.max(1))
            .zip(sums.chunks_exact_mut(d));
        for ((row, sum), (unit, &user)) in rows.zip(units.chunks_exact(d).zip(users)) {
            loss += self.softmax((user, unit), field, (row, sum), &mut own);
        }
        let mut to = MatrixViewMut::new(&mut sums, n, d);
        let slopes_view = MatrixView::new(&slopes, n, n_rivals);
        gemm(Scale::ADD, slopes_view, rivals, &mut to);
        for ((sum, unit), inverse) in sums
            .chunks_exact_mut(d)
            .zip(units.chunks_exact(d))
            .zip(inverses)
        {
            through_length(sum, unit, inverse);
        }
        Part {
            loss,
            units,
            sums,
            slopes,
            own,
        }
    }

    /// The loss of one user. His scores of the rivals become their slopes, those of what he touched are
    /// added to `own`, and what these say of his vector to `sum`.
    fn softmax(
        &self,
        (user, unit): (u32, &[f32]),
        field: &Field,
        (scores, sum): (&mut [f32], &mut [f32]),
        own: &mut Vec<f32>,
    ) -> f64 {
        // Cosines are at most one, so no exponent is above zero.
        let most = 1.0 / self.temperature;
        let rivals = exp_all(scores, most) * f64::from(field.share);
        let touched = self.by_user.row(user as usize).columns;
        let weight = (touched.len() as f64).powf(-self.discount);
        let (mut loss, mut shares) = (0.0, 0.0);
        for &item in touched {
            let vector = self.item(item);
            let inverse = inverse(vector);
            let score = dot(unit, vector) * inverse / self.temperature;
            let strength = f64::from(exp(score - most));
            let (all, drawn) = if field.complete {
                (rivals, 0.0)
            } else {
                (rivals + strength, strength)
            };
            loss += weight * (all.ln() - f64::from(score - most));
            shares += weight / all;
            // In a complete field its own part of the sum is one of the rivals' slopes.
            let slope = narrow(weight * (drawn / all - 1.0)) / self.temperature;
            axpy(sum, slope * inverse, vector);
            own.push(slope);
        }
        let factor = narrow(shares * f64::from(field.share)) / self.temperature;
        scores.iter_mut().for_each(|score| *score *= factor);
        loss
    }

    /// Everything that pulls at an item, by item and then in a fixed order.
    fn pulls(&self, users: &[u32], rivals: &[u32], parts: &[Part]) -> Vec<(u32, Pull)> {
        let mut pulls = Vec::new();
        let mut own = parts.iter().flat_map(|part| &part.own);
        for (&user, place) in users.iter().zip(0_u32..) {
            for &item in self.by_user.row(user as usize).columns {
                let slope = *own.next().expect("one slope for each touched pair");
                pulls.push((item, Pull::Touched { place, slope }));
            }
        }
        let rivals = rivals.iter().zip(0_u32..);
        pulls.extend(rivals.map(|(&item, place)| (item, Pull::Rival { place })));
        // Stable, so that what pulls at one item stays in this order.
        pulls.sort_by_key(|pull| pull.0);
        pulls
    }

    /// Sums the gradient of one item.
    fn gather(
        &self,
        to: &mut [f32],
        pulls: &[(u32, Pull)],
        (units, sums): (&[f32], &[f32]),
        rivals: &[f32],
    ) {
        let d = self.d;
        let vector = self.item(pulls[0].0);
        let inverse = inverse(vector);
        // First as an item that is scored, at length one.
        for (_, pull) in pulls {
            match *pull {
                Pull::Touched { place, slope } => {
                    axpy(to, slope, &units[place as usize * d..][..d]);
                }
                Pull::Rival { place } => axpy(to, 1.0, &rivals[place as usize * d..][..d]),
            }
        }
        let unit: Vec<f32> = vector.iter().map(|value| value * inverse).collect();
        through_length(to, &unit, inverse);
        // Then as a part of users' sums.
        for (_, pull) in pulls {
            if let Pull::Touched { place, .. } = *pull {
                axpy(to, 1.0, &sums[place as usize * d..][..d]);
            }
        }
    }
}

/// One over the length of a vector; bounded for one of no length.
pub(super) fn inverse(vector: &[f32]) -> f32 {
    1.0 / dot(vector, vector).sqrt().max(1e-12)
}

/// The gradient of a vector, in place of that of the vector at length one.
fn through_length(gradient: &mut [f32], unit: &[f32], inverse: f32) {
    let along = dot(gradient, unit);
    axpy(gradient, -along, unit);
    gradient.iter_mut().for_each(|value| *value *= inverse);
}
