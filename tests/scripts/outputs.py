"""What the example programs do about outputs that cannot be written, inputs that an output would replace, checkpoints
that are missing and data that do not fit: they say so before they work. outputs.py PROGRAM..."""
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import example_program
from example_program import write_images

programs = {pathlib.Path(path).name: pathlib.Path(path).resolve() for path in sys.argv[1:]}
RESUMING = ("mixtures", "stacked_mnist", "mnist_gan", "dcgan", "autoencoder", "boltzmann", "conditional", "infogan", "semi_supervised",
            "domain_adaptation", "augmentation", "table", "translate", "text", "video")


def command(name, output, data="data"):
    """A job that would take long, with all its results there."""
    path = programs[name]
    return {
        "autoencoder": [path, "--data", data, "--test", data, "--output", output],
        "blend_photos": [path, "--data", data, "--output", output],
        "boltzmann": [path, "--data", data, "--test", data, "--output", output],
        "cpp_gan": [path, "100000", output],
        "custom_loop": [path, "--steps", "100000", "--save", f"{output}/loop.safetensors"],
        "domain_adaptation": [path, "--source", data, "--target", data, "--test", data, "--output", output],
        "draw_digits": [path, "--count", "1000000", "--output", output],
        "draw_glyphs": [path, "--from", "a.ttf", "--to", "b.ttf", "--output", output],
        "evaluate": [path, "model.safetensors", "--data", data, "--classifier", f"{output}/classifier.safetensors"],
        "mixtures": [path, "ring", "--output", output],
        "sample": [path, "model.safetensors", "--output", f"{output}/samples.npy"],
        "text": [path, "--words", "words", "--output", output],
        "table": [path, "--data", "table.csv", "--output", "like.csv", "--folder", output],
    }.get(name, [path, "--data", data, "--output", output])


def refuse(words, status, *sentences, limit=None):
    """`limit`: of the size of files, as on a full disk."""

    def limit_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60,
                          preexec_fn=limit_files if limit is not None else None)
    assert done.returncode == status, (words, done.returncode, done.stderr)
    for sentence in sentences:
        assert sentence in done.stderr, (words, done.stderr)
    for work in "Ctrl-C", "step ", "modes=":
        assert work not in done.stderr, (words, done.stderr)


def check_outputs():
    pathlib.Path("file").write_text("kept")
    refuse([programs["minimal"]], 1, "circle.safetensors", limit=0)  # it always writes to the current folder
    for name in programs:
        if name in ("minimal", "embedded"):
            continue
        refuse(command(name, "file"), 1, "" if name == "cpp_gan" else "file: this is no folder")
        refuse(command(name, "full"), 1, "no file can be written there", limit=0)
        assert pathlib.Path("file").read_text() == "kept"
        assert list(pathlib.Path("full").glob("**/*.*")) == [], f"{name} left something behind"
    refuse([programs["table"], "--data", "table.csv", "--output", "file/x.csv"], 1, "file: this is no folder")
    os.makedirs("taken/generator.safetensors")
    refuse(command("mnist_gan", "taken"), 1, "taken/generator.safetensors: this is a folder, but a file is to be")
    if os.geteuid() != 0:
        os.mkdir("locked", 0o500)
        refuse(command("mixtures", "locked/a"), 1, "locked/a: this folder cannot be made: Permission denied")


