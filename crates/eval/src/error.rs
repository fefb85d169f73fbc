//! What can go wrong in splitting, recording and comparing.

use marquee_core::ItemIdx;

use crate::MetricName;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why data cannot be split, a list recorded, or two results compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A share lies outside its range.
    #[error("{field} is {found}, expected more than {above} and less than {below}")]
    Share {
        /// Field of the protocol.
        field: &'static str,
        /// What it was.
        found: f64,
        /// It has to be above this.
        above: f64,
        /// It has to be below this.
        below: f64,
    },
    /// A number of things is too small or too large.
    #[error("{field} is {found}, expected {least} to {most}")]
    Count {
        /// Field of the protocol or argument.
        field: &'static str,
        /// What it was.
        found: usize,
        /// The smallest that works.
        least: usize,
        /// The largest that works.
        most: usize,
    },
    /// A protocol that goes by time was asked to split data without times.
    #[error("protocol {protocol} needs times, but the data has none")]
    NoTimes {
        /// Name of the protocol.
        protocol: &'static str,
    },
    /// The validation cut does not come before the test cut.
    #[error("validation starts at {validation} ms, expected before the test at {test} ms")]
    CutOrder {
        /// Start of validation, milliseconds since the epoch.
        validation: i64,
        /// Start of the test, milliseconds since the epoch.
        test: i64,
    },
    /// Nobody has anything to find.
    #[error("protocol {protocol} leaves no user with an item to find")]
    NoCases {
        /// Name of the protocol.
        protocol: &'static str,
    },
    /// Two parts of a given split are not over the same users and items.
    #[error(
        "{part} has {found_users} users and {found_items} items, \
         expected {expected_users} and {expected_items} as in training"
    )]
    Shape {
        /// Which part.
        part: &'static str,
        /// Its number of users.
        found_users: usize,
        /// Its number of items.
        found_items: usize,
        /// Number of users in training.
        expected_users: usize,
        /// Number of items in training.
        expected_items: usize,
    },
    /// No protocol has this name.
    #[error("no protocol {found:?}, expected strong, weak, random, temporal or last-out")]
    ProtocolName {
        /// What was given.
        found: String,
    },
    /// A setting of a protocol is not one of its settings.
    #[error("protocol {protocol} has no setting {found:?}, expected one of: {expected}")]
    ProtocolSetting {
        /// Name of the protocol.
        protocol: &'static str,
        /// What was given.
        found: String,
        /// Its settings.
        expected: &'static str,
    },
    /// A setting of a protocol cannot be read.
    #[error("protocol {protocol}: {setting} is {found:?}, expected {expected}")]
    ProtocolValue {
        /// Name of the protocol.
        protocol: &'static str,
        /// The setting.
        setting: &'static str,
        /// What was given.
        found: String,
        /// What may be given.
        expected: &'static str,
    },
    /// No metric has this name.
    #[error("no metric {found:?}, expected a name such as ndcg@10 or rmse")]
    MetricName {
        /// What was given.
        found: String,
    },
    /// A list of cutoffs cannot be read.
    #[error("list lengths are {found:?}, expected whole numbers from 1, such as 10,20,50")]
    Cutoffs {
        /// What was given.
        found: String,
    },
    /// A case does not exist.
    #[error("case {case} does not exist, there are {n_cases}")]
    NoSuchCase {
        /// The case.
        case: usize,
        /// Number of cases.
        n_cases: usize,
    },
    /// A case was recorded twice.
    #[error("case {case} is recorded already")]
    Twice {
        /// The case.
        case: usize,
    },
    /// Cases were never recorded.
    #[error("{missing} of {n_cases} cases are not recorded, the first is case {first}")]
    Missing {
        /// How many.
        missing: usize,
        /// The first of them.
        first: usize,
        /// Number of cases.
        n_cases: usize,
    },
    /// A ranked list names an item twice.
    #[error("the list of case {case} has item {} more than once", item.0)]
    RepeatedItem {
        /// The case.
        case: usize,
        /// The item.
        item: ItemIdx,
    },
    /// A ranked list names an item that does not exist.
    #[error("the list of case {case} has item {}, but there are {n_items}", item.0)]
    UnknownItem {
        /// The case.
        case: usize,
        /// The item.
        item: ItemIdx,
        /// Number of items.
        n_items: usize,
    },
    /// Predictions are not as many as ratings to predict.
    #[error("case {case} has {found} predictions, expected {expected}")]
    Predictions {
        /// The case.
        case: usize,
        /// Number of predictions.
        found: usize,
        /// Number of ratings.
        expected: usize,
    },
    /// A prediction is not a number or infinite.
    #[error("case {case}: prediction {position} is {found}, expected a finite number")]
    NotFinite {
        /// The case.
        case: usize,
        /// Which prediction.
        position: usize,
        /// What it was.
        found: f32,
    },
    /// Users to be compared have a value that is no finite number.
    #[error("user {user} has no finite difference to compare")]
    Undefined {
        /// Position of the user.
        user: usize,
    },
    /// A metric has no values user by user to compare.
    #[error("{name} was not measured user by user")]
    Unmeasured {
        /// The metric.
        name: MetricName,
    },
    /// Two evaluations do not cover the same list lengths, items or cases.
    #[error("the evaluations differ in their {what}: {left} and {right}")]
    Unlike {
        /// In what they differ.
        what: &'static str,
        /// The first one's.
        left: usize,
        /// The second one's.
        right: usize,
    },
}
