#!/usr/bin/env python3
"""Runs clang-tidy 14 by .clang-tidy over lib/ and examples/, as a build compiles them: tidy.py BUILD [SOURCE]...

Takes from compile_commands.json what the library is made of, on every CPU level; not what tests build once more.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

SKIPPED = 77


def find_tool():
    for name in ("clang-tidy-14", "clang-tidy"):
        path = shutil.which(name)
        if path and "version 14." in subprocess.run([path, "--version"], capture_output=True, text=True).stdout:
            return path
    return None


def chosen_commands(build):
    """The commands to look at; headers of others, which are found by -I/usr/..., are those of the system."""
    for command in json.loads((build / "compile_commands.json").read_text()):
        if re.match(r"lib/(?!lib\w*_(internal|double))|examples/", command["output"]):
            yield {**command, "command": command["command"].replace("-I/usr/", "-isystem/usr/")}


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    tool = find_tool()
    if not tool:
        print("SKIP: clang-tidy 14 is not installed")
        return SKIPPED
    commands = list(chosen_commands(build))
    folder = build / "tidy"
    folder.mkdir(exist_ok=True)
    (folder / "compile_commands.json").write_text(json.dumps(commands))
    sources = sorted({os.path.normpath(os.path.join(c["directory"], c["file"])) for c in commands})
    wanted = [os.path.abspath(source) for source in sys.argv[2:]]
    sources = [source for source in sources if not wanted or source in wanted]
    if not sources:
        print("there is nothing to look at")
        return 1

    def look_at(source):
        return subprocess.run([tool, "--quiet", "--header-filter=.*", "-p", folder, source],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(look_at, sources))
    failures = [result for result in results if result.returncode != 0]
    for line in dict.fromkeys(line for result in failures for line in (result.stdout or result.stderr).splitlines()):
        print(line)
    print(f"{len(sources)} files, {len(failures)} with findings")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
