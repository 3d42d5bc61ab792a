#!/usr/bin/env python3
"""Prints the names of the tests that use the shared library: public_tests.py BUILD READELF"""
import json
import pathlib
import subprocess
import sys

build, readelf = sys.argv[1:]
tests = json.loads((pathlib.Path(build) / 'meson-info' / 'intro-tests.json').read_text())
for test in tests:
    program = pathlib.Path(test['cmd'][0])
    if not program.is_absolute():
        program = pathlib.Path(build) / program
    if build not in str(program.absolute()) or not program.is_file():
        continue
    dynamic = subprocess.run([readelf, '-d', program], capture_output=True, text=True, check=False).stdout
    if 'libgan.so' in dynamic:
        print(test['name'])
