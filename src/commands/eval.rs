//! stub
/// stub
#[derive(Debug, Clone, clap::Args)]
pub struct EvalArgs {}
/// stub
/// # Errors
/// stub
pub fn run(_args: &EvalArgs, _out: &mut dyn std::io::Write) -> anyhow::Result<()> {
    Ok(())
}
