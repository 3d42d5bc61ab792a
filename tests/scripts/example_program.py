"""What the tests of example programs share: running and stopping one, and images in MNIST's format."""
import random
import signal
import struct
import subprocess
import time

CLASSES, SIDE = 4, 8


def write_images(folder, part, count, seed, side=SIDE, dark=False):
    """A class is a bright quadrant, in the midst of noise. Returns the labels."""
    draw = random.Random(seed)
    labels = [i % CLASSES for i in range(count)]
    pixels = bytearray()
    for label in labels:
        for y in range(side):
            for x in range(side):
                inside = (y >= side // 2) * 2 + (x >= side // 2) == label
                value = draw.randrange(150, 256) if inside else draw.randrange(0, 60)
                pixels.append(value // 2 if dark else value)
    folder.mkdir(exist_ok=True)
    (folder / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, count, side, side) + pixels)
    (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, count) + bytes(labels))
    return labels


def start(command, seconds):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=seconds)


def run(command, seconds=110):
    """Returns the lines that it prints."""
    done = start(command, seconds)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def refuse(command, status, sentence, seconds=110):
    done = start(command, seconds)
    assert done.returncode == status and sentence in done.stderr, done.stderr


def heed_signals():
    """For a program that is to be sent them: what runs the tests in the background may have them ignored."""
    for number in signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE:
        signal.signal(number, signal.SIG_DFL)


def interrupt(command):
    """Ends it by a signal soon after training has begun; it must save and say so by its status."""
    process = subprocess.Popen([str(word) for word in command], stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        # Not the classifier that is trained before.
        if "training; Ctrl-C saves" in line and not line.startswith("classifier"):
            break
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 130, process.returncode
