"""Runs gatelpr and its peers on the same labelled pictures, one after the other, and prints one table; run.sh calls it.

Every contender is a program of its own, started anew for each region of the world. What it costs to start is measured
with no pictures and taken off the rest, so a picture's cost is that of decoding, finding and reading. Only the standard
library is used here: a started program's peak memory is never told smaller than that of who starts it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median

from pictures import REGIONS, Picture, exact_reads, thinned, whole_pictures, write_job, write_sets

HERE = Path(__file__).parent
STARTS = 3
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Cost:
    """What a program that ran to its end has used."""

    cpu_s: float
    wall_s: float
    peak_mb: float


@dataclass
class Work:
    """The pictures of a region as files, in a folder of their own. Without pictures: for the start alone."""

    folder: Path
    pictures: list[Picture]
    sets: list[Path] = field(default_factory=list)

    @property
    def job(self) -> Path:
        return self.folder / "job.json"

    @property
    def answers(self) -> Path:
        return self.folder / "answers.json"

    def shapes(self, which: str) -> Path:
        return self.folder / f"shapes-{which}.json"


@dataclass(frozen=True)
class Contender:
    """One row of the table."""

    name: str
    command: Callable[[Work], list[str | Path]]
    exact: Callable[[Work], int] | None
    regions: tuple[str, ...] = tuple(REGIONS)


@dataclass
class Outcome:
    """What became of a contender, by region where it differs."""

    start: Cost
    costs: dict[str, list[Cost]] = field(default_factory=dict)
    exact: dict[str, int] = field(default_factory=dict)

    def cpu_s(self, region: str) -> float:
        """For all pictures of the region, without the start."""
        return max(0.0, median(cost.cpu_s for cost in self.costs[region]) - self.start.cpu_s)

    def wall_s(self, region: str) -> float:
        return max(0.0, median(cost.wall_s for cost in self.costs[region]) - self.start.wall_s)

    @property
    def peak_mb(self) -> float:
        return max(cost.peak_mb for costs in self.costs.values() for cost in costs)


def run(command: list[str | Path], log: Path) -> Cost:
    """Runs a program to its end; what it prints goes into ``log``."""
    environment = {**os.environ, **ENVIRONMENT}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with log.open("w") as output, log.with_suffix(".errors").open("w") as errors:
        begun = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdout=output, stderr=errors, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = log.with_suffix(".errors").read_text()[-2000:]
        raise SystemExit(f"compare: {command[0]} ended with {process.returncode}:\n{tail}")
    return Cost(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss / 1024)


def contenders(args: argparse.Namespace) -> list[Contender]:
    """The rows of the table, in their order."""
    python = {name: args.environments / name / "bin" / "python" for name in ("rapidocr", "agentclpr", "fast-alpr")}

    def ours(detector: str, reader: str, second: str, *more: str) -> Callable[[Work], list[str | Path]]:
        fixed = ["--json", "--threads", "1", "--models", args.models, "--runtime", args.runtime]
        models = ["--detector", detector, "--recogniser", reader, "--second-opinion", second, *more]
        return lambda work: [args.gatelpr, "eval", *work.sets, *fixed, *models]

    def peer(environment: str, script: str, *more: str | Path) -> Callable[[Work], list[str | Path]]:
        return lambda work: [python[environment], HERE / script, work.job, work.answers, *more]

    def bare(which: str, models: str) -> Callable[[Work], list[str | Path]]:
        return lambda work: [python["fast-alpr"], HERE / "bare_models.py", work.shapes(which), args.models, models]

    own = ("gatelpr-detector", "gatelpr-reader")
    twice = ours(*own, "none", "--compare", "+".join(own))
    asked = ours(*own, "ppocr-v4-rec", "--second-opinion-below", "0.95")
    rapidocr, agentclpr, fast_alpr = (version_of(name) for name in ("rapidocr-onnxruntime", "agentclpr", "fast-alpr"))
    return [
        Contender(OURS_FIRST, ours("ppocr-v4-det", "ppocr-v4-rec", "none"), exact_of_ours),
        Contender(OURS, ours(*own, "none"), exact_of_ours),
        Contender(OURS_ASKED, asked, exact_of_ours),
        Contender(f"{rapidocr}, as it comes", peer("rapidocr", "read_rapidocr.py", "shipped"), exact_of_peer),
        Contender(f"{rapidocr}, fitted to plates", peer("rapidocr", "read_rapidocr.py", "fitted"), exact_of_peer),
        Contender(agentclpr, peer("agentclpr", "read_agentclpr.py"), exact_of_peer, ("CN",)),
        Contender(
            f"{fast_alpr} with gatelpr's models", peer("fast-alpr", "read_fast_alpr.py", args.models), exact_of_peer
        ),
        Contender(BARE_FIRST, bare("first", "first"), None),
        Contender(BARE, bare("own", "own"), None),
        Contender(BARE_LOOKS, bare("looks", "own"), None),
        Contender(DECODING, peer("fast-alpr", "decode_pictures.py"), None),
        Contender(TWICE, twice, None),
    ]


OURS_FIRST = "gatelpr, ppocr-v4-det and -rec"
OURS = "gatelpr, gatelpr-detector and -reader"
OURS_ASKED = "gatelpr, the same, and ppocr-v4-rec below 0.95"
BARE_FIRST = "bare ppocr-v4-det and -rec, least looks"
BARE = "bare gatelpr-detector and -reader, least looks"
BARE_LOOKS = "bare gatelpr-detector and -reader, every look"
DECODING = "decoding the pictures alone, OpenCV"
TWICE = "gatelpr, its own models twice on each picture"


def version_of(package: str) -> str:
    """The package and the version that its requirements pin."""
    lines = [line for file in HERE.glob("requirements-*.txt") for line in file.read_text().splitlines()]
    return next(line.replace("==", " ") for line in lines if line.startswith(f"{package}=="))


def exact_of_ours(work: Work) -> int:
    return sum(one["exact"] for one in json.loads((work.folder / "log").read_text())["sets"])


def exact_of_peer(work: Work) -> int:
    answers = json.loads(work.answers.read_text())
    return sum(exact_reads(picture, lines) for picture, lines in zip(work.pictures, answers, strict=True))


def prepared(args: argparse.Namespace, folder: Path, pictures: list[Picture]) -> Work:
    """The pictures as the contenders want them, and in the system's cache."""
    folder.mkdir()
    work = Work(folder, pictures)
    write_job(pictures, work.job)
    work.sets = list(write_sets(pictures, folder / "sets"))
    if not work.sets:
        (folder / "sets" / "none").mkdir(parents=True)
        (folder / "sets" / "none" / "labels.jsonl").touch()
        work.sets = [folder / "sets" / "none"]
    for picture in pictures:
        picture.path.read_bytes()
    shapes = folder / "shapes.json"
    python = args.environments / "fast-alpr" / "bin" / "python"
    run([python, HERE / "shapes.py", work.job, shapes, args.models], folder / "log")
    for which, of_pictures in json.loads(shapes.read_text()).items():
        work.shapes(which).write_text(json.dumps(of_pictures))
    return work


