//! Any bytes at all open as an artifact or give an error, and what is written is read.

use marquee_store::{Artifact, ArtifactBuilder, Error, Result};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, proptest};

use crate::common::{exercise, header_bytes, sample, seal};

/// Everything but an error of the file system, which bytes in memory cannot have.
fn check_answer(outcome: &Result<()>) -> bool {
    !matches!(outcome, Err(Error::Io { .. }))
}

/// Positions and bytes to be written there.
fn edits(length: usize) -> impl Strategy<Value = Vec<(usize, u8)>> {
    // Small numbers and their complements are what offsets and lengths are made of.
    let byte = prop::strategy::Union::new([
        any::<u8>().boxed(),
        (0_u8..9).boxed(),
        (250_u8..=255).boxed(),
    ]);
    prop::collection::vec((0..length, byte), 1..12)
}

fn sections() -> impl Strategy<Value = Vec<(String, Vec<f32>, Vec<u64>)>> {
    let section = ("[a-z][a-z0-9_.]{0,20}", 0_usize..5, 1_usize..40).prop_flat_map(
        |(name, rows, columns)| {
            let bits = prop::collection::vec(any::<u32>(), rows * columns);
            (Just(name), bits, Just(vec![rows as u64, columns as u64]))
        },
    );
    let section = section.prop_map(|(name, bits, shape)| {
        (name, bits.into_iter().map(f32::from_bits).collect(), shape)
    });
    let names_differ = |sections: &Vec<(String, Vec<f32>, Vec<u64>)>| {
        let mut names: Vec<_> = sections.iter().map(|section| &section.0).collect();
        names.sort();
        names.windows(2).all(|pair| pair[0] != pair[1])
    };
    prop::collection::vec(section, 0..6).prop_filter("names stand once", names_differ)
}

proptest! {
    #[test]
    fn any_bytes_give_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(check_answer(&exercise(&bytes)));
    }

    #[test]
    fn any_header_behind_right_checksums_gives_an_answer(
        mut bytes in prop::collection::vec(any::<u8>(), 64..600),
        length in 0_u64..600,
    ) {
        seal(&mut bytes, length);
        prop_assert!(check_answer(&exercise(&bytes)));
    }

    #[test]
    fn any_edit_behind_right_checksums_gives_an_answer(edits in edits(2000)) {
        let mut bytes = sample().unwrap();
        let header = header_bytes(&bytes);
        let length = bytes.len();
        for (at, byte) in edits {
            // Half of the edits go into the header, where they hurt most.
            let range = if at % 2 == 0 { 64 + usize::try_from(header).unwrap() } else { length };
            bytes[at % range] = byte;
        }
        seal(&mut bytes, header);
        prop_assert!(check_answer(&exercise(&bytes)));
    }

    #[test]
    fn what_is_written_is_read(
        sections in sections(),
        words in prop::collection::vec(".{0,9}", 0..20),
        notes in prop::collection::btree_map("\\PC{1,20}", ".{0,40}", 0..5),
    ) {
        let mut builder = ArtifactBuilder::new("any", 1);
        for (key, value) in &notes {
            builder.meta(key, value);
        }
        for (name, data, shape) in &sections {
            builder.section(name, shape, data);
        }
        builder.strings("Words", &words);
        let bytes = builder.to_bytes().unwrap();
        prop_assert_eq!(&bytes, &builder.to_bytes().unwrap());
        let artifact = Artifact::from_bytes(&bytes).unwrap();
        artifact.verify().unwrap();
        let found: Vec<_> = artifact.metas().collect();
        let want: Vec<_> = notes.iter().map(|(key, value)| (&**key, &**value)).collect();
        prop_assert_eq!(found, want);
        for (name, data, shape) in &sections {
            let found = artifact.section::<f32>(name).unwrap();
            prop_assert_eq!(found.shape, &shape[..]);
            let bits = |data: &[f32]| data.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(found.data), bits(data));
        }
        let found: Vec<_> = artifact.strings("Words").unwrap().iter().collect();
        prop_assert_eq!(found, words);
    }
}
