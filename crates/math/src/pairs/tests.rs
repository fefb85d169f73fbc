use super::*;

/// Three vectors of two numbers, and weights of 2, 3 and 5.
const COLUMNS: [usize; 3] = [0, 3, 5];
const WEIGHTS: [f32; 12] = [0.0, 2.0, 3.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0];
const ROW: [f32; 7] = [1.0, 2.0, 99.0, 3.0, 4.0, 5.0, -1.0];

/// Small whole numbers and halves are exact.
fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn sums_are_those_worked_by_hand() {
    let pairs = PairSums::new(&COLUMNS, 2, &WEIGHTS);
    // 2 * 1*3 + 3 * 1*5 + 5 * 3*5, and 2 * 2*4 + 3 * 2*-1 + 5 * 4*-1.
    for shared in 0..=3 {
        let mut start = vec![9.0; pairs.start_len()];
        pairs.begin(&ROW, shared, &mut start);
        let mut sums = [0.0; 2];
        let x = MatrixView::new(&ROW, 1, 7);
        pairs.sums(
            x,
            (shared, &start),
            &mut MatrixViewMut::new(&mut sums, 1, 2),
        );
        assert_eq!(bits(&sums), bits(&[96.0, -10.0]), "{shared}");
    }
}

#[test]
fn slopes_are_those_worked_by_hand() {
    let pairs = PairSums::new(&COLUMNS, 2, &WEIGHTS);
    let (x, d_sums) = (MatrixView::new(&ROW, 1, 7), [1.0, 10.0]);
    let d_sums = MatrixView::new(&d_sums, 1, 2);
    let mut slopes = [1.0; 12];
    pairs.weight_slopes(x, d_sums, &mut slopes);
    // 1 * 1*3 + 10 * 2*4, and so on; what is not above the diagonal stays.
    let wanted = [
        1.0, 84.0, -14.0, 1.0, 1.0, 1.0, -24.0, 1.0, 1.0, 1.0, 1.0, 1.0,
    ];
    assert_eq!(bits(&slopes), bits(&wanted));
    let both = [0.0, 2.0, 3.0, 0.0, 2.0, 0.0, 5.0, 0.0, 3.0, 5.0, 0.0, 0.0];
    let mut dx = [0.5; 7];
    let pairs = PairSums::new(&COLUMNS, 2, &both);
    pairs.slopes(x, d_sums, &mut MatrixViewMut::new(&mut dx, 1, 7));
    // 2 * 3 + 3 * 5, ten times 2 * 4 + 3 * -1, and so on.
    let wanted = [21.5, 50.5, 0.5, 27.5, -9.5, 18.5, 260.5];
    assert_eq!(bits(&dx), bits(&wanted));
}
