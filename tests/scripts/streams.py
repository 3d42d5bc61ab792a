"""What the example programs do about their streams, signals and numbers: output that is lost is a failure, streams that are
closed never become files, a terminal or a reader that goes costs no work. streams.py PROGRAM..."""
import fcntl
import os
import pathlib
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import termios

from example_program import heed_signals, write_images

programs = {pathlib.Path(path).name: pathlib.Path(path).resolve() for path in sys.argv[1:]}
PLAIN = ("minimal", "embedded", "cpp_gan")  # without options
RING = [programs["mixtures"], "ring", "--batch", "16", "--threads", "1", "--output"]


def check_lost_output():
    for name, path in programs.items():
        if name in PLAIN:
            continue
        for option in "--help", "--version":
            assert subprocess.run([path, option], capture_output=True, timeout=60, check=True).stdout
            with open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run([path, option], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
            assert done.returncode == 1 and "standard output cannot be written: No space" in done.stderr, (name, done)
            done = subprocess.run([path, option], stderr=subprocess.PIPE, text=True, timeout=60,
                                  preexec_fn=lambda: os.close(1))
            assert done.returncode == 1 and "standard output cannot be written: Bad file" in done.stderr, (name, done)
    done = subprocess.run([*RING, "ring", "--steps", "20", "--quiet"], stdout=open("/dev/full", "w"), timeout=60)
    assert done.returncode == 1 and os.path.exists("ring/checkpoint.safetensors")


def files_of(folder):
    return {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()
            if path.name not in ("report.html", "command.txt", "losses.csv", "losses.png")}  # which have times


def check_closed_streams():
    """What is said is said to nobody, and not to the files."""
    subprocess.run([*RING, "open", "--steps", "50"], capture_output=True, timeout=60, check=True)
    for closed in (0,), (2,), (0, 1, 2):
        done = subprocess.run([*RING, "closed", "--steps", "50"], timeout=60,
                              preexec_fn=lambda streams=closed: [os.close(stream) for stream in streams])
        assert done.returncode == (1 if 1 in closed else 0), (closed, done)
        assert files_of("closed") == files_of("open"), closed


def begin(folder, ignored=()):
    def prepare():
        heed_signals()
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)

    process = subprocess.Popen([*RING, folder, "--steps", "100000" if not ignored else "3000"], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=prepare)
    assert process.stderr.readline(), process.wait()  # once it catches signals
    return process


def check_signals():
    """A terminal that is closed and a limit of CPU time stop a training like Ctrl-C; what is ignored does not."""
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU:
        process = begin(f"stopped-{number}")
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 130 and "--resume continues from here" in said, (number, process.returncode, said)
        assert os.path.exists(f"stopped-{number}/checkpoint.safetensors")
    for number in signal.SIGINT, signal.SIGHUP:
        process = begin(f"ignored-{number}", ignored=[number])
        process.send_signal(number)
        assert process.communicate(timeout=100) and process.returncode == 0, (number, process.returncode)


def check_reader_that_goes():
    process = subprocess.Popen([*RING, "unread", "--steps", "2000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, preexec_fn=heed_signals)
    process.stderr.readline()
    process.stderr.close()
    assert process.stdout.read().startswith("steps=2000 ") and process.wait() == 0, process.returncode


def check_numbers():
    whole, number = "expected a whole number from 1 to 1000000000000000", "expected a number from 0.001 to 1e+06"
    for option, sentence in ("--steps", whole), ("--minutes", number):
        for text in ("", " 5", "5 ", "0x10", "nan", "inf", "1e400", "-0", "0", "1,5", "5s", "1e-400", "--steps",
                     "99999999999999999999"):
            done = subprocess.run([programs["mnist_gan"], option, text], capture_output=True, text=True, timeout=60)
            assert done.returncode == 2 and sentence in done.stderr, (option, text, done)
    done = subprocess.run([programs["mnist_gan"], "--steps", "1.5"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and whole in done.stderr, done
    for text in "+2.5", "1e3", ".5":
        done = subprocess.run([programs["mnist_gan"], "--minutes", text, "--data", "nothing"], capture_output=True,
                              text=True, timeout=60)
        assert "--minutes" not in done.stderr and done.returncode == 1, (text, done)


def check_replaced_files():
    """A link keeps leading to the file that is replaced, and the file its mode."""
    subprocess.run([programs["minimal"]], capture_output=True, timeout=60, check=True)
    os.mkdir("elsewhere")
    sample = [programs["sample"], "circle.safetensors", "--count", "3", "--output"]
    for name in "samples.csv", "samples.npy":
        target = pathlib.Path("elsewhere", name)
        target.write_text("old")
        target.chmod(0o640)
        os.symlink(target, name)
        subprocess.run([*sample, name], capture_output=True, timeout=60, check=True)
        assert os.path.islink(name) and target.read_bytes() != b"old", name
        assert target.stat().st_mode & 0o777 == 0o640, name
    assert sorted(os.listdir("elsewhere")) == ["samples.csv", "samples.npy"]


def check_narrow_terminal():
    """The line that is written over and over fits, and has what matters most."""
    write_images(pathlib.Path("data"), "train", 64, 1)
    for columns in 40, 80, 200:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen([programs["mnist_gan"], "--data", "data", "--epochs", "3", "--batch", "8", "--threads", "1",
                                    "--output", "narrow"], stderr=theirs, stdout=subprocess.DEVNULL)
        os.close(theirs)
        said = b""
        while True:
            try:
                said += os.read(ours, 4096)
            except OSError:
                break
        assert process.wait() == 0, said
        lines = [line.split(b"\033[K")[0] for line in said.split(b"\r") if b"\033[K" in line]
        lines = [line for line in lines if b" step " in line and not line.startswith(b"step")]
        assert lines and all(len(line) < columns and b" left" in line for line in lines), (columns, lines)
        assert (b"D(x)" in lines[-1]) == (columns == 200), lines


with tempfile.TemporaryDirectory() as work:
    os.chdir(work)
    check_lost_output()
    check_closed_streams()
    check_signals()
    check_reader_that_goes()
    check_numbers()
    check_narrow_terminal()
    check_replaced_files()
    os.chdir("/")
