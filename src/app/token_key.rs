//! The key that seals tokens, kept beside the index so that tokens outlive the process.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use crate::rpc::TokenKey;

/// The file, in the data directory.
const FILE: &str = "token.key";
/// Becomes the file by a rename, so that there is none or a whole one.
const DRAFT: &str = "token.key.draft";
/// Its owner's alone: whoever has the key can make tokens.
const MODE: u32 = 0o600;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenKeyError {
    /// The file cannot be read or made.
    #[error("cannot use `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no key.
    #[error("`{}` has not the {} bytes of a key; restore it, or delete it and let open streams begin anew", .0.display(), TokenKey::BYTES)]
    Damaged(PathBuf),
}

/// The key of a data directory that this process holds; a new one where there is none. Disk work.
pub(super) fn token_key(directory: &Path) -> Result<TokenKey, TokenKeyError> {
    let path = directory.join(FILE);
    let failed = |source| TokenKeyError::Io { path: path.clone(), source };
    match fs::read(&path) {
        Ok(bytes) => bytes.try_into().map(TokenKey::new).map_err(|_| TokenKeyError::Damaged(path.clone())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(directory).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}

/// Makes a key that is there after a power cut.
fn create(directory: &Path) -> io::Result<TokenKey> {
    let mut key = [0; TokenKey::BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let draft = directory.join(DRAFT);
    let mut file = File::options().create(true).write(true).truncate(true).mode(MODE).open(&draft)?;
    file.write_all(&key)?;
    file.sync_all()?;
    fs::rename(&draft, directory.join(FILE))?;
    File::open(directory)?.sync_all()?;
    Ok(TokenKey::new(key))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let key = token_key(one.path()).unwrap();
        assert_eq!(token_key(one.path()).unwrap(), key);
        assert_ne!(token_key(other.path()).unwrap(), key);
        let mode = fs::metadata(one.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        assert!(!one.path().join(DRAFT).exists());
    }

    #[test]
    fn a_file_that_is_no_key_is_named_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(FILE), "short").unwrap();
        let message = token_key(directory.path()).unwrap_err().to_string();
        assert!(message.contains("token.key") && message.contains("32 bytes"), "{message}");
        assert_eq!(fs::read(directory.path().join(FILE)).unwrap(), b"short");
    }
}
