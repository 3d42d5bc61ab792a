#!/usr/bin/env python3
"""Counts the instructions of the micro-kernels' inner loops, as a measure where there is no machine to time.

usage: instructions.py [FOLDER]

Compiles lib/kernels/micro_kernel/micro_kernel_isa.c for each instruction set as the build does, with gcc for this machine
(x86-64) and aarch64-linux-gnu-gcc, in FOLDER or a temporary one, and prints a table of the loop over k in the tile of most
rows and widest panel. A compiler that is missing is left out, and named."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / 'lib/kernels/micro_kernel/micro_kernel_isa.c'
FLAGS = ['-std=c11', '-O3', '-ffp-contract=fast', '-fno-math-errno', '-fno-trapping-math', '-D_POSIX_C_SOURCE=200809L',
         f'-I{ROOT / "include"}', f'-I{ROOT / "lib"}']
AVX512 = ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mavx2', '-mfma', '-mprefer-vector-width=512']
PAIRS = ['-DGAN_BFLOAT16']

# Name, tools' prefix, flags, rows of the largest tile, and the instruction that multiplies and adds: the mnemonic and the
# multiply-adds of one, or the two of SSE2, which multiplies and adds apart.
LEVELS = [
    ('NEON, float32', 'aarch64-linux-gnu-', [], 8, 'fmla', 4),
    ('NEON, bfloat16 in plain C', 'aarch64-linux-gnu-', PAIRS, 8, 'fmla', 4),
    ('NEON, bfloat16 by BFDOT', 'aarch64-linux-gnu-', PAIRS + ['-march=armv8.2-a+bf16'], 8, 'bfdot', 8),
    ('SSE2, float32', '', [], 6, 'mulps', 4),
    ('AVX2, float32', '', ['-mavx2', '-mfma'], 6, 'vfmadd', 8),
    ('AVX-512, float32', '', AVX512, 8, 'vfmadd', 16),
    ('AVX-512, bfloat16', '', AVX512 + ['-mavx512bf16'] + PAIRS, 8, 'vdpbf16ps', 32),
]


def disassemble(prefix, flags, folder):
    """Instructions of each function: (address, mnemonic, operands)."""
    target = folder / 'kernel.o'
    subprocess.run([prefix + 'gcc', *FLAGS, *flags, '-DGAN_ISA=counted', '-c', SOURCE, '-o', target], check=True)
    text = subprocess.run([prefix + 'objdump', '-d', '--no-show-raw-insn', target], check=True, capture_output=True,
                          text=True).stdout
    functions, name = {}, None
    for line in text.splitlines():
        if start := re.match(r'[0-9a-f]+ <(.+)>:$', line):
            name = start[1]
            functions[name] = []
        elif found := re.match(r'\s*([0-9a-f]+):\s+(\S+)\s*(.*)', line):
            functions[name].append((int(found[1], 16), found[2], found[3]))
    return functions


def inner_loop(code, multiply):
    """The loop without another in it that multiplies most often: a jump backwards, and all from its target to it."""
    best, most = [], 0
    loops = []
    for at, (address, mnemonic, operands) in enumerate(code):
        jump = re.match(r'(?:.*,\s*)?([0-9a-f]+) <', operands)
        if not jump or not re.match(r'j|b\.|cbn?z|tbn?z', mnemonic) or int(jump[1], 16) > address:
            continue
        first = next((i for i, line in enumerate(code) if line[0] == int(jump[1], 16)), None)
        if first is not None:
            loops.append((first, at))
    for first, last in loops:
        if any(first <= other and end <= last and (other, end) != (first, last) for other, end in loops):
            continue
        count = sum(line[1].startswith(multiply) for line in code[first:last + 1])
        if count > most:
            best, most = code[first:last + 1], count
    return best, most


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        print('| inner loop | tile | instructions | of these multiply | multiply-adds | instructions per 100 multiply-adds |')
        print('| --- | --- | --- | --- | --- | --- |')
        for name, prefix, flags, rows, multiply, each in LEVELS:
            if not shutil.which(prefix + 'gcc'):
                print(f'{name}: there is no {prefix}gcc', file=sys.stderr)
                continue
            loop, count = inner_loop(disassemble(prefix, flags, folder)[f'wide_rows_{rows}'], multiply)
            if count == 0 or (count * each) % rows != 0:
                sys.exit(f'{name}: no loop of wide_rows_{rows} has {multiply} for each row')
            done = count * each
            print(f'| {name} | {rows} x {2 * each // (2 if "bfdot" in multiply or "bf16" in multiply else 1)} '
                  f'| {len(loop)} | {count} | {done} | {100 * len(loop) / done:.1f} |')


if __name__ == '__main__':
    main()
