//! The bridge from this crate's models to the suite of `marquee-testkit`.

use marquee_core::{Dataset, History, ItemIdx, ScoredItem};
use marquee_store::{Artifact, ArtifactBuilder};
use marquee_testkit::conformance::{
    Answers, Parts, Personalization, Refusal, Subject, Threads, Trained,
};

use crate::{Recommender, Result as Asked};

/// How to borrow the answering form of `T`.
type Borrow<T> = for<'a> fn(&'a T) -> Asked<Box<dyn Recommender + 'a>>;

/// How a model is trained, saved, opened and asked.
pub(crate) struct Case<M> {
    pub(crate) train: fn(&Dataset, u64) -> Asked<M>,
    pub(crate) view: Borrow<M>,
    pub(crate) save: for<'a> fn(&'a M) -> ArtifactBuilder<'a>,
    pub(crate) open: Borrow<Artifact>,
}

/// Something owned that answers through what can be borrowed from it.
struct Owned<T> {
    owned: T,
    borrow: Borrow<T>,
}

impl<T> Owned<T> {
    fn ask<A>(&self, question: impl FnOnce(&dyn Recommender) -> Asked<A>) -> Result<A, Refusal> {
        let view = (self.borrow)(&self.owned).map_err(|error| Refusal::of(&error))?;
        question(view.as_ref()).map_err(|error| Refusal::of(&error))
    }
}

impl<T> Answers for Owned<T> {
    fn n_items(&self) -> usize {
        self.ask(|view| Ok(view.n_items())).unwrap()
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<(), Refusal> {
        self.ask(|view| view.score_all(history, scores))
    }

    fn score(
        &self,
        history: &History,
        items: &[ItemIdx],
        scores: &mut [f32],
    ) -> Result<(), Refusal> {
        self.ask(|view| view.score(history, items, scores))
    }

    fn best(&self, history: &History, k: usize) -> Result<Vec<ScoredItem>, Refusal> {
        self.ask(|view| view.best(history, k))
    }

    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>, Refusal> {
        self.ask(|view| view.similar_items(item, k))
    }

    fn explain(&self, history: &History, item: ItemIdx) -> Result<Parts, Refusal> {
        self.ask(|view| {
            let got = view.explain(history, item)?;
            let parts = got.contributions.iter();
            Ok(Parts {
                score: got.score,
                base: got.base,
                parts: parts.map(|part| (part.item, part.value)).collect(),
            })
        })
    }
}

impl<M: Send + 'static> Case<M> {
    /// Runs the suite.
    #[track_caller]
    pub(crate) fn check(&self, personalization: Personalization) {
        let train = |data: &Dataset, seed: u64, threads: Threads| self.train(data, seed, threads);
        let subject = Subject {
            train: &train,
            personalization,
        };
        subject.check();
    }

    fn train(&self, data: &Dataset, seed: u64, threads: Threads) -> Trained {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.0);
        let model = pool
            .build()
            .unwrap()
            .install(|| (self.train)(data, seed))
            .unwrap();
        let bytes = (self.save)(&model).to_bytes().unwrap();
        let artifact = Artifact::from_bytes(&bytes).unwrap();
        artifact.verify().unwrap();
        Trained {
            model: Box::new(Owned {
                owned: model,
                borrow: self.view,
            }),
            reopened: Box::new(Owned {
                owned: artifact,
                borrow: self.open,
            }),
            bytes,
        }
    }
}
