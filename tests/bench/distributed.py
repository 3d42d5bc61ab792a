#!/usr/bin/env python3
"""Models a step of distributed training on machines that are not here: distributed.py MEASURED.csv [OPTION VALUE]...

MEASURED.csv has what gan-mpi-bench prints with one process: the time to compute a step of so many samples. docs/scaling.md
says what is assumed. Prints, for each number of processes, the time of a step, the share of exchanges, and how many
times as fast as one process it is.
"""
import argparse
import csv
import math


def read_compute(path):
    """Milliseconds by samples."""
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["processes"] == "1"]
    return sorted((int(row["batch"]), float(row["step_ms"])) for row in rows)


def compute_time(measured, samples):
    """Linear between measured batches, and in proportion below the first and beyond the last."""
    first, last = measured[0], measured[-1]
    if samples <= first[0]:
        return first[1] * max(samples / first[0], 0.5)
    if samples >= last[0]:
        return last[1] * samples / last[0]
    for (low, low_ms), (high, high_ms) in zip(measured, measured[1:]):
        if samples <= high:
            return low_ms + (high_ms - low_ms) * (samples - low) / (high - low)
    raise AssertionError


def small_gather(processes, latency):
    """Recursive doubling: as many messages as the logarithm says."""
    return math.ceil(math.log2(processes)) * latency if processes > 1 else 0


def large_exchange(processes, size, latency, bandwidth):
    """Pairwise: each process sends a slice to each other one, one after the other."""
    return (processes - 1) * latency + size * (processes - 1) / processes / bandwidth


def step_time(args, measured, processes, batch):
    """(computing, waiting for exchanges), in ms."""
    computing = compute_time(measured, batch / processes)
    if processes == 1:
        return computing, 0
    latency, bandwidth = args.latency * 1e-3, args.bandwidth * 1e6  # ms; bytes a ms
    # Before the round, and the losses of both moves; twice for each layer and pass of batch normalisation.
    waiting = (3 + 2 * args.norm_passes) * small_gather(processes, latency)
    hidden = args.overlap * computing / 2
    for parameters in args.parameters:
        transposed = large_exchange(processes, 4 * parameters, latency, bandwidth)
        waiting += max(transposed - hidden, transposed / 8)  # the last part cannot begin before all is computed
        waiting += large_exchange(processes, 4 * parameters, latency, bandwidth)
    return computing, waiting


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("measured")
    parser.add_argument("--latency", type=float, default=20, help="microseconds of a message (20)")
    parser.add_argument("--bandwidth", type=float, default=1.25, help="GB/s of a process each way (1.25)")
    parser.add_argument("--parameters", type=int, nargs="+", default=[1486352, 212865], help="of each player")
    parser.add_argument("--norm-passes", type=int, default=0, help="layers of batch normalisation times passes (0)")
    parser.add_argument("--overlap", type=float, default=0.25, help="share of a player's computing that hides sending")
    parser.add_argument("--batch", type=int, help="of all processes together; without: --each in every process")
    parser.add_argument("--each", type=int, default=64, help="samples of each process (64)")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64])
    args = parser.parse_args()
    measured = read_compute(args.measured)
    print("processes  batch  step_ms  exchanges  times as fast")
    for processes in args.processes:
        batch = args.batch or args.each * processes
        computing, waiting = step_time(args, measured, processes, batch)
        alone = compute_time(measured, batch)
        total = computing + waiting
        print(f"{processes:9} {batch:6} {total:8.2f} {waiting / total:9.0%} {alone / total:12.1f}")


if __name__ == "__main__":
    main()
