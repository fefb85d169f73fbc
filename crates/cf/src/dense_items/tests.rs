use marquee_core::{HistoryEntry, ItemIdx, Timestamp};
use marquee_store::{Artifact, ArtifactBuilder};

use super::*;
use crate::{Error, Recommender};

fn model() -> DenseItemModel {
    DenseItemModel {
        name: "ease",
        n_items: 3,
        weights: vec![0.0, 0.5, 0.5, 0.25, 0.0, -1.0, 1.0, 2.0, 0.0],
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
fn rows_of_the_history_add_up() {
    let mut scores = [f32::NAN; 3];
    let history = [entry(0, 2.0), entry(1, -1.0)];
    model().view().score_all(&history, &mut scores).unwrap();
    assert_eq!(
        scores.map(f32::to_bits),
        [-0.25_f32, 1.0, 2.0].map(f32::to_bits)
    );
}

#[test]
fn likeness_leaves_the_item_out_and_keeps_negative_ones() {
    let similar = model().view().similar_items(ItemIdx(1), 9).unwrap();
    let items: Vec<u32> = similar.iter().map(|other| other.item.0).collect();
    assert_eq!(items, [0, 2]);
}

#[test]
fn weights_that_are_not_square_are_refused() {
    let mut builder = ArtifactBuilder::new("ease", 1);
    builder.section("weights", &[2, 3], &[0.0_f32; 6]);
    let artifact = Artifact::from_bytes(&builder.to_bytes().unwrap()).unwrap();
    let got = DenseItemView::open(&artifact, "ease");
    assert!(matches!(got, Err(Error::SectionShape { found: 3, .. })));
}
