//! The license texts of what is built into the binary, which most of them ask to be passed on.

use std::{fs, path::Path};

use anyhow::Context;

use crate::workspace::Package;

/// How files with license texts begin, in lower case.
const BEGINNINGS: [&str; 5] = ["license", "licence", "copying", "copyright", "notice"];

/// One text that holds, for each package, its name, license and the files that say so.
///
/// # Errors
///
/// When a package's folder or a file in it cannot be read.
pub(super) fn collect(packages: &[&Package]) -> anyhow::Result<String> {
    let mut text = String::from("What the binary is built from, and under which licenses.\n");
    for package in packages {
        let license = package.license.as_deref().unwrap_or("see below");
        text += &format!(
            "\n{}\n{} {}: {license}\n",
            "=".repeat(80),
            package.name,
            package.version
        );
        for file in license_files(package.folder())? {
            let bytes =
                fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            text += &format!(
                "\n--- {name}\n\n{}\n",
                String::from_utf8_lossy(&bytes).trim_end()
            );
        }
    }
    Ok(text)
}

fn license_files(folder: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let unreadable = || format!("cannot list {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_lowercase();
        let is_license = BEGINNINGS
            .iter()
            .any(|beginning| name.starts_with(beginning));
        if is_license && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
