use marquee_core::{HistoryEntry, ItemIdx, Timestamp};
use marquee_store::{Artifact, ArtifactBuilder};

use super::*;
use crate::{Error, Recommender};

fn model() -> ContextModel {
    ContextModel {
        name: "bpr",
        metas: vec![("factors", "2".to_owned())],
        n_factors: 2,
        length_exponent: 0.5,
        item_factors: vec![1.0, 0.0, 0.0, 1.0, 2.0, 2.0],
        context_factors: vec![1.0, 2.0, 3.0, 4.0, 0.0, 0.0],
        biases: vec![0.0, 0.5, -0.5],
    }
}

fn entry(item: u32, weight: f32) -> HistoryEntry {
    HistoryEntry {
        item: ItemIdx(item),
        weight,
        time: Timestamp::EPOCH,
    }
}

#[test]
fn score_by_hand() {
    // Two entries count: v = (1 + 3, 2 + 4) / sqrt(2).
    let history = [entry(0, 1.0), entry(2, -1.0), entry(1, 7.0)];
    let mut scores = [0.0; 3];
    model().view().score_all(&history, &mut scores).unwrap();
    let root = 2.0_f32.sqrt();
    let want = [4.0 / root, 6.0 / root + 0.5, 20.0 / root - 0.5];
    for (got, want) in scores.iter().zip(want) {
        assert!((got - want).abs() < 1e-5, "{got} for {want}");
    }
    let parts = model().view().explain(&history, ItemIdx(2)).unwrap();
    assert!(parts.relative_gap() < 1e-6 && parts.contributions[1].value.abs() < 1e-12);
}

#[test]
fn sections_that_do_not_fit_are_named() {
    let mut artifact = ArtifactBuilder::new("bpr", 1);
    artifact
        .section("item_factors", &[2, 2], &[0.0_f32; 4])
        .section("context_factors", &[2, 1], &[0.0_f32; 2])
        .section("biases", &[2], &[0.0_f32; 2])
        .section("fold_in", &[1], &[0.5_f64]);
    let artifact = Artifact::from_bytes(&artifact.to_bytes().unwrap()).unwrap();
    let got = ContextView::open(&artifact, "bpr");
    assert!(matches!(
        got,
        Err(Error::SectionShape {
            section: "context_factors",
            ..
        })
    ));
}
