#!/usr/bin/env bash
# Checks the systemd unit: whether systemd understands all of it, and how far the service is locked in. systemd counts what a
# service could do, from 0 (nothing) to 10 (everything); more than 2.0 fails.
set -euo pipefail
cd "$(dirname "$0")/.."

unit=systemd/gatelpr.service
copy="$(mktemp -d)"
trap 'rm -rf "$copy"' EXIT

command -v systemd-analyze >/dev/null || { echo 'check_unit: systemd-analyze is absent: scripts/setup.sh --for-tests'; exit 1; }

# It wants to see the program, which is not installed here.
sed "s#/usr/bin/gatelpr#$PWD/target/debug/gatelpr#" "$unit" >"$copy/gatelpr.service"
said="$(systemd-analyze verify --man=no --recursive-errors=no "$copy/gatelpr.service" 2>&1)" || { echo "$said"; exit 1; }
# A key that it does not know is only a warning to it.
[[ -z "$said" ]] || { echo "$said"; exit 1; }
echo "check_unit: systemd understands $unit"

systemd-analyze security --no-pager --offline=true --threshold=20 "$unit" | tail -n 1
