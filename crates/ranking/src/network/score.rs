//! Scoring: all rows of a request through a layer before the next layer, what is the same for all of them
//! worked out once.

use std::{cell::RefCell, sync::Arc};

use marquee_features::{FeatureRows, FeatureTable, Head};
use marquee_math::exponential::softmax;

use super::{NAME, NetworkView, chunk::Chunk, dropout::Dropout};
use crate::{Error, Link, Ranker, Result, check::row};

/// Rows that go through the layers together: what they are made of on the way stays in the nearer caches.
const ROWS: usize = 64;
/// From so many rows of a request on, its part of a layer is worked out once.
const SHARING: usize = 6;

thread_local! {
    /// Working space of the threads that score, so that a request allocates nothing.
    static SPACE: RefCell<Space> = RefCell::default();
}

#[derive(Debug, Default)]
struct Space {
    chunk: Chunk,
    places: Vec<u32>,
    requests: Vec<u32>,
    /// Rows as the layers see them, where that differs.
    retold: Option<FeatureTable>,
}

impl Ranker for NetworkView<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn heads(&self) -> &[Head] {
        &self.description.heads
    }

    fn link(&self, head: usize) -> Link {
        match self.description.shape.heads[head].outcome {
            super::outcome::Outcome::Chance => Link::Logit,
            super::outcome::Outcome::Share(_) | super::outcome::Outcome::Number => Link::Identity,
        }
    }

    fn score(&self, rows: &FeatureRows<'_>, values: &mut [f32]) -> Result<()> {
        let n_rows = rows.n_rows();
        let n_heads = self.heads().len();
        crate::ranker::check_room(NAME, values, n_rows * n_heads)?;
        let heads = &self.description.shape.heads;
        self.each_output(rows, |place, outputs| {
            for (at, head) in heads.iter().enumerate() {
                let outputs = &mut outputs[head.first..][..head.outcome.n_outputs()];
                values[at * n_rows + place] = head.outcome.value(outputs);
            }
        })
    }
}

impl NetworkView<'_> {
    /// Writes for each row the shares of evenly spaced values from 0 to 1 of a head that predicts a
    /// share, such as the fraction watched; gives the number of values.
    ///
    /// - `shares`: emptied first; then rows one after the other.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchHead`] when there is no such head or it predicts something else, and as
    /// [`Ranker::score`].
    pub fn distribution(
        &self,
        rows: &FeatureRows<'_>,
        head: &Head,
        shares: &mut Vec<f32>,
    ) -> Result<usize> {
        let place = self.heads().iter().position(|other| other == head);
        let layers = place.map(|place| &self.description.shape.heads[place]);
        let shared = layers.filter(|layers| layers.outcome.n_outputs() > 1);
        let Some(layers) = shared else {
            return Err(Error::NoSuchHead {
                model: NAME,
                head: head.to_string(),
            });
        };
        let n = layers.outcome.n_outputs();
        shares.clear();
        shares.resize(rows.n_rows() * n, 0.0);
        self.each_output(rows, |place, outputs| {
            let outputs = &mut outputs[layers.first..][..n];
            softmax(outputs);
            shares[place * n..(place + 1) * n].copy_from_slice(outputs);
        })?;
        Ok(n)
    }

    /// Calls `take` with the outputs of each row.
    fn each_output(
        &self,
        rows: &FeatureRows<'_>,
        mut take: impl FnMut(usize, &mut [f32]),
    ) -> Result<()> {
        // Most tables of a caller have the very schema that the model was asked for.
        let same = std::ptr::eq(rows.schema(), &raw const *self.description.schema);
        let found = if same {
            self.description.fingerprint
        } else {
            rows.schema().fingerprint()
        };
        if found != self.description.fingerprint {
            return Err(Error::Schema {
                model: NAME,
                found,
                expected: self.description.fingerprint,
            });
        }
        SPACE.with_borrow_mut(|space| {
            let Some(plan) = &self.description.plan else {
                self.run_all(space, rows, &mut take);
                return Ok(());
            };
            let kept = space.retold.take();
            let mut table = match kept.filter(|kept| Arc::ptr_eq(kept.schema(), &plan.inner)) {
                Some(table) => table,
                None => FeatureTable::new(Arc::clone(&plan.inner))?,
            };
            plan.retell(self.records, rows, &mut table)?;
            self.run_all(space, &table.view(), &mut take);
            space.retold = Some(table);
            Ok(())
        })
    }

    /// Rows as the layers see them.
    fn run_all(
        &self,
        space: &mut Space,
        rows: &FeatureRows<'_>,
        take: &mut impl FnMut(usize, &mut [f32]),
    ) {
        let mut request = 0;
        while request < rows.n_requests() {
            let many = rows.rows_of(request).len() >= SHARING;
            let first = request;
            if many {
                request += 1;
            } else {
                let few = |request: usize| rows.rows_of(request).len() < SHARING;
                let mut n = 0;
                while request < rows.n_requests() && few(request) && n < ROWS {
                    n += rows.rows_of(request).len();
                    request += 1;
                }
            }
            self.run(space, rows, first..request, take);
        }
    }

    /// Rows of one request with many, or of several with few each.
    fn run(
        &self,
        space: &mut Space,
        rows: &FeatureRows<'_>,
        requests: std::ops::Range<usize>,
        take: &mut impl FnMut(usize, &mut [f32]),
    ) {
        let parameters = self.parameters();
        let shape = parameters.shape;
        let one = requests.len() == 1;
        let shared = if one { shape.layout.request_width } else { 0 };
        space.places.clear();
        space.requests.clear();
        for request in requests {
            let of_request = rows.rows_of(request);
            space
                .requests
                .extend(of_request.clone().map(|_| row(request)));
            space.places.extend(of_request.map(row));
        }
        let Some(&first) = space.places.first() else {
            return;
        };
        space.chunk.forget();
        for places in space.places.chunks(ROWS) {
            let request = |place: u32| space.requests[(place - first) as usize] as usize;
            let shared_by = (places, shared);
            space.chunk.fill_more(parameters, rows, shared_by, request);
            let pass = &mut space.chunk.pass;
            pass.forward(shape, parameters.forth(), shared, &mut Dropout::none());
            let outputs = pass.outputs.chunks_exact_mut(shape.direct.padded());
            for (&place, outputs) in places.iter().zip(outputs) {
                take(place as usize, outputs);
            }
        }
    }
}
