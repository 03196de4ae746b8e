//! A small world for a test: a served archive, a folder with its configuration, a store.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;
use tokio::sync::watch;
use uitkijk::{
    demo::{Archive, Options, World},
    domain::week::Week,
    fetch::Fetcher,
    pipeline::ingest::{Context, Polled},
    schedule::poll_and_note,
    settings::Settings,
    store::Store,
};

/// The served archive and the folder of one test.
pub(crate) struct Small {
    pub(crate) world: World,
    pub(crate) folder: TempDir,
}

impl Small {
    /// Serves an archive that ends with `last`.
    pub(crate) async fn start(options: Options, last: Week) -> Self {
        let world = World::start(Archive::generate(options, last)).await.expect("a server");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("sources")).expect("a folder");
        let small = Self { world, folder };
        for (slug, text) in small.world.source_files() {
            small.write(&format!("sources/{slug}.toml"), &text);
        }
        small.write(
            "config.toml",
            "[paths]\nsources = \"sources\"\n[fetch]\npause = \"1ms\"\n[log]\nfilter = \"error\"\n",
        );
        small
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path().join("config.toml")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let file = self.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("written");
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::load(Some(&self.config())).expect("settings")
    }

    /// Files that the file channel wrote, by ending.
    pub(crate) fn mails(&self, ending: &str) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.path().join("mail")) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.to_string_lossy().ends_with(ending))
            .collect();
        files.sort();
        files
    }
}

/// Polls every source once, as the daemon would, at a fixed time.
pub(crate) async fn poll_all(
    settings: &Settings,
    store: &Store,
    now: jiff::Timestamp,
) -> Vec<(String, Polled, Option<String>)> {
    let fetcher = Fetcher::new(settings.fetch.clone()).expect("a door");
    let (_keep, stop) = watch::channel(false);
    let mut lines = Vec::new();
    for entry in &settings.sources {
        let context = Context {
            store,
            fetcher: &fetcher,
            knowledge: &settings.knowledge,
            worker: "test",
            state: &settings.state,
            fixed_now: Some(now),
            stop: stop.clone(),
            progress: None,
        };
        let (polled, problem, _) = poll_and_note(&context, entry, settings.rhythm).await.expect("the store works");
        lines.push((entry.source.id.0.clone(), polled, problem.map(|problem| problem.to_string())));
    }
    lines
}

/// Runs the program: exit code, standard output, standard error.
pub(crate) fn uitkijk(arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_uitkijk"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("input").write_all(input.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The recorded data beside the checkout, when it is there.
pub(crate) fn recorded(part: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/recorded").join(part);
    if !folder.is_dir() {
        println!("overgeslagen: {} is er niet", folder.display());
        return None;
    }
    Some(folder)
}

/// All files below a folder, by name.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
