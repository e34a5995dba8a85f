//! Files that hold a secret and nothing else.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::Path;

use crate::login::Secret;

/// For whom the owner's rights are, alone.
const OWNER_ONLY: u32 = 0o600;
/// The user of the service, as the package makes it.
const SERVICE: &str = "gatelpr";

/// Writes `secret` into a file that only its owner can read, from its first byte on. Where the service has a user of its own
/// on this computer and we may give files away, that is the owner.
pub(super) fn write(path: &Path, secret: &Secret) -> io::Result<()> {
    // What lies there may be open to others, and keeps its rights when it is written to.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path)?;
    fs::set_permissions(path, Permissions::from_mode(OWNER_ONLY))?;
    writeln!(file, "{}", secret.expose())?;
    file.sync_all()?;
    if let Some((user, group)) = user_and_group(&fs::read_to_string("/etc/passwd").unwrap_or_default()) {
        match chown(path, Some(user), Some(group)) {
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// `name:password:user:group:…`, see passwd(5).
fn user_and_group(passwd: &str) -> Option<(u32, u32)> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(SERVICE))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_can_read_it_whatever_lay_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mqtt-password");
        fs::write(&path, "open to all, and longer").expect("a file");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("it is ours");
        write(&path, &Secret::new("geheim".to_owned())).expect("it can be written");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "geheim\n");
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, OWNER_ONLY);
    }

    #[test]
    fn the_services_user_is_found_by_its_name() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\ngatelpr-old:x:7:8::/:\ngatelpr:x:991:992::/:/usr/sbin/nologin\n";
        assert_eq!(user_and_group(passwd), Some((991, 992)));
        assert_eq!(user_and_group("root:x:0:0:root:/root:/bin/sh\n"), None);
    }
}
