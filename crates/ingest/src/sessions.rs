//! Sessions in two files: some to learn from, others to be judged by.

use std::path::Path;

use marquee_core::{Dataset, Interaction, Vocabulary};

use crate::{
    ReadOptions, Result,
    split::{Ids, read},
};

/// Two files of sessions that were read.
#[derive(Debug, Clone)]
pub struct Sessions {
    /// Ids of all items, those of the training file first.
    pub items: Vocabulary,
    /// Number of items of the training file: those that can be ranked.
    pub n_catalog: usize,
    /// Sessions of the training file by the catalog, every event kept, in the order of time.
    pub train: Dataset,
    /// Sessions of the test file by all items. They are other sessions than those of the training file,
    /// even where ids are the same.
    pub test: Dataset,
}

/// Reads a training and a test file of sessions: a user or session of the file is a session, whose
/// events are all kept, in the order of time, and of the file where times are equal or unknown. Ratings
/// and kinds of events count as one.
///
/// # Errors
///
/// As [`crate::read_split`].
pub fn read_sessions(train: &Path, test: &Path, options: &ReadOptions) -> Result<Sessions> {
    let mut ids = Ids::default();
    let rows = read(train, options, &mut ids)?;
    let n_catalog = ids.items.len();
    let train = sequences(rows, ids.users.len(), n_catalog)?;
    ids.users = Vocabulary::default();
    let rows = read(test, options, &mut ids)?;
    let test = sequences(rows, ids.users.len(), ids.items.len())?;
    Ok(Sessions {
        items: ids.items,
        n_catalog,
        train,
        test,
    })
}

fn sequences(mut rows: Vec<Interaction>, n_users: usize, n_items: usize) -> Result<Dataset> {
    rows.iter_mut().for_each(|row| row.weight = 1.0);
    Ok(Dataset::from_sequences(n_users, n_items, &rows)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Choice, Format};

    /// The datasets of two files with these texts.
    fn read_texts(name: &str, format: Choice<Format>, texts: [&str; 2]) -> Sessions {
        let folder = tempfile::tempdir().unwrap();
        let path = |part: &str| folder.path().join(format!("{part}{name}"));
        std::fs::write(path("train"), texts[0]).unwrap();
        std::fs::write(path("test"), texts[1]).unwrap();
        let options = ReadOptions {
            format,
            ..ReadOptions::default()
        };
        read_sessions(&path("train"), &path("test"), &options).unwrap()
    }

    #[test]
    fn lines_are_sessions_with_repeats() {
        let texts = ["a b a\n\nc\n", "b d\tb\n"];
        let got = read_texts(".txt", Choice::Given(Format::Sequences), texts);
        assert_eq!((got.n_catalog, got.items.len()), (3, 4));
        let train = got.train.by_user();
        assert_eq!((train.n_rows(), train.n_columns()), (2, 3));
        assert_eq!(train.row(0).columns, [0, 1, 0]);
        assert_eq!(train.row(1).columns, [2]);
        assert_eq!(got.test.by_user().row(0).columns, [1, 3, 1]);
    }

    #[test]
    fn tables_of_sessions_are_in_the_order_of_time_and_ids_of_files_are_apart() {
        let head = "SessionId\tItemId\tTime\n";
        let train = format!("{head}1\t7\t1396860669.5\n1\t9\t1396860660.25\n2\t7\t5.0\n");
        let test = format!("{head}1\t9\t1.5\n1\t9\t2.5\n");
        let got = read_texts(".tsv", Choice::Detect, [&train, &test]);
        assert_eq!(got.train.by_user().row(0).columns, [1, 0]);
        assert_eq!(got.test.n_users(), 1);
        assert_eq!(got.test.by_user().row(0).columns, [1, 1]);
    }
}
