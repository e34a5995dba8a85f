//! `[http]`: the port for other devices of the gate.

use std::net::SocketAddr;

use super::keys::HTTP;
use super::login::{password_file, password_variable};
use super::port;
use super::problem::Problem;
use super::table::Table;
use super::value::text;
use crate::login::PasswordPlace;

/// Where requests are taken, and from whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// Where the secret is that every request must carry, if any.
    pub token: Option<PasswordPlace>,
}

impl HttpConfig {
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let address = text("an address and a port, such as 127.0.0.1:8088", |text| text.parse::<SocketAddr>().ok());
        let listen = table.required("listen", address);
        let file = table.optional("token_file", |value| password_file(table, value));
        let variable = table.optional("token_env", password_variable);
        if let (Some(one), Some(other)) = (table.find("token_file"), table.find("token_env")) {
            let problem = Problem::at(other.span(), "the token is given twice").label("remove one of the two");
            table.note(problem.related(one.span(), "it is in this file too"));
        }
        let token = file.or(variable);
        let open_to_all = listen.is_some_and(|listen| !listen.ip().is_loopback());
        if open_to_all && table.find("token_file").or(table.find("token_env")).is_none() {
            let problem = Problem::at(table.place(), "whoever reaches this address could give triggers");
            let problem = problem.label("this needs a `token_file` or a `token_env`").help("or listen on 127.0.0.1");
            table.note(match HTTP.example("token_file") {
                Some(example) => problem.help(example),
                None => problem,
            });
        }
        if let Some(listen) = listen {
            port::note_unless_free(table, listen);
        }
        Some(Self { listen: listen?, token })
    }
}