def check_embedded():
    """It neither reads nor writes a file: its generator is a part of it."""
    os.mkdir("nothing-here")
    done = subprocess.run([programs["embedded"]], cwd="nothing-here", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "samples=1000 radius=" in done.stdout and done.stderr == "", done
    assert os.listdir("nothing-here") == []
    refuse([programs["embedded"], "file"], 2, "no arguments")


def check_names():
    """Names that no file can have, and two outputs of one name."""
    table = [programs["table"], "--data", "table.csv", "--folder", "named", "--output"]
    for name in "below/", "named/":
        refuse([*table, name], 1, f"{name}: this is no name of a file")
    refuse([*table, "named"], 1, "named: this is a folder, but a file is to be written there")
    refuse([*table, 300 * "x"], 1, "it cannot be written: File name too long")
    refuse([*table, "./named/losses.csv"], 2, "./named/losses.csv: two outputs would be written there")
    assert not os.path.exists("named") or os.listdir("named") == []
    refuse([*command("stacked_mnist", "named"), "--classifier", "named/generator.safetensors"], 2,
           "generator.safetensors: two outputs would be written there")


def check_nested_folders():
    example_program.run([programs["mixtures"], "ring", "--steps", "1", "--output", "a/b/c", "--quiet"])
    example_program.run([programs["sample"], "model.safetensors", "--output", "a/d/e/samples.npy"])
    assert os.path.isdir("a/b/c") and os.path.getsize("a/d/e/samples.npy") > 0


def check_inputs_stay():
    table = pathlib.Path("table.csv").read_bytes()
    os.makedirs("below/folder")
    os.symlink("../table.csv", "below/symbolic.csv")
    os.link("table.csv", "below/hard.csv")
    for path in "table.csv", "./table.csv", "below/folder/../../table.csv", "below/symbolic.csv", "below/hard.csv":
        refuse([programs["table"], "--data", "table.csv", "--output", path], 2,
               f"{path}: it would replace table.csv, which is read")
    assert pathlib.Path("table.csv").read_bytes() == table
    shutil.copy("model.safetensors", "model.npy")
    refuse([programs["sample"], "model.npy", "--output", "./model.npy"], 2, "it would replace model.npy")
    shutil.copytree("data", "mine")
    os.link("mine/train-images-idx3-ubyte", "mine/losses.csv")
    refuse(command("mnist_gan", "./mine", "mine"), 2, "/losses.csv: it would replace mine/train-images-idx3-ubyte")
    os.mkdir("photos")
    shutil.copy("model.safetensors", "photos/images.png")
    refuse([*command("blend_photos", "./photos"), "--photos", "photos"], 2, "it would replace photos/images.png")


def check_resuming():
    for name in RESUMING:
        refuse([*command(name, "nothing"), "--resume"], 1, "--resume: there is no nothing/",
               "checkpoint.safetensors to resume from")
        said = example_program.run([programs[name], "--help"])
        steps = next(line for line in said if line.startswith("  --steps"))
        assert "with --resume, for N more" in steps or "--resume included" in steps, steps


def check_data():
    write_images(pathlib.Path("sides"), "train", 160, 1, 10)
    for name in "dcgan", "autoencoder", "conditional", "infogan", "augmentation", "stacked_mnist":
        refuse([*command(name, "none", "sides"), *(["--test", "sides"] if name == "augmentation" else [])], 1,
               "sides: images of 10 x 10 pixels", "multiples of 4")

    write_images(pathlib.Path("few"), "train", 20, 1)
    refuse(command("infogan", "none", "few"), 1, "few: 20 images, but a batch takes 32")
    refuse(command("domain_adaptation", "none", "few"), 1, "few: 20 images, but a batch takes 64")
    refuse([*command("mnist_gan", "none", "few"), "--packing", "2"], 1, "few: 20 images, but a batch takes 32")

    shutil.copytree("data", "other")
    labels = bytearray(pathlib.Path("data/train-labels-idx1-ubyte").read_bytes())
    labels[-1] = 7
    pathlib.Path("other/train-labels-idx1-ubyte").write_bytes(labels)
    for name in "semi_supervised", "augmentation", "domain_adaptation":
        refuse([*command(name, "none"), "--test", "other"], 1, "other: labels up to 7, but those in data end at 3")
    for what in "images-idx3-ubyte", "labels-idx1-ubyte":
        shutil.copy(f"other/train-{what}", f"data/t10k-{what}")
    refuse(command("conditional", "none"), 1, "data: labels up to 7, but those in data end at 3")

    write_images(pathlib.Path("one"), "train", 1, 1)
    write_images(pathlib.Path("one"), "t10k", 1, 1)
    for name in "autoencoder", "boltzmann", "conditional", "evaluate":
        refuse(command(name, "none", "one"), 1, "one: 1 image, but to compare samples with them takes 2")
    assert not os.path.exists("none"), "an empty folder was left"


def check_command_lines():
    """Each program with options reads them alike."""
    for name in programs:
        if name in ("minimal", "embedded", "cpp_gan"):
            continue
        first = {"sample": ["model.safetensors"], "evaluate": ["model.safetensors"], "mixtures": ["ring"]}.get(name, [])
        said = example_program.run([programs[name], "--help"])
        options = [line.split() for line in said if line.startswith("  --")]
        texts = [words[0] for words in options if words[1] in ("DIR", "FILE", "NAME")]
        for option in texts:
            refuse([programs[name], *first, option, ""], 2, f"{option}: it is empty")
            refuse([programs[name], *first, f"{option}=", "--help="], 2, f"{option}: it is empty")
        flags = [words[0] for words in options if words[0] not in ("--help", "--version", "--recipes") and words[1].islower()]
        for option in flags:
            refuse([programs[name], *first, f"{option}=1"], 2, f"{option}: it takes no value")
        refuse([programs[name], *first, "--bogus=3"], 2, "--bogus=3: no such option")
        if "--restart-epoch" in flags:
            refuse([programs[name], "--restart-epoch"], 2, "--restart-epoch: it has no effect without --resume")
    example_program.run([programs["mixtures"], "ring", "--steps=1", "--quiet", "--output=equal"])
    assert os.path.isdir("equal")


def check_began():
    """A training that cannot be resumed says how it began; the file beside it has all its commands."""
    for name, first, other, sentence in (("mnist_gan", "--recipe=stable", "--recipe=bare", "different architecture"),
                                         ("semi_supervised", "--seed=1", "--seed=2", "was taken in another dataset")):
        words = [programs[name], "--data", "data", "--output", f"began {name}", "--steps", "1", "--quiet"]
        words += ["--labels", "8"] if name == "semi_supervised" else []
        example_program.run([*words, first])
        began = f"{name} {' '.join(words[1:])} {first}".replace(f"began {name}", f"'began {name}'")
        refuse([*words, other, "--resume"], 1, sentence, f"with which it began:\n    {began} --resume\n")
        example_program.run([*words, first, "--resume", "--steps", "2"])
        file = next(pathlib.Path(f"began {name}").rglob("command.txt"))
        assert file.read_text() == f"{began}\n{began} --resume --steps 2\n", file.read_text()


def check_other_mpirun():
    """A process that its MPI knows as the only one, while mpirun has started two, writes nothing."""
    os.environ.update(MPI_LOCALNRANKS="2", MPI_LOCALRANKID="0")
    words = [programs["mnist_gan"], "--data", "data", "--output", "other-mpirun", "--steps", "1", "--quiet", "--mpi"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    del os.environ["MPI_LOCALNRANKS"], os.environ["MPI_LOCALRANKID"]
    assert done.returncode in (1, 2), done
    expected = "has started 2 processes" if done.returncode == 1 else "built without libgan-mpi"
    assert expected in done.stderr, done
    assert not os.path.exists("other-mpirun")


def check_effects():
    """What has no effect is refused by its name."""
    for name, words, sentence in (
            ("translate", ["--apply", "model.safetensors", "--input", "data", "--steps", "3"], "--steps: it has no effect with --apply"),
            ("translate", ["--apply", "model.safetensors", "--input", "data", "--size=32"], "--size: it has no effect with --apply"),
            ("translate", ["--input", "data"], "--input: it has no effect without --apply"),
            ("translate", ["--data", "data", "--blocks", "3"], "--blocks: it has no effect with --method paired"),
            ("text", ["--words", "words", "--lines", "words"], "--words: it has no effect with --lines"),
            ("autoencoder", ["--gamma", "1"], "--gamma: it has no effect with --model vae"),
            ("mixtures", ["table", "--output", "x"], "--output: it has no effect in a table"),
            ("sample", ["model.safetensors", "--output", "x.npy", "--columns", "3"], "--columns: it has no effect"),
            ("blend_photos", ["--seed", "3"], "--seed: it has no effect without --photos")):
        refuse([programs[name], *words], 2, sentence)
        assert not os.path.exists("x")


def check_classifiers():
    """A classifier in training is gone on with after Ctrl-C, to the same end, and one of other images is trained anew."""
    write_images(pathlib.Path("large"), "train", 2000, 1)
    write_images(pathlib.Path("other-large"), "train", 2000, 2)
    for name in "autoencoder", "boltzmann", "conditional", "infogan", "stacked_mnist", "evaluate":
        process = subprocess.Popen(command(name, f"stopped-{name}", "large"), stderr=subprocess.PIPE, text=True,
                                   preexec_fn=example_program.heed_signals)
        for line in process.stderr:
            if "training one; Ctrl-C stops" in line:
                break
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 130 and "classifier: stopped and saved" in said, (name, process.returncode, said)
        assert os.path.exists(f"stopped-{name}/classifier.safetensors")
    end = ["--samples", "10"]
    again = example_program.start([*command("evaluate", "stopped-evaluate", "large"), *end], 110)
    assert "is half trained, going on with it" in again.stderr, again.stderr
    whole = example_program.start([*command("evaluate", "whole", "large"), *end], 110)
    assert again.stdout == whole.stdout != "", (again.stdout, whole.stdout)
    files = [pathlib.Path(f"{folder}/classifier.safetensors").read_bytes() for folder in ("stopped-evaluate", "whole")]
    assert files[0] == files[1]
    known = example_program.start([*command("evaluate", "whole", "large"), *end], 110)
    assert known.stdout == whole.stdout and "training one" not in known.stderr, known.stderr
    other = example_program.start([*command("evaluate", "whole", "other-large"), *end], 110)
    assert other.returncode == 0 and "is of other images, training one" in other.stderr, other.stderr
    assert files[0] != pathlib.Path("whole/classifier.safetensors").read_bytes()


def check_stopped_mixtures():
    process = subprocess.Popen(command("mixtures", "stopped-mixtures"), stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True, preexec_fn=example_program.heed_signals)
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "of 40000 steps; --resume continues from here" in said, said
    assert printed.startswith("steps=") and "modes=" in printed, printed
    refuse([*command("mixtures", "stopped-mixtures"), "--resume", "--steps", "9"], 2, "began with --steps 40000")
    refuse([*command("mixtures", "stopped-mixtures"), "--resume", "--seed", "9"], 2, "has seed 0")


def kill(words, checkpoint):
    """As kill -9 does, once it has saved."""
    process = subprocess.Popen([*words, "--save-minutes", "0.0002"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while not os.path.exists(checkpoint):
        assert process.poll() is None, words
        time.sleep(0.01)
    process.kill()
    process.wait()


def check_killed():
    """Killed in its first epoch, and resumed, it ends as if it had never been stopped."""
    common = ["--threads", "1", "--quiet"]
    ring = [programs["mixtures"], "ring", "--batch", "16", "--steps", "600", *common, "--output"]
    whole = example_program.run([*ring, "whole-ring"])[-1].split(" seconds=")[0]
    kill([*ring, "killed-ring"], "killed-ring/checkpoint.safetensors")
    assert example_program.run([*ring, "killed-ring", "--resume"])[-1].split(" seconds=")[0] == whole
    words = [programs["mnist_gan"], "--data", "data", "--batch", "2", "--epochs", "1", *common, "--output"]
    example_program.run([*words, "whole-epoch"])
    kill([*words, "killed-epoch"], "killed-epoch/checkpoint.safetensors")
    example_program.run([*words, "killed-epoch", "--resume"])
    for file in "generator", "discriminator":
        made = [pathlib.Path(f"{folder}-epoch/{file}.safetensors").read_bytes() for folder in ("whole", "killed")]
        assert made[0] == made[1], file


def check_half_files():
    """A name has a whole file or none, also if the program was killed or the disk became full."""
    if "draw_digits" in programs and any(pathlib.Path("/usr/share/fonts").rglob("*.ttf")):
        process = subprocess.Popen(command("draw_digits", "half"))
        while not os.path.exists("half/train-images-idx3-ubyte.part"):
            time.sleep(0.01)
        process.kill()
        process.wait()
        assert not os.path.exists("half/train-images-idx3-ubyte")
    refuse([programs["sample"], "model.safetensors", "--count", "10000", "--output", "half.csv"], 1,
           "half.csv: it cannot be written", limit=100000)
    assert not os.path.exists("half.csv") and not os.path.exists("half.csv.part")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    write_images(pathlib.Path("data"), "train", 160, 1)
    rows = "".join(f"{i},{i * i % 50}\n" for i in range(50))
    pathlib.Path("table.csv").write_text("a,b\n" + rows)
    pathlib.Path("words").write_text("".join(f"{i:b}\n".translate(str.maketrans("01", "ab")) for i in range(50)))
    example_program.run([programs["mnist_gan"], "--data", "data", "--output", "made", "--steps", "1", "--quiet"])
    shutil.move("made/generator.safetensors", "model.safetensors")
    check_outputs()
    check_embedded()
    check_names()
    check_nested_folders()
    check_inputs_stay()
    check_resuming()
    check_data()
    check_command_lines()
    check_began()
    check_other_mpirun()
    check_effects()
    check_classifiers()
    check_stopped_mixtures()
    check_killed()
    check_half_files()
