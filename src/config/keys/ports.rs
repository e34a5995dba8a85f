//! Keys of the ports that this program listens on.

use super::gate::IDENTITY;
use super::{Choice, Kind, PLAIN, Shape, optional, required, usual};

/// An address and a port: `127.0.0.1:8088` or `[::1]:8088`.
const ADDRESS: Kind = Kind::Fitting("^([0-9.]+|\\[[0-9a-fA-F:.%]+\\]):[0-9]{1,5}$");

pub(in crate::config) const HTTP: Shape = Shape {
    header: "[http]",
    needs: "`listen`",
    keys: &[
        required("listen", ADDRESS, r#""127.0.0.1:8088""#),
        optional("token_file", Kind::Path, r#""http-token""#),
        optional("token_env", Kind::Text, r#""GATELPR_HTTP_TOKEN""#),
    ],
    choice: Choice::AtMostOne(&["token_file", "token_env"]),
    ..PLAIN
};

pub(in crate::config) const CONSOLE: Shape = Shape {
    header: "[console]",
    needs: "`listen`, or nothing at all",
    keys: &[
        usual("listen", ADDRESS, r#""127.0.0.1:8090""#),
        optional("password_hash_file", Kind::Path, r#""console-password""#),
        optional("password_hash_env", Kind::Text, r#""GATELPR_CONSOLE_PASSWORD_HASH""#),
        optional("password_hash_credential", Kind::Text, r#""console-password""#),
        optional("certificate_file", Kind::Path, r#""console.pem""#),
        optional("key_file", Kind::Path, r#""console-key.pem""#),
        usual("may_save", Kind::Truth, "false"),
        usual("language", Kind::Word(&["en", "vi", "zh"]), r#""en""#),
    ],
    choice: Choice::AtMostOne(&["password_hash_file", "password_hash_env", "password_hash_credential"]),
    together: IDENTITY,
};
