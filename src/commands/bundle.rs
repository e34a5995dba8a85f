//! `gatelpr doctor --bundle`: says what is in the bundle and that it was looked through, and writes it.

use std::io::Write;
use std::path::Path;

use crate::doctor::Patient;
use crate::doctor::bundle::Bundle;
use crate::doctor::finding::Diagnosis;

/// Packs the bundle, tells `out` what is in it, and writes it to `file`.
///
/// # Errors
/// Something is left in it that must not be told, or the file cannot be written.
pub(super) fn write(file: &Path, patient: &Patient, diagnosis: &Diagnosis, out: &mut dyn Write) -> anyhow::Result<()> {
    let bundle = Bundle::of(patient, diagnosis)?;
    writeln!(out, "\nsupport bundle {}:", file.display())?;
    for packed in bundle.files() {
        writeln!(out, "  {:<12} {:>8} bytes  {}", packed.name, packed.text.len(), packed.about)?;
    }
    writeln!(
        out,
        "looked through: no plates, no pictures, no passwords or keys, no network addresses of devices in it"
    )?;
    bundle.write(file)?;
    writeln!(out, "written; look into it before you send it: tar xzf {}", file.display())?;
    Ok(())
}
