#!/usr/bin/env python3
"""Prints the licence texts of every crate that is compiled into the program for a target, as their licences want it."""

import json
import pathlib
import subprocess
import sys

target = sys.argv[1]
command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
graph = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
nodes = {node["id"]: node for node in graph["resolve"]["nodes"]}

# What only tests and builds need is not in the program.
used, waiting = set(), [graph["resolve"]["root"]]
while waiting:
    crate = waiting.pop()
    if crate in used:
        continue
    used.add(crate)
    for dependency in nodes[crate]["deps"]:
        if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
            waiting.append(dependency["pkg"])

texts = {}
for package in sorted(graph["packages"], key=lambda package: (package["name"], package["version"])):
    if package["id"] not in used or package["id"] == graph["resolve"]["root"]:
        continue
    folder = pathlib.Path(package["manifest_path"]).parent
    found = [
        file
        for file in sorted(folder.iterdir())
        if file.is_file() and file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"))
    ]
    text = "\n".join(file.read_text(encoding="utf-8", errors="replace").strip() for file in found)
    name = f"{package['name']} {package['version']} ({package['license'] or package['license_file']})"
    texts.setdefault(text, []).append(name)

print("The Rust crates that are compiled into gatelpr, with the licence texts that they come with.\n")
for text, names in texts.items():
    print("=" * 100)
    print("\n".join(names))
    print("-" * 100)
    print(text or "This crate comes without a text of its own; its licence is named above.")
