#!/usr/bin/env python3
"""Writes metrics.h: what NumPy and SciPy make of sets of features, labels and samples, for tests/unit/metrics.

The sets come from integers by the formulas below, which samples.c repeats: they are the same float32 numbers on both
sides without being stored. Everything else is in float64, each metric from its definition, and none the way that
libgan takes: the root of a product of covariances is a matrix for SciPy and a sum of singular values there, distances
are those of cdist.

Usage: python3 make_metrics.py (needs NumPy and SciPy)
"""
import os
import textwrap

import numpy as np
import scipy.linalg
import scipy.spatial
import scipy.special
import scipy.stats

# Samples in each set, dimensions, and which features never change, like those of a dead unit.
SETS = [(60, 50, 5, 0), (7, 9, 12, 0), (300, 260, 64, 0), (80, 90, 16, 6), (2, 2, 1, 0), (33, 1000, 3, 0)]
FAKE = 64  # the streams of the second sets begin here
NEIGHBOURS = [1, 3, 5]
SUBSETS, SUBSET_SIZE, SEED = 7, 20, 11  # of the kernel distance
CLASSES, PROBABILITIES, SPLITS = 10, 105, [1, 10, 105]
LABELS, MODES = 500, 12
RING_SAMPLES, RING_DEVIATION = 400, np.float32(0.0625)


def hashes(stream, count):
    """The output function of SplitMix64 at stream * 2^32 + i."""
    with np.errstate(over="ignore"):
        x = (np.uint64(stream) << np.uint64(32)) + np.arange(count, dtype=np.uint64)
        x = (x + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def nearly_normal(stream, count):
    """Sum of the four 16-bit parts of a hash, over 2^15: variance 4/3."""
    x = hashes(stream, count)
    total = sum(((x >> np.uint64(16 * k)) & np.uint64(0xFFFF)).astype(np.int64) for k in range(4))
    return (total - 131070) / 32768.0


def features(stream, count, dimensions, dead):
    """Each a number of its own, of the sample and of its place; all sums are exact in float32."""
    own = np.round(nearly_normal(stream, count * dimensions) * 1024).reshape(count, dimensions)
    common = np.round(nearly_normal(stream + 1, count) * 512).reshape(count, 1)
    place = np.arange(dimensions)
    x = (own + common * (place % 3)) / 1024 * 2.0 ** -(place % 4) + place / 8 + (stream >= FAKE) * 0.25
    x[:, dimensions - dead:] = 0.5
    assert np.all(x == x.astype(np.float32))
    return x


def root_trace(a, b):
    """The trace of (C_a C_b)^(1/2) by the root of C_a, since the product itself is not symmetric."""
    root = scipy.linalg.sqrtm(a).real
    return np.sqrt(np.clip(scipy.linalg.eigvalsh(root @ b @ root), 0, None)).sum()


def frechet_distance(x, y):
    a, b = np.atleast_2d(np.cov(x.T)), np.atleast_2d(np.cov(y.T))
    exact = np.linalg.svd((x - x.mean(0)) @ (y - y.mean(0)).T, compute_uv=False).sum()
    exact /= np.sqrt((len(x) - 1) * (len(y) - 1))
    if np.linalg.matrix_rank(a) == len(a):  # else SciPy's root has half of the digits at best
        assert abs(root_trace(a, b) - exact) < 1e-7 * exact
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a) + np.trace(b) - 2 * exact


def discrepancy(x, y):
    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3
    n, xx, yy = len(x), kernel(x, x), kernel(y, y)
    within = (xx.sum() - np.trace(xx) + yy.sum() - np.trace(yy)) / (n * (n - 1))
    return within - 2 * kernel(x, y).mean()


def philox(seed, stream, counter):
    """64 bits of a block of Philox 4x32-10."""
    mask = 0xFFFFFFFF
    c = [counter & mask, counter >> 32, stream & mask, stream >> 32]
    k = [seed & mask, seed >> 32]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & mask, (a >> 32) ^ c[3] ^ k[1], a & mask]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c[0] << 32 | c[1]


def kernel_distance(x, y):
    """Over subsets, each the front of an order that is shuffled further for each of them."""
    orders, counter, values = [np.arange(len(x)), np.arange(len(y))], 0, []
    for _ in range(SUBSETS):
        for order in orders:
            for i in range(SUBSET_SIZE):
                if len(order) > SUBSET_SIZE:
                    j = i + philox(SEED, 5, counter) % (len(order) - i)
                    order[i], order[j] = order[j], order[i]
                    counter += 1
        values.append(discrepancy(x[orders[0][:SUBSET_SIZE]], y[orders[1][:SUBSET_SIZE]]))
    return np.mean(values), np.std(values)


