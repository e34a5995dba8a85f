//! A diagnosis for people: what needs somebody first, each with what to do.

use std::io::{self, Write};

use super::finding::{Diagnosis, Finding, Verdict};

/// Verdicts in the order in which they are counted.
const ORDER: [Verdict; 4] = [Verdict::Bad, Verdict::Note, Verdict::Unknown, Verdict::Good];
/// Where texts begin.
const INDENT: usize = 22;

/// Writes it to `out`.
///
/// # Errors
/// `out` cannot be written to.
pub fn write(diagnosis: &Diagnosis, out: &mut dyn Write) -> io::Result<()> {
    let counts = ORDER.map(|verdict| format!("{} {}", diagnosis.count(verdict), verdict.name()));
    for finding in &diagnosis.findings {
        write_finding(finding, out)?;
    }
    writeln!(out, "\n{}", counts.join(", "))
}

fn write_finding(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = finding.what.lines();
    let first = lines.next().unwrap_or_default();
    writeln!(out, "{:<8} {:<12} {first}", finding.verdict.name(), finding.check.name())?;
    for line in lines {
        writeln!(out, "{:INDENT$}{line}", "")?;
    }
    match &finding.remedy {
        Some(remedy) => writeln!(out, "{:INDENT$}-> {remedy}", ""),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::doctor::finding::{Check, Opinion};
    use crate::publish::utc_time::UtcTime;

    #[test]
    fn what_needs_somebody_stands_first_with_what_to_do() {
        let took = Duration::from_millis(12);
        let findings = vec![
            Opinion::good("the clock is set by the network").finding(Check::Clock, took),
            Opinion::bad("front: no frame for 5 s", "check its cable").finding(Check::Camera, took),
            Opinion::good("/etc/gatelpr/gatelpr.toml is right").finding(Check::Config, took),
        ];
        let mut out = Vec::new();
        let diagnosis = Diagnosis::of(findings, UtcTime::new(Timestamp::UNIX_EPOCH));
        write(&diagnosis, &mut out).expect("a vector takes it");
        insta::assert_snapshot!(String::from_utf8(out).expect("text"), @r"
        good     config       /etc/gatelpr/gatelpr.toml is right
        bad      camera       front: no frame for 5 s
                              -> check its cable
        good     clock        the clock is set by the network

        1 bad, 0 note, 0 unknown, 2 good
        ");
    }
}
