//! The zero-copy artifact: named arrays in one file that is mapped, checked and read in place.
//!
//! A model, a segment of events, a table of items: each is written once as an artifact
//! ([`ArtifactBuilder`]), published by rename and never changed after that, so that opening it
//! ([`Artifact`]) costs microseconds whatever its size and any number of processes share its pages.
//! Every byte of the file is covered by a checksum or has to be zero; `docs/artifact-format.md`
//! describes the format byte by byte. [`Registry`] keeps numbered versions of models in a folder and
//! says which one is served.
//!
//! # Example
//!
//! ```
//! use marquee_store::{Artifact, ArtifactBuilder};
//!
//! # fn main() -> marquee_store::Result<()> {
//! let folder = tempfile::tempdir().expect("a temporary folder");
//! let path = folder.path().join("model.mqa");
//!
//! let factors = [0.5_f32, -1.0, 2.0, 0.25, 0.0, 1.0];
//! let mut builder = ArtifactBuilder::new("ials", 1);
//! builder.meta("seed", "42");
//! builder.section("item_factors", &[3, 2], &factors);
//! builder.strings("item_ids", ["film-1", "film-2", "film-3"]);
//! builder.write(&path)?;
//!
//! let artifact = Artifact::open(&path)?;
//! let [n_items, n_factors] = artifact.section::<f32>("item_factors")?.dims()?;
//! assert_eq!((n_items, n_factors), (3, 2));
//! assert_eq!(artifact.strings("item_ids")?.get(2), Some("film-3"));
//! # Ok(())
//! # }
//! ```

#[cfg(target_endian = "big")]
compile_error!(
    "artifacts are little-endian and read in place: big-endian machines are not supported"
);

mod artifact;
mod builder;
mod element;
mod error;
mod fault;
mod header;
mod layout;
mod map;
mod preamble;
mod registry;
mod replace;
mod strings;

pub use artifact::{Artifact, Section};
pub use builder::ArtifactBuilder;
pub use element::{DType, Element};
pub use error::{Error, Result};
pub use fault::{Fault, Part};
pub use header::{MAX_HEADER_BYTES, MAX_METAS, MAX_SECTIONS, SectionInfo};
pub use layout::{MAX_DIMENSIONS, MAX_NAME_BYTES};
pub use preamble::{ALIGNMENT, CONTAINER_VERSION, MAGIC, PREAMBLE_BYTES};
pub use registry::{ModelVersion, Registry, Staged};
pub use replace::replace_file;
pub use strings::StringsView;