def precision_recall(x, y, neighbours):
    def covered(points, centres):
        radii = np.sort(scipy.spatial.distance.cdist(centres, centres), axis=1)[:, neighbours]
        return (scipy.spatial.distance.cdist(points, centres) <= radii).any(1).mean()
    return covered(y, x), covered(x, y)


def probabilities():
    """Squares of numbers, over their sum: many small ones, and a few that are 0."""
    x = nearly_normal(200, PROBABILITIES * CLASSES).reshape(PROBABILITIES, CLASSES) ** 2
    x[::7, 3] = 0
    x[np.arange(PROBABILITIES), np.arange(PROBABILITIES) ** 2 % CLASSES] += 8
    return (x / x.sum(1, keepdims=True)).astype(np.float32).astype(np.float64)


def inception_score(p, splits):
    scores = []
    for i in range(splits):
        part = p[i * len(p) // splits:(i + 1) * len(p) // splits]
        scores.append(np.exp(scipy.special.rel_entr(part, part.mean(0)).sum(1).mean()))
    return np.mean(scores), np.std(scores)


def mode_coverage(proportions):
    """Labels are the smaller of two, and the last mode is never hit."""
    both = (hashes(300, 2 * LABELS) % np.uint64(MODES - 1)).astype(int).reshape(LABELS, 2)
    q = np.bincount(both.min(1), minlength=MODES) / LABELS
    entropy = scipy.stats.entropy(q) / np.log(MODES)
    return (q > 0).sum(), scipy.stats.entropy(q, proportions), entropy, q.min()


def mixture_quality():
    """Samples around four of eight points on the border of a square; every fifth flies far."""
    centres = np.array([[0, 0], [1, 0], [2, 0], [0, 1], [2, 1], [0, 2], [1, 2], [2, 2]])
    offsets = nearly_normal(400, 2 * RING_SAMPLES).reshape(RING_SAMPLES, 2)
    i = np.arange(RING_SAMPLES)
    spread = np.where(i % 5 == 0, 8, 1).reshape(-1, 1) / 16
    x = (centres[i * i % 6] + offsets * spread).astype(np.float32).astype(np.float64)
    distances = scipy.spatial.distance.cdist(x, centres)
    nearest, within = distances.argmin(1), distances.min(1) <= 3 * RING_DEVIATION
    q = np.bincount(nearest, minlength=8) / RING_SAMPLES
    return len(set(nearest[within])), within.mean(), scipy.stats.entropy(q, np.full(8, 1 / 8))


def main():
    lines = ['/* What NumPy and SciPy make of the sets of samples.c; written by make_metrics.py. Where a set is too',
             ' * small, there is 0. */', '#include <stdint.h>', '',
             'enum { SETS = %d, NEIGHBOURS = %d };' % (len(SETS), len(NEIGHBOURS)), '']

    def table(declaration, rows):
        lines.append("static const %s = {" % declaration)
        for row in rows:
            text = ", ".join(repr(value).removesuffix(".0")
                             for value in np.atleast_1d(row).tolist())
            text = text if np.ndim(row) == 0 else "{" + text + "}"
            lines.extend(textwrap.wrap(text + ",", 114, initial_indent="    ", subsequent_indent="     "))
        lines.extend(["};", ""])

    pairs = [(features(2 * i, m, d, dead), features(FAKE + 2 * i, n, d, dead))
             for i, (m, n, d, dead) in enumerate(SETS)]
    table("int64_t sets[SETS][4]", SETS)
    table("double frechet_distances[SETS]", [frechet_distance(x, y) for x, y in pairs])
    whole = [(x[:min(len(x), len(y))], y[:min(len(x), len(y))]) for x, y in pairs]
    table("double kernel_distances[SETS]", [discrepancy(x, y) for x, y in whole])
    drawn = [kernel_distance(x, y) if min(len(x), len(y)) >= SUBSET_SIZE else (0, 0) for x, y in pairs]
    table("double kernel_distances_of_subsets[SETS][2]", drawn)
    table("int64_t neighbours_of[NEIGHBOURS]", NEIGHBOURS)
    table("double precisions_and_recalls[SETS][2 * NEIGHBOURS]",
          [np.ravel([precision_recall(x, y, k) if min(len(x), len(y)) > k else (0, 0) for k in NEIGHBOURS])
           for x, y in pairs])
    table("double inception_scores[3][3]", [(s, *inception_score(probabilities(), s)) for s in SPLITS])
    table("double uniform_coverage[4]", mode_coverage(np.full(MODES, 1 / MODES)))
    table("double proportional_coverage[4]", mode_coverage(np.arange(MODES, 0, -1) / np.arange(MODES + 1).sum()))
    table("double mixture[3]", mixture_quality())
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics.h")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
