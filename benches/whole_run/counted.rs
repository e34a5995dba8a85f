//! Counts what this program allocates. The ONNX Runtime's own memory is not seen by it.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that were allocated until now, also where they were given back.
pub(crate) fn bytes() -> u64 {
    let stats = ALLOCATOR.stats();
    u64::try_from(stats.bytes_allocated).expect("this computer has 64 bits")
}