def measured(args: argparse.Namespace, regions: dict[str, list[Picture]], folder: Path) -> dict[str, Outcome]:
    """Every contender on every region, one after the other, so that what else runs on the machine hits all alike."""
    nothing = prepared(args, folder / "nothing", [])
    works = {region: prepared(args, folder / region, pictures) for region, pictures in regions.items()}
    rows = [row for row in contenders(args) if set(row.regions) & set(works)]
    outcomes = {}
    for row in rows:
        starts = [run(row.command(nothing), nothing.folder / "log") for _ in range(1 + STARTS)][1:]
        start = [median(getattr(cost, name) for cost in starts) for name in ("cpu_s", "wall_s", "peak_mb")]
        outcomes[row.name] = Outcome(Cost(*start))
    for _ in range(args.rounds):
        for region, work in works.items():
            for row in rows:
                if region not in row.regions:
                    continue
                cost = run(row.command(work), work.folder / "log")
                outcome = outcomes[row.name]
                outcome.costs.setdefault(region, []).append(cost)
                if row.exact:
                    outcome.exact[region] = row.exact(work)
                told(work, row, cost)
    return outcomes


def told(work: Work, row: Contender, cost: Cost) -> None:
    """Says how far it is, on standard error."""
    errors = (work.folder / "log").with_suffix(".errors").read_text().splitlines()
    failed = [line for line in errors if line.startswith("failed at")]
    note = f"; {failed[-1]}" if failed else ""
    print(f"{work.folder.name}: {row.name}: {cost.cpu_s:.1f} CPU s{note}", file=sys.stderr, flush=True)


