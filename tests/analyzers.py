#!/usr/bin/env python3
"""gcc's -fanalyzer and clang's static analyzer on each source of lib/, one at a time: analyzers.py BUILD [FILE...]

BUILD is a build folder of the library, whose commands say how each file is compiled. Findings that EXCEPTIONS does not
have, and exceptions that have become findings no more, are failures. -D GAN_CHECK_INVARIANTS tells the analyzers what
always holds (GAN_INVARIANT). Without a FILE, all files are read, several at a time.
"""
import collections
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys

# (analyzer, file, check): how often, and why it is wrong.
EXCEPTIONS = {
    ("clang", "lib/data/sources/npy_source.c", "core.NullDereference"):
        (1, "there are as many columns as are counted, or none is"),
    ("clang", "lib/data/sources/npy_source.c", "core.UndefinedBinaryOperatorResult"):
        (1, "read_run() fills what it is asked for"),
    ("clang", "lib/game/description/game_losses.c", "core.CallAndMessage"): (1, "the caller gives the rule's terms"),
    ("clang", "lib/game/description/game_losses.c", "core.uninitialized.ArraySubscript"): (1, "each rule has a term"),
    ("clang", "lib/kernels/columns/column_loops_isa.h", "core.uninitialized.Assign"):
        (1, "it takes a run to be narrower than the columns that are copied into it"),
    ("clang", "lib/kernels/columns/columns_isa.c", "core.UndefinedBinaryOperatorResult"): (2, "the same"),
    ("clang", "lib/kernels/norm/group_norm_isa.c", "core.uninitialized.Assign"): (1, "there are totals for each group"),
    ("clang", "lib/layers/options.c", "core.CallAndMessage"): (1, "gan_json_get_ints() writes what it is asked for"),
    ("clang", "lib/layers/spectral_norm.c", "core.NullDereference"): (2, "each pass of such a layer has a sigma"),
    ("clang", "lib/onnx/operators/import_expand.c", "core.UndefinedBinaryOperatorResult"):
        (1, "the caller gives as many sizes as it counts"),
    ("clang", "lib/onnx/operators/import_norms.c", "core.NullDereference"): (1, "the caller gives a scale, a bias or both"),
}

# gcc 12 takes a shift of a vector for one of a scalar.
ANALYZERS = {"gcc": ["gcc", "-O2", "-fanalyzer", "-Wno-analyzer-shift-count-overflow", "-c"],
             "clang": ["clang", "--analyze", "-Wno-everything"]}
WARNING = re.compile(r"^\S*?(lib/\S+?):(\d+):\d+: warning: (.*) \[(?:-W)?(analyzer-\S+|[a-z]\S+\.\S+)\]$", re.M)


def commands(build):
    """Of each source of the library, once, its folder, its path there and its options."""
    listed = subprocess.run(["ninja", "-C", build, "-t", "compdb"], capture_output=True, text=True, check=True).stdout
    found = {}
    for entry in json.loads(listed[listed.index("["):]):
        words = shlex.split(entry["command"])
        path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        name = "lib/" + path.rpartition("/lib/")[2]
        if "/lib/" not in path or not name.endswith(".c") or name in found or "gan_double" in entry["output"]:
            continue
        options = [word for word in words if word.startswith(("-I", "-D", "-m", "-std", "-f"))]
        found[name] = (entry["directory"], entry["file"],
                       [word for word in options if not word.startswith(("-fdiagnostics", "-fsanitize", "-fanalyzer"))])
    return found


def analyze(analyzer, name, folder, file, options):
    done = subprocess.run([*ANALYZERS[analyzer], *options, "-DGAN_CHECK_INVARIANTS", file, "-o", os.devnull], cwd=folder,
                          capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    assert done.returncode == 0, f"{analyzer} cannot compile {name}:\n{done.stderr}"
    return analyzer, WARNING.findall(done.stderr), done.stderr


def main(build, *files):
    sources = {name: how for name, how in commands(build).items() if not files or name in files}
    assert sources, "there are no sources"
    found, texts = collections.Counter(), collections.defaultdict(set)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(analyze, analyzer, name, *how) for name, how in sources.items() for analyzer in ANALYZERS]
        for job in concurrent.futures.as_completed(jobs):
            analyzer, warnings, said = job.result()
            for path, line, sentence, check in set(warnings):
                key = analyzer, os.path.normpath(path), check
                found[key] += 1
                texts[key].add(f"{path}:{line}: {sentence} [{analyzer}: {check}]\n{said}")
    failed = False
    for key in sorted(set(found) | set(EXCEPTIONS)):
        expected, _ = EXCEPTIONS.get(key, (0, ""))
        if files and key[1] not in files or found[key] == expected:
            continue
        failed = True
        print(f"{' '.join(key)}: {found[key]} findings, expected {expected}")
        print("".join(sorted(texts[key])))
    print(f"{len(sources)} files, {sum(found.values())} findings, {'some unexpected' if failed else 'all of them exceptions'}")
    sys.exit(failed)


if __name__ == "__main__":
    main(*sys.argv[1:])
