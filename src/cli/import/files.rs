//! Which files an import reads, in which order, and what their documents are called.

use std::{
    fs,
    path::{Path, PathBuf},
};

use walkdir::{DirEntry, WalkDir};

/// A file with documents.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SourceFile {
    /// Where it lies.
    pub(super) path: PathBuf,
    /// What it holds.
    pub(super) kind: FileKind,
    /// The id of its document if it holds one: its path below the folder that was named, with `/`; the file's name if
    /// the file was named itself. `None` if that is not UTF-8.
    pub(super) document_id: Option<String>,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    /// One document: `.txt`, `.md`.
    Text,
    /// A record a line: `.jsonl`.
    Lines,
    /// The same, compressed: `.jsonl.gz`.
    CompressedLines,
}

/// What was found on the way.
#[derive(Debug)]
pub(super) enum Found {
    /// A file to read.
    File(SourceFile),
    /// A file or folder that is hidden, or a file of another kind.
    Skipped,
    /// A place that cannot be entered.
    Unreadable(PathBuf, walkdir::Error),
}

/// Why a path that was named cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum PathError {
    /// There is nothing there, or it cannot be reached.
    #[error("cannot import `{path}`: {source}", path = path.display())]
    Missing {
        /// The path as it was named.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no kind of file that can be read.
    #[error("cannot import `{path}`: it is neither a folder nor a .txt, .md, .jsonl or .jsonl.gz file", path = .0.display())]
    Kind(PathBuf),
}

impl PathError {
    /// The path as it was named.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Missing { path, .. } | Self::Kind(path) => path,
        }
    }
}

/// A path that was named and is there.
#[derive(Debug)]
pub(super) struct Root {
    path: PathBuf,
    /// `None` for a folder.
    kind: Option<FileKind>,
}

/// Looks whether what was named is there, before anything is read: what is, and what is wrong. An error when everything
/// is wrong.
pub(super) fn check(paths: &[PathBuf]) -> Result<(Vec<Root>, Vec<PathError>), PathError> {
    let (mut roots, mut wrong) = (Vec::new(), Vec::new());
    for path in paths {
        match Root::of(path) {
            Ok(root) => roots.push(root),
            Err(error) => wrong.push(error),
        }
    }
    match wrong.pop() {
        Some(error) if roots.is_empty() => Err(error),
        error => {
            wrong.extend(error);
            Ok((roots, wrong))
        }
    }
}

impl Root {
    fn of(path: &Path) -> Result<Self, PathError> {
        let metadata = fs::metadata(path).map_err(|source| PathError::Missing { path: path.to_owned(), source })?;
        if metadata.is_dir() {
            return Ok(Self { path: path.to_owned(), kind: None });
        }
        let kind = FileKind::of(path).ok_or_else(|| PathError::Kind(path.to_owned()))?;
        Ok(Self { path: path.to_owned(), kind: Some(kind) })
    }

    /// The files of this root. A folder is read with all below it, in the order of names; a file that was named itself
    /// is taken wherever it lies.
    pub(super) fn files(self) -> Box<dyn Iterator<Item = Found>> {
        match self.kind {
            None => Box::new(walk(self.path)),
            Some(kind) => {
                let document_id = self.path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
                Box::new(std::iter::once(Found::File(SourceFile { path: self.path, kind, document_id })))
            }
        }
    }
}

impl FileKind {
    fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        let kinds =
            [(".txt", Self::Text), (".md", Self::Text), (".jsonl", Self::Lines), (".jsonl.gz", Self::CompressedLines)];
        kinds.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, kind)| kind)
    }
}

fn walk(folder: PathBuf) -> impl Iterator<Item = Found> {
    let mut entries = WalkDir::new(&folder).follow_links(true).sort_by_file_name().into_iter();
    std::iter::from_fn(move || {
        loop {
            let entry = match entries.next()? {
                Ok(entry) => entry,
                Err(error) => return Some(unreadable(&folder, error)),
            };
            if is_hidden(&entry) {
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
                return Some(Found::Skipped);
            }
            if !entry.file_type().is_dir() {
                return Some(found(&folder, entry));
            }
        }
    })
}

fn found(folder: &Path, entry: DirEntry) -> Found {
    let kind = if entry.file_type().is_file() { FileKind::of(entry.path()) } else { None };
    let Some(kind) = kind else { return Found::Skipped };
    let document_id = relative_id(folder, entry.path());
    Found::File(SourceFile { path: entry.into_path(), kind, document_id })
}

fn unreadable(folder: &Path, error: walkdir::Error) -> Found {
    Found::Unreadable(error.path().unwrap_or(folder).to_owned(), error)
}

/// Bytes of all files that are to be read, as they are now. Reads nothing of them.
pub(super) fn bytes(paths: &[PathBuf]) -> u64 {
    let found = check(paths).map(|(roots, _)| roots).unwrap_or_default().into_iter().flat_map(Root::files);
    let bytes = found.filter_map(|found| match found {
        Found::File(file) => fs::metadata(file.path).ok().map(|file| file.len()),
        Found::Skipped | Found::Unreadable(..) => None,
    });
    bytes.sum()
}

/// Says whether a file or folder below the one that was named is hidden.
fn is_hidden(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn relative_id(folder: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<_>> = path.strip_prefix(folder).ok()?.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes these files, walks from `roots` and compares kinds and ids, in order.
    fn check(made: &[&str], roots: &[&str], expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        for file in made {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let roots: Vec<_> = roots.iter().map(|root| folder.path().join(root)).collect();
        let found: Vec<_> = super::check(&roots).unwrap().0.into_iter().flat_map(Root::files).map(describe).collect();
        assert_eq!(found, expected);
    }

    fn describe(found: Found) -> String {
        match found {
            Found::File(file) => format!("{:?} {}", file.kind, file.document_id.unwrap()),
            Found::Skipped => "skipped".to_owned(),
            Found::Unreadable(_, error) => error.to_string(),
        }
    }

    #[test]
    fn a_folder_is_read_in_order_and_files_are_called_by_their_place() {
        check(
            &["b.txt", "a/二.md", "a/一.TXT", "a/c.jsonl.gz", "z.jsonl"],
            &[""],
            &["CompressedLines a/c.jsonl.gz", "Text a/一.TXT", "Text a/二.md", "Text b.txt", "Lines z.jsonl"],
        );
    }

    #[test]
    fn hidden_and_other_files_are_skipped() {
        check(
            &[".git/a.txt", ".hidden.txt", "a.pdf", "b.txt", "c.json"],
            &["."],
            &["skipped", "skipped", "skipped", "Text b.txt", "skipped"],
        );
    }

    #[test]
    fn a_file_that_is_named_is_taken_wherever_it_lies() {
        check(&[".x/.a.txt", "b/c.md"], &[".x/.a.txt", "b/c.md", "b"], &["Text .a.txt", "Text c.md", "Text c.md"]);
    }

    #[test]
    fn everything_named_has_to_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let (roots, wrong) = super::check(&[folder.path().to_owned(), missing.clone()]).unwrap();
        assert!(matches!((&*roots, &*wrong), ([_], [PathError::Missing { .. }])));
        assert!(matches!(super::check(&[missing]), Err(PathError::Missing { .. })));
        let report = folder.path().join("a.pdf");
        fs::write(&report, "").unwrap();
        assert!(matches!(super::check(&[report]), Err(PathError::Kind(_))));
    }
}
