"""Measures int8 variants of the models against the float ones, and prints one table.

    measure.py --gatelpr FILE --models DIR --runtime FILE --plates DIR

Every pair of a detector and a reader reads all labelled pictures with `gatelpr eval`, without second opinion. Processor
time is the kernel's, for whole pictures, without the start of the program. The models alone run in ONNX Runtime with
nothing around them, in turn; the fastest run counts, because other programs only ever make one slower. "Of float" is a
time divided by that of the float models. "ms p50" is by the clock, so whatever else runs counts too.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import onnxruntime

KINDS = ("", "-int8")
SHAPES = {"gatelpr-detector": (1, 3, 384, 640), "gatelpr-reader": (1, 3, 64, 160)}
"""What the models alone are shown: a picture of the training's size, and one plate."""
RUNS = {"gatelpr-detector": 40, "gatelpr-reader": 200}
REGIONS = {"Vietnam": ("VN",), "China": ("CN",), "Europe, USA, Brazil": ("EU", "US", "BR")}


@dataclass(frozen=True)
class Reading:
    """What `gatelpr eval` told, and the processor time that it took."""

    figures: dict
    cpu_s: float

    def exact(self, regions: tuple[str, ...], kind: str) -> tuple[int, int]:
        """Exact reads and plates of some regions in "whole_pictures" or "crops"."""
        rows = [row[kind] for row in self.figures["breakdown"] if row["by"] == "region" and row["class"] in regions]
        return sum(row["exact"] for row in rows), sum(row["plates"] for row in rows)

    def total(self, key: str) -> float:
        """A number of the sets, added up."""
        return sum(row[key] for row in self.figures["sets"])

    def ms_p50(self) -> float:
        """The sets' medians, each as often as the set has pictures."""
        return sum(row["ms_p50"] * row["pictures"] for row in self.figures["sets"]) / self.total("pictures")


def read(args: argparse.Namespace, detector: str, reader: str, sets: list[Path]) -> Reading:
    """Runs `gatelpr eval` on one thread."""
    command = [args.gatelpr, "eval", *sets, "--json", "--threads", "1", "--models", args.models]
    command += ["--runtime", args.runtime, "--detector", detector, "--recogniser", reader]
    command += ["--second-opinion", "none"]
    answer = args.models.parent / "eval.json"
    with answer.open("w") as output:
        process = subprocess.Popen([str(word) for word in command], stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"measure: gatelpr eval ended with {process.returncode}")
    return Reading(json.loads(answer.read_text(encoding="utf-8")), usage.ru_utime + usage.ru_stime)


def start(args: argparse.Namespace, detector: str, reader: str) -> float:
    """The processor time of a run without pictures, in seconds."""
    nothing = args.models.parent / "nothing"
    nothing.mkdir(exist_ok=True)
    (nothing / "labels.jsonl").write_text("", encoding="utf-8")
    return read(args, detector, reader, [nothing]).cpu_s


def weights(models: Path, name: str) -> Path:
    """The file of a model."""
    manifest = tomllib.loads((models / f"{name}.toml").read_text(encoding="utf-8"))
    return models / manifest["weights"]["file"]


def alone(models: Path, name: str) -> float:
    """How long the int8 variant of a model takes with nothing around it, of float."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    files = [str(weights(models, name + kind)) for kind in KINDS]
    sessions = [onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"]) for file in files]
    values = np.random.default_rng(1).uniform(-1, 1, SHAPES[name]).astype(np.float32)
    fastest = [float("inf")] * len(sessions)
    for _ in range(RUNS[name]):
        for number, session in enumerate(sessions):
            begun = time.process_time()
            session.run(None, {session.get_inputs()[0].name: values})
            fastest[number] = min(fastest[number], time.process_time() - begun)
    return fastest[1] / fastest[0]


def sets_of(plates: Path) -> tuple[list[Path], list[Path]]:
    """The sets of whole pictures, and those of crops."""
    folders = sorted(labels.parent for labels in plates.glob("*/labels.jsonl"))
    are_crops = [json.loads((folder / "labels.jsonl").open().readline()).get("crop", False) for folder in folders]
    pairs = list(zip(folders, are_crops))
    return [folder for folder, crop in pairs if not crop], [folder for folder, crop in pairs if crop]


def machine(args: argparse.Namespace, load: float) -> str:
    """What it was measured on."""
    facts = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    cpu = next((line.split(":")[1].strip() for line in facts if line.startswith("model name")), "processor unknown")
    vnni = "with" if any("vnni" in line for line in facts if line.startswith("flags")) else "without"
    version = subprocess.run([args.gatelpr, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return (
        f"{date.today()}, {cpu}, {os.cpu_count()} cores, {vnni} VNNI, load average {load:.1f} before and "
        f"{os.getloadavg()[0]:.1f} after; {version}, onnxruntime {onnxruntime.__version__}, one thread"
    )


def exact_cells(whole: Reading, crop: Reading) -> list[str]:
    """Exact reads by region in whole pictures, then in crops."""
    cells = [whole.exact(regions, "whole_pictures") for regions in REGIONS.values()]
    cells += [crop.exact(REGIONS[region], "crops") for region in ("Vietnam", "China")]
    return [f"{exact}/{plates}" for exact, plates in cells]


def row(models: Path, pair: tuple[str, str], whole: Reading, crop: Reading, times: list[str]) -> list[str]:
    """What is told of a detector and a reader."""
    size = sum(weights(models, name).stat().st_size for name in pair) / 1e6
    return [
        *("int8" if name.endswith("-int8") else "float" for name in pair),
        f"{size:.1f}",
        *exact_cells(whole, crop),
        f"{whole.total('false_reads'):.0f} in {whole.total('complete_pictures'):.0f}",
        f"{whole.ms_p50():.0f}",
        *times,
    ]


def rows(args: argparse.Namespace, whole_sets: list[Path], crop_sets: list[Path]) -> list[list[str]]:
    """The table without its head."""
    of_float = {name + "-int8": f"{alone(args.models, name):.2f}" for name in SHAPES}
    detectors, readers = ([name + kind for kind in KINDS] for name in SHAPES)
    crops = {reader: read(args, detectors[0], reader, crop_sets) for reader in readers}
    table, float_s = [], 0.0
    for detector, reader in ((detector, reader) for detector in detectors for reader in readers):
        whole = read(args, detector, reader, whole_sets)
        cpu_s = whole.cpu_s - start(args, detector, reader)
        float_s = float_s or cpu_s
        times = [f"{1000 * cpu_s / whole.total('pictures'):.1f}", f"{cpu_s / float_s:.2f}"]
        times += [of_float.get(name, "1") for name in (detector, reader)]
        table.append(row(args.models, (detector, reader), whole, crops[reader], times))
        print(f"measured: {detector} and {reader}", file=sys.stderr, flush=True)
    return table


def main() -> int:
    """Measures, and prints the machine and the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--gatelpr", "--models", "--runtime", "--plates"):
        parser.add_argument(name, type=Path, required=True)
    args = parser.parse_args()
    args.gatelpr, load = args.gatelpr.resolve(), os.getloadavg()[0]
    whole_sets, crop_sets = sets_of(args.plates)
    head = ["detector", "reader", "files, MB", *REGIONS, "Vietnam, crops", "China, crops", "false reads", "ms p50"]
    head += ["processor time, ms a picture", "of float", "detector alone, of float", "reader alone, of float"]
    table = [head, ["---"] * len(head), *rows(args, whole_sets, crop_sets)]
    print(machine(args, load))
    print()
    print("\n".join(f"| {' | '.join(row)} |" for row in table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
