#!/usr/bin/env bash
# Fuzzes one target for some seconds with libFuzzer and a stable compiler. Only our own code gets counters, so dependencies that
# were built for the tests are used as they are. What was found lies in target/fuzz/found; inputs that reach new code are kept
# in target/fuzz/corpus.
set -euo pipefail

# As a compiler's wrapper: cargo calls this very script with the compiler and its arguments.
if [ "${GATELPR_FUZZ_COUNTERS:-}" = here ]; then
    case " $* " in
    *" --crate-name gatelpr "* | *"/fuzz_targets/"* | *" fuzz_targets/"*)
        # What cargo-fuzz passes as well, without the sanitizers, which need a nightly compiler.
        exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
            -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
            -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing
        ;;
    *) exec "$@" ;;
    esac
fi

script="$(realpath "$0")"
cd "$(dirname "$script")/.."
target="${1:?which target? one of: $(ls fuzz/fuzz_targets | sed 's/[.]rs$//' | tr '\n' ' ')}"
seconds="${2:-60}"
test -f "fuzz/fuzz_targets/$target.rs" || { echo "there is no target $target in fuzz/fuzz_targets" >&2; exit 2; }

GATELPR_FUZZ_COUNTERS=here RUSTC_WRAPPER="$script" \
    cargo build --locked --manifest-path fuzz/Cargo.toml --target-dir target --bin "fuzz_$target"

mkdir -p "target/fuzz/corpus/$target" "target/fuzz/found/$target"
exec "target/debug/fuzz_$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="target/fuzz/found/$target/" "target/fuzz/corpus/$target" "fuzz/seeds/$target"
