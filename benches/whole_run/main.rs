//! What recognition costs around the models: one camera of 1920 x 1080 pixels, from the decoded picture to the passage, beside the
//! time that the models themselves took in the same run: the same sessions, the same inputs. Prints one table, and below it
//! what the daemon as a program takes (start, memory, stop), and what more plates and more cameras cost.
//!
//! `ROUNDS=` is how often the pictures are shown (6), `PART=` one of these: `models`, `daemon` or `work`. Decoding is left
//! out: the benchmark `sources` measures it.

mod counted;
mod cpu;
mod daemon;
mod measured;
mod pictures;
mod readers;
mod work;

use std::io::Write as _;
use std::time::Duration;

use measured::Measured;
use pictures::Pictures;
use readers::Readers;

fn main() {
    let rounds = std::env::var("ROUNDS").map_or(6, |text| text.parse().expect("ROUNDS is a number"));
    let part = std::env::var("PART").ok();
    let known = part.as_deref().is_none_or(|part| ["models", "daemon", "work"].contains(&part));
    assert!(known, "PART is models, daemon or work");
    let is_wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    let pictures = Pictures::drawn();
    if is_wanted("models") {
        print_models(&pictures, rounds);
    }
    if is_wanted("daemon") {
        print(&daemon::table(&pictures));
    }
    if is_wanted("work") {
        work::measure(&pictures, rounds, print);
    }
}

fn print_models(pictures: &Pictures, rounds: usize) {
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let (width, height) = pictures.size();
    print(&format!(
        "whole run: {width}x{height}, {} pictures with vehicles and {} of the empty lane, {rounds} rounds, one thread, profile {profile}\n\n\
         {:<36}{:>9}{:>9}{:>9}{:>7}{:>9}{:>9}{:>12}{:>12}{:>11}\n",
        pictures.busy.len(),
        pictures.empty.len(),
        "ms a picture",
        "all p50",
        "all p99",
        "models",
        "ratio",
        "finding",
        "reading",
        "pictures/s",
        "CPU s/1000",
        "kB alloc."
    ));
    let frame_bytes = u64::from(width) * u64::from(height) * 3;
    for readers in Readers::ALL {
        let busy = Measured::of(readers, &pictures.busy, &pictures.lane, rounds);
        let empty = Measured::of(readers, &pictures.empty, &pictures.lane, rounds);
        print(&row(&format!("{}, busy lane", readers.name()), &busy));
        print(&row(&format!("{}, empty lane", readers.name()), &empty));
        let share = 100.0 * empty.cpu_per_frame().div_duration_f64(busy.cpu_per_frame());
        let most = busy.most_bytes.max(empty.most_bytes);
        let whole = if most < frame_bytes { "none as large as a picture" } else { "AS LARGE AS A PICTURE" };
        print(&format!(
            "{:<36}an empty lane costs {share:.1} % of a busy one; most allocated for one picture {} kB of {} kB: {whole}\n",
            "",
            most / 1000,
            frame_bytes / 1000
        ));
    }
}

fn row(name: &str, measured: &Measured) -> String {
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    format!(
        "{name:<36}{:>9.2}{:>9.2}{:>9.2}{:>7.3}{:>9.2}{:>9.2}{:>12.1}{:>12.2}{:>11.1}\n",
        ms(measured.percentile(50)),
        ms(measured.percentile(99)),
        ms(measured.models_per_frame()),
        measured.all().div_duration_f64(measured.models),
        ms(measured.finding_per_frame()),
        ms(measured.reading_per_frame()),
        measured.frames() as f64 / measured.all().as_secs_f64(),
        measured.cpu_per_frame().as_secs_f64() * 1e3,
        measured.bytes as f64 / measured.frames() as f64 / 1e3,
    )
}

fn print(text: &str) {
    std::io::stdout().write_all(text.as_bytes()).expect("somebody reads the figures");
}
