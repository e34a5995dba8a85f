//! USB cameras against a real driver: `vivid`, the kernel's virtual camera, in a virtual machine.
//!
//! `make test-usb` boots the machine and runs this in it. Anywhere else it does nothing, because it unplugs cameras.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::print_stdout, reason = "its output is the result")]

mod capture;
mod cycles;
mod gate;
#[path = "../holdings/mod.rs"]
mod holdings;
mod identity;
mod loss;
mod vivid;

use std::panic::catch_unwind;
use std::path::Path;
use std::process::ExitCode;

use gatelpr::clock::Clock;

/// What is claimed, and what proves it; gives the figures that it found.
type Claim = (&'static str, fn() -> String);

const CLAIMS: &[Claim] = &[
    ("the list shows the camera, its lasting path and what it can", identity::list),
    ("a camera is found by its path and by its name", identity::path_and_name),
    ("a camera that is not there, or in use, says so", identity::absent_and_busy),
    ("every raw format is read, in the size and at the rate that was negotiated", capture::formats),
    ("without a size it is the largest at the wanted rate", capture::largest),
    ("a wish that it cannot meet is an error that says what it can", capture::wish),
    ("a slow reader gets the newest picture, and what was left out is counted", capture::newest),
    ("a stalled camera is noticed within the stall timeout, and comes back", loss::stall),
    ("an error of the driver loses the camera, and it comes back", loss::driver_error),
    ("a stop ends the wait for a stalled camera at once", loss::stop),
    ("an unplugged camera is lost at once, and comes back with another format", loss::unplug),
    ("a capture thread that opens again and again holds what it held", cycles::reopening),
    ("10,000 openings leave descriptors, threads and memory as they were", cycles::flat),
];

fn main() -> ExitCode {
    if !Path::new("/in_usb_vm").exists() {
        println!("skipped: runs in the virtual machine of `make test-usb`");
        return ExitCode::SUCCESS;
    }
    let (clock, mut failed) = (Clock::start(), 0);
    for (claim, proof) in CLAIMS {
        let began = clock.elapsed();
        let figures = catch_unwind(proof);
        let seconds = (clock.elapsed() - began).as_secs_f32();
        match figures {
            Ok(figures) => println!("ok      {claim} ({seconds:.1} s): {figures}"),
            Err(_panic) => {
                println!("FAILED  {claim} ({seconds:.1} s)");
                failed += 1;
            }
        }
    }
    println!("{} passed, {failed} failed", CLAIMS.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