def table(regions: dict[str, list[Picture]], outcomes: dict[str, Outcome]) -> str:
    plates = {region: sum(len(picture.labels) for picture in pictures) for region, pictures in regions.items()}
    heads = [f"{REGIONS[region]}, of {count}" for region, count in plates.items()]
    costs = ["CPU ms a picture", "pictures a second", "pictures a CPU second", "peak RSS, MB", "start, s"]
    lines = ["| | " + " | ".join(heads + costs) + " |", "|---" * (len(heads) + len(costs) + 1) + "|"]
    for name, outcome in outcomes.items():
        if name == TWICE:
            continue
        exact = [str(outcome.exact.get(region, "–")) for region in regions]
        pictures = sum(len(regions[region]) for region in outcome.costs)
        cpu_s, wall_s = (sum(each(region) for region in outcome.costs) for each in (outcome.cpu_s, outcome.wall_s))
        figures = [f"{cpu_s / pictures * 1e3:.1f}", rate(pictures, wall_s), rate(pictures, cpu_s)]
        more = [f"{outcome.peak_mb:.0f}", f"{outcome.start.wall_s:.2f}"]
        lines.append(f"| {name} | " + " | ".join(exact + figures + more) + " |")
    return "\n".join(lines)


def rate(pictures: int, seconds: float) -> str:
    return f"{pictures / seconds:.1f}" if seconds > 0 else "–"


def ratios(regions: dict[str, list[Picture]], outcomes: dict[str, Outcome]) -> str:
    """Pictures a CPU second of gatelpr divided by a peer's, on the pictures that both were given."""
    goals = {
        "rapidocr": {OURS_FIRST: 2.0, OURS: 10.0, OURS_ASKED: None},
        "agentclpr": {OURS: None, OURS_ASKED: None},
        "fast-alpr": {OURS: 1.3},
    }
    lines = []
    for peer, goals_of in goals.items():
        for name in (name for name in outcomes if name.startswith(peer)):
            theirs = outcomes[name]
            for ours, goal in goals_of.items():
                exact = [sum(outcomes[who].exact[region] for region in theirs.costs) for who in (ours, name)]
                times = sum(map(theirs.cpu_s, theirs.costs)) / sum(map(outcomes[ours].cpu_s, theirs.costs))
                said = f"goal {goal:g}" if goal else "no goal"
                lines.append(
                    f"- {ours}, beside {name}: {times:.2f} times as many pictures a CPU second ({said}), "
                    f"{exact[0]} exact reads against {exact[1]}"
                )
    decoding = 2 * cpu_of(outcomes, OURS) - cpu_of(outcomes, TWICE)
    pictures = sum(map(len, regions.values()))
    each = decoding / pictures * 1e3
    lines.append(f"- gatelpr decodes a picture in {each:.1f} CPU ms (its own models twice, less both at once)")
    for ours, bare in ((OURS_FIRST, BARE_FIRST), (OURS, BARE), (OURS, BARE_LOOKS)):
        times = (cpu_of(outcomes, ours) - decoding) / cpu_of(outcomes, bare)
        lines.append(f"- {ours} without decoding: {times:.2f} times the CPU time of {bare}")
    return "\n".join(lines)


def cpu_of(outcomes: dict[str, Outcome], name: str) -> float:
    return sum(map(outcomes[name].cpu_s, outcomes[name].costs))


def machine(args: argparse.Namespace, pictures: int, load: tuple[float, ...]) -> str:
    cpu = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    gatelpr = subprocess.run([args.gatelpr, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    loads = f"load average {load[0]:.1f} before and {os.getloadavg()[0]:.1f} after"
    python = f"Python {'.'.join(map(str, sys.version_info[:3]))}"
    versions = [gatelpr, python, *map(version_of, ("onnxruntime", "numpy", "opencv-python"))]
    rounds = f"{args.rounds} round{'s' if args.rounds > 1 else ''}"
    return (
        f"{date.today()}, {cpu.split(':')[1].strip()}, {os.cpu_count()} cores, {loads}; {', '.join(versions)}; "
        f"one thread each; {pictures} whole pictures, {rounds}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--plates", "--gatelpr", "--models", "--runtime", "--environments"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=0, help="about so many, every k-th; 0: all")
    parser.add_argument("--rounds", type=int, default=1, help="how often; the median counts")
    args = parser.parse_args()
    args.plates, args.gatelpr = args.plates.resolve(), args.gatelpr.resolve()
    regions = whole_pictures(args.plates)
    if not regions:
        print(f"compare: skipped, no data: there are no labelled pictures in {args.plates}")
        return
    if args.pictures:
        regions = thinned(regions, args.pictures)
    load = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="gatelpr-peers-") as folder:
        outcomes = measured(args, regions, Path(folder))
    print(
        machine(args, sum(map(len, regions.values())), load),
        table(regions, outcomes),
        ratios(regions, outcomes),
        sep="\n\n",
    )


if __name__ == "__main__":
    main()
