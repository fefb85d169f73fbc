use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

/// Counts together: a model right enough to pass, with one thing wrong if asked.
struct Counts {
    together: Vec<Vec<f32>>,
    fault: Fault,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    OneScoredAlone,
    BestByAnotherOrder,
    PartsOfAnotherSum,
    NothingRefused,
    SavedWrong,
    BytesByThreads,
    NothingLearned,
}

impl Counts {
    fn train(data: &Dataset, fault: Fault) -> Self {
        let n_items = data.n_items();
        let mut together = vec![vec![0.0; n_items]; n_items];
        let of = |item: u32| data.by_item().row(item as usize).len() as f32;
        for row in data.by_user().rows() {
            for &a in row.columns {
                for &b in row.columns.iter().filter(|&&b| b != a) {
                    let add = 1.0 / (of(a) * of(b)).sqrt();
                    together[a as usize][b as usize] += add;
                }
            }
        }
        if fault == Fault::NothingLearned {
            together = vec![vec![1.0; n_items]; n_items];
        }
        Self { together, fault }
    }

    fn check(&self, items: impl Iterator<Item = ItemIdx>) -> Result<(), Refusal> {
        let n_items = self.together.len();
        for item in items {
            if item.index() >= n_items && self.fault != Fault::NothingRefused {
                return Err(Refusal::of(&item.0));
            }
        }
        Ok(())
    }

    fn check_history(&self, history: &History) -> Result<(), Refusal> {
        self.check(history.iter().map(|entry| entry.item))?;
        match history.iter().find(|entry| !entry.weight.is_finite()) {
            Some(entry) => Err(Refusal::of(&entry.weight)),
            None => Ok(()),
        }
    }

    fn part(&self, entry: &marquee_core::HistoryEntry, item: usize) -> f32 {
        let row = self.together.get(entry.item.index());
        row.map_or(0.0, |row| entry.weight * row[item])
    }

    fn one(&self, history: &History, item: usize) -> f32 {
        let parts = history.iter().map(|entry| self.part(entry, item));
        parts.fold(0.0, |sum, part| sum + part)
    }
}

impl Answers for Counts {
    fn n_items(&self) -> usize {
        self.together.len()
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<(), Refusal> {
        self.check_history(history)?;
        if scores.len() != self.n_items() {
            return Err(Refusal::of(&scores.len()));
        }
        for (item, score) in scores.iter_mut().enumerate() {
            *score = self.one(history, item);
        }
        Ok(())
    }

    fn score(
        &self,
        history: &History,
        items: &[ItemIdx],
        scores: &mut [f32],
    ) -> Result<(), Refusal> {
        self.check_history(history)?;
        self.check(items.iter().copied())?;
        if scores.len() != items.len() {
            return Err(Refusal::of(&scores.len()));
        }
        for (score, item) in scores.iter_mut().zip(items) {
            *score = self.one(history, item.index());
            if self.fault == Fault::OneScoredAlone {
                *score *= 1.000_001;
            }
        }
        Ok(())
    }

    fn best(&self, history: &History, k: usize) -> Result<Vec<ScoredItem>, Refusal> {
        self.check_history(history)?;
        let all: Vec<f32> = (0..self.n_items())
            .map(|item| self.one(history, item))
            .collect();
        let mut best = head(&all, k);
        if self.fault == Fault::BestByAnotherOrder {
            best.reverse();
        }
        Ok(best)
    }

    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>, Refusal> {
        self.check([item].into_iter())?;
        let mut row = self.together.get(item.index()).cloned().unwrap_or_default();
        if let Some(itself) = row.get_mut(item.index()) {
            *itself = f32::NEG_INFINITY;
        }
        Ok(head(&row, k))
    }

    fn explain(&self, history: &History, item: ItemIdx) -> Result<Parts, Refusal> {
        self.check_history(history)?;
        self.check([item].into_iter())?;
        let scale = match self.fault {
            Fault::PartsOfAnotherSum => 1.01,
            _ => 1.0,
        };
        let part = |entry| f64::from(self.part(entry, item.index())) * scale;
        Ok(Parts {
            score: self.one(history, item.index()),
            base: 0.0,
            parts: history.iter().map(|e| (e.item, part(e))).collect(),
        })
    }
}

fn head(scores: &[f32], k: usize) -> Vec<ScoredItem> {
    let best = marquee_math::top_k(scores, k).into_iter();
    best.map(|scored| ScoredItem {
        item: ItemIdx(scored.index),
        score: scored.score,
    })
    .collect()
}

fn run(fault: Fault) {
    let train = |data: &Dataset, _seed: u64, threads: Threads| {
        let model = Counts::train(data, fault);
        let mut reopened = Counts::train(data, fault);
        let mut bytes: Vec<u8> = Vec::new();
        for row in &model.together {
            bytes.extend(row.iter().flat_map(|value| value.to_bits().to_le_bytes()));
        }
        if fault == Fault::BytesByThreads {
            bytes.push(u8::try_from(threads.0).unwrap());
        }
        if fault == Fault::SavedWrong {
            reopened.together[1][0] += 0.5;
        }
        Trained {
            model: Box::new(model),
            reopened: Box::new(reopened),
            bytes,
        }
    };
    let subject = Subject {
        train: &train,
        personalization: Personalization::ByHistory,
    };
    subject.check();
}

#[track_caller]
fn check_caught(fault: Fault, message: &str) {
    let caught = catch_unwind(AssertUnwindSafe(|| run(fault)));
    let panic = caught.expect_err("the suite let it pass");
    let said = panic.downcast_ref::<String>().map_or("", String::as_str);
    assert!(said.contains(message), "{said:?} does not say {message:?}");
}

#[test]
fn a_sound_model_passes() {
    run(Fault::None);
}

#[test]
fn score_that_depends_on_the_batch_is_caught() {
    check_caught(Fault::OneScoredAlone, "alone");
}

#[test]
fn best_items_in_another_order_are_caught() {
    check_caught(Fault::BestByAnotherOrder, "the best");
}

#[test]
fn parts_that_do_not_sum_are_caught() {
    check_caught(Fault::PartsOfAnotherSum, "for");
}

#[test]
fn model_that_refuses_nothing_is_caught() {
    check_caught(Fault::NothingRefused, "question 0 was not refused");
}

#[test]
fn model_saved_wrong_is_caught() {
    check_caught(Fault::SavedWrong, "saved and opened");
}

#[test]
fn bytes_that_depend_on_threads_are_caught() {
    check_caught(Fault::BytesByThreads, "threads");
}

#[test]
fn model_that_learned_nothing_is_caught() {
    check_caught(Fault::NothingLearned, "in block");
}
