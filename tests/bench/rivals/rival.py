"""What the rivals have in common: gan-bench's cases and its protocol.

    NAME_rival.py CASE THREADS MODEL

gan-bench starts a script for a case. When it has set up the case and run it twice, it prints `ready NAME VERSION`; or
`missing NAME REASON`, and ends. Then, for each line on its standard input, a number of repetitions, it runs so many and
prints the seconds that they took. At the end of input it ends. In between it sleeps.

The case start-up is `ready` as soon as the first sample of the generator that is saved in the file MODEL is there;
where that file does not exist, the script saves a generator in it first.
"""
import importlib
import os
import sys
import time

NOISE_SIZE = 100
GENERATOR_UNITS = (256, 512, 1024, 784)  # the seed's, dense
MIXTURE_UNITS = 400
LEAK = 0.2
LEARNING_RATE, BETA1, BETA2, EPSILON = 2e-4, 0.5, 0.999, 1e-8
BATCH_NORM_MOMENTUM, BATCH_NORM_EPSILON = 0.1, 1e-5
SAMPLES_AT_ONCE = 500
PICTURE_GAMES = {"pix2pix-64": 4, "cyclegan-64": 1}  # their batches; PyTorch alone plays them


class Missing(Exception):
    """Why this rival does not run the case."""


class Case:
    """seed-step-32: model seed, kind step, size 32. start-up is the seed generator's first sample."""

    def __init__(self, name, threads, file, module):
        self.name, self.threads, self.file = name, threads, file
        words = name.split("-")
        if name == "start-up":
            self.model, self.kind, self.size = "seed", "start-up", 1
        elif words[0] == "sample":
            self.model, self.kind, self.size = "seed", "sample", int(words[1])
        elif name in PICTURE_GAMES:
            self.model, self.kind, self.size = name, "game", PICTURE_GAMES[name]
        else:
            self.model, self.kind, self.size = words[0], words[1], int(words[2])
        if self.kind == "game" and module == "torch":
            return
        if self.model == "dcgan64" and self.kind == "step" and module == "torch":
            return
        if self.model not in ("seed", "dcgan", "mixture") or self.kind not in ("step", "sample", "start-up"):
            raise Missing(f"it does not know the case {name}")

    @property
    def noise_size(self):
        return 2 if self.model == "mixture" else NOISE_SIZE

    def chunks(self):
        """Where the chunks begin and end in which samples are drawn."""
        return [(i, min(i + SAMPLES_AT_ONCE, self.size)) for i in range(0, self.size, SAMPLES_AT_ONCE)]


def serve(name, module, prepare):
    """Imports the module and calls prepare(module, case) for what runs the case once; then answers gan-bench."""
    # Frameworks write to standard output too: they get standard error, and gan-bench alone the real one.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    case_name, threads, file = sys.argv[1:]
    limit_threads(int(threads))
    try:
        case = Case(case_name, int(threads), file, module)
        try:
            framework = importlib.import_module(module)
        except ImportError as error:
            raise Missing(str(error)) from error
        run = prepare(framework, case)
    except Missing as reason:
        print("missing", name, *str(reason).split(), file=answers, flush=True)
        return
    for _ in range(1 if case.kind == "start-up" else 2):
        run()
    print("ready", name, framework.__version__, file=answers, flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)):
            run()
        print(time.perf_counter() - start, file=answers, flush=True)


def limit_threads(threads):
    """The libraries below the frameworks read these when they are loaded."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    # Intel's OpenMP lets idle threads spin for 200 ms, into the others' turns; GNU's stop sooner by themselves.
    os.environ.setdefault("KMP_BLOCKTIME", "10")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
