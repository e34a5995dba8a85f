#!/usr/bin/env bash
# Fuzzes one target for some seconds with libFuzzer and a stable compiler. The first build takes many minutes, since everything
# is compiled once more with counters in it. What was found lies in target/fuzz/found; inputs that reach new code are kept in
# target/fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")/.."

target="${1:?which target? one of: $(ls fuzz/fuzz_targets | sed 's/[.]rs$//' | tr '\n' ' ')}"
seconds="${2:-60}"
test -f "fuzz/fuzz_targets/$target.rs" || { echo "there is no target $target in fuzz/fuzz_targets" >&2; exit 2; }

host="$(rustc -vV | sed -n 's/^host: //p')"
# What cargo-fuzz passes as well, without the sanitizers that need a nightly compiler. --target keeps them away from build scripts.
counters="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
counters+=" -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing"
RUSTFLAGS="${RUSTFLAGS:-} $counters" cargo build --manifest-path fuzz/Cargo.toml --target-dir target/fuzz --target "$host" \
    --release --bin "$target"

mkdir -p "target/fuzz/corpus/$target" "target/fuzz/found/$target"
exec "target/fuzz/$host/release/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="target/fuzz/found/$target/" "target/fuzz/corpus/$target" "fuzz/seeds/$target"
