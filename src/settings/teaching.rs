//! What training needs of the settings: no model, no sources, so that a first model can be made, and a broken one replaced.

use std::path::{Path, PathBuf};

use super::{
    faults::Faults,
    knowledge::{self, Pointers},
    raw,
};
use crate::{classify::weak::Pointer, law::Laws};

/// The name of the file that says which version under the state folder is in use.
pub(super) const CURRENT: &str = "current";

/// What training needs.
pub struct Teaching {
    /// Ids of the watched fenomenen.
    pub fenomenen: Vec<String>,
    /// Which cited articles point at which fenomeen.
    pub pointers: Vec<Pointer>,
    /// Laws, to recognise citations.
    pub laws: Laws,
    /// The database with corrections.
    pub database: PathBuf,
    /// Folder of one's own examples, beside the shipped ones, where it is there.
    pub examples: Option<PathBuf>,
    /// Folder of the models that are made here.
    pub models: PathBuf,
}

impl Teaching {
    /// Reads fenomenen and laws, and where things stand.
    ///
    /// # Errors
    /// All faults together.
    pub fn load(file: Option<&Path>) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let Some(raw) = raw::load(file, &mut faults) else { return Err(Faults(faults)) };
        let base = file.and_then(Path::parent).map(Path::to_path_buf).unwrap_or_default();
        let read = knowledge::for_teaching(&raw, &base, &mut faults);
        match read {
            Some(Pointers { fenomenen, pointers, laws }) if faults.is_empty() => {
                let state = base.join(&raw.paths.state);
                let own = (!raw.paths.config.is_empty()).then(|| base.join(&raw.paths.config).join("voorbeelden"));
                Ok(Self {
                    fenomenen,
                    pointers,
                    laws,
                    database: state.join("uitkijk.db"),
                    examples: own.filter(|folder| folder.is_dir()),
                    models: models(&state),
                })
            }
            _ => Err(Faults(faults)),
        }
    }
}

/// Folder of the models that are made under a state folder.
pub(super) fn models(state: &Path) -> PathBuf {
    state.join("models")
}
