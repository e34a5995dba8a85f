//! Whether the ports that a config names are free is for `gatelpr check` alone to say.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use gatelpr::config::Config;

use super::{GOOD, checked, folder};

#[test]
fn a_port_that_another_program_has_is_a_problem_of_the_check_and_not_of_the_daemon() {
    let folder = folder();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = taken.local_addr().expect("it has an address");
    let file = folder.path().join("gatelpr.toml");
    for table in ["http", "console"] {
        let text = GOOD.replacen("[mqtt]", &format!("[{table}]\nlisten = \"{address}\"\n[mqtt]"), 1);
        fs::write(&file, text).expect("the file can be written");
        let (text, content) = checked(&folder, &file);
        assert!(!content, "{text}");
        // It is this test that has it, under a name that depends on the build.
        assert!(text.starts_with(&format!("error: cannot listen on {address}\n")), "{text}");
        assert!(text.contains("has this port") && text.contains("= help: choose another port"), "{text}");
        assert!(Config::load(&file).is_ok(), "a daemon that reads its config again has the port itself");
    }
    drop(taken);
    assert!(checked(&folder, &file).1, "now it is free");
}

#[test]
fn an_address_that_is_not_this_computers_is_a_problem() {
    let folder = folder();
    let file = folder.path().join("gatelpr.toml");
    // For documentation: nobody has it.
    let http = "[http]\nlisten = \"192.0.2.1:8088\"\ntoken_file = \"clip.mp4\"\n[mqtt]";
    fs::write(&file, GOOD.replacen("[mqtt]", http, 1)).expect("the file can be written");
    let (text, content) = checked(&folder, &file);
    assert!(!content && text.contains("this computer has no address 192.0.2.1"), "{text}");
}
