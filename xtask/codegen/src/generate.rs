//! What the protos become: one Rust file and one descriptor set for reflection.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use protox::Compiler;

use crate::rules;

/// Where the generated files lie, from the root of the checkout.
pub(crate) const FOLDER: &str = "crates/proto/src/generated";

/// Name of the descriptor set among the generated files.
pub(crate) const DESCRIPTORS: &str = "marquee.v1.bin";

/// One generated file.
#[derive(Debug)]
pub(crate) struct Generated {
    /// Its name in [`FOLDER`].
    pub(crate) name: String,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
}

/// Everything that the protos under `root` become, ordered by name.
///
/// # Errors
///
/// When a proto cannot be read, is no proto, or breaks one of our [`rules`].
pub(crate) fn from_protos(root: &Path) -> Result<Vec<Generated>> {
    let protos = protos_below(root)?;
    let documented = compile(root, &protos, Comments::Keep)?;
    let broken = rules::broken(&documented.file_descriptor_set());
    if !broken.is_empty() {
        bail!("the protos break our rules:\n  {}", broken.join("\n  "));
    }
    // Comments are for readers of the protos; clients that reflect get names and types.
    let plain = compile(root, &protos, Comments::Strip)?;
    let mut files = rust_code(&documented)?;
    files.push(Generated {
        name: DESCRIPTORS.to_owned(),
        bytes: plain.encode_file_descriptor_set(),
    });
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// The protos of `root` relative to it, in order, so that the result does not depend on the
/// folder's.
fn protos_below(root: &Path) -> Result<Vec<PathBuf>> {
    let folder = Path::new("marquee/v1");
    let mut protos = Vec::new();
    let entries = std::fs::read_dir(root.join(folder))
        .with_context(|| format!("reading {}", root.join(folder).display()))?;
    for entry in entries {
        let name = entry?.file_name();
        if Path::new(&name)
            .extension()
            .is_some_and(|ext| ext == "proto")
        {
            protos.push(folder.join(name));
        }
    }
    protos.sort();
    Ok(protos)
}

/// Whether descriptors carry what stands around the declarations: comments and positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comments {
    Keep,
    Strip,
}

fn compile(root: &Path, protos: &[PathBuf], comments: Comments) -> Result<Compiler> {
    let mut compiler = Compiler::new([root])?;
    compiler
        .include_imports(true)
        .include_source_info(comments == Comments::Keep)
        .open_files(protos)
        .map_err(|error| {
            // How much an error tells of itself depends on features that other crates turn on.
            let file = error.file().unwrap_or("a proto").to_owned();
            anyhow::Error::new(error).context(file)
        })?;
    Ok(compiler)
}

fn rust_code(compiler: &Compiler) -> Result<Vec<Generated>> {
    let folder = tempfile::tempdir()?;
    tonic_prost_build::configure()
        .emit_rerun_if_changed(false)
        .out_dir(folder.path())
        .compile_fds(compiler.file_descriptor_set())?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder.path())? {
        let entry = entry?;
        let bytes = std::fs::read(entry.path())?;
        // Imported packages of Google come out empty, since their types have a crate of their own.
        if !bytes.is_empty() {
            let name = entry.file_name().to_string_lossy().into_owned();
            files.push(Generated { name, bytes });
        }
    }
    Ok(files)
}
