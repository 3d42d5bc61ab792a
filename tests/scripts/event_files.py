"""Has TensorBoard's own reader read what programs write for it: event_files.py MNIST_GAN INFOGAN PICTURES"""
import pathlib
import sys
import tempfile

import example_program
from example_program import write_images

try:
    from tensorboard.backend.event_processing import event_accumulator
except ImportError as error:
    print(f"skipped: TensorBoard is not installed ({error})")
    sys.exit(77)


def train(program, output, *options):
    example_program.run([program, "--data", work, "--output", work / output, "--tensorboard", work / "runs",
                         "--threads", "1", "--quiet", *options])


def read(run):
    """All that TensorBoard knows of a run."""
    reader = event_accumulator.EventAccumulator(str(work / "runs" / run), size_guidance={
        event_accumulator.SCALARS: 0, event_accumulator.HISTOGRAMS: 0, event_accumulator.IMAGES: 0})
    reader.Reload()
    return reader


def check_trainer():
    train(mnist_gan, "first", "--steps", "25", "--batch", "8")
    reader = read("first")
    losses = reader.Scalars("training/discriminator_loss")
    assert [event.step for event in losses] == [10, 20, 25], losses
    with open(work / "first" / "losses.csv") as file:
        header, *rows = [line.rstrip("\n").split(",") for line in file]
    for event in losses:
        expected = float(rows[event.step - 1][header.index("discriminator_loss")])
        assert abs(event.value - expected) < 1e-6 * abs(expected), (event, expected)
    weights = reader.Histograms("generator/weights/0.weight")
    assert [event.step for event in weights][-1] == 25
    assert weights[-1].histogram_value.num == sum(weights[-1].histogram_value.bucket) > 0
    gradients = reader.Histograms("discriminator/gradients/0.weight")[-1].histogram_value
    assert gradients.max > 0 > gradients.min, gradients
    if pictures:
        image = reader.Images("samples")[-1]
        assert image.step == 25 and image.width > 8 and image.encoded_image_string[1:4] == b"PNG"

    # a run that is resumed goes on where it was, in a file of its own
    train(mnist_gan, "first", "--steps", "5", "--batch", "8", "--resume")
    assert [event.step for event in read("first").Scalars("training/generator_loss")] == [10, 20, 25, 30]
    assert len(list((work / "runs" / "first").iterdir())) == 2


def check_restart():
    """Steps after the checkpoint, which a crash has lost, are hidden when they come again."""
    train(mnist_gan, "lost", "--steps", "20", "--batch", "8")
    saved = (work / "lost" / "checkpoint.safetensors").read_bytes()
    train(mnist_gan, "lost", "--steps", "30", "--batch", "8", "--resume")
    (work / "lost" / "checkpoint.safetensors").write_bytes(saved)
    train(mnist_gan, "lost", "--steps", "15", "--batch", "8", "--resume")
    assert [event.step for event in read("lost").Scalars("training/generator_loss")] == [10, 20, 30, 35]


def check_game():
    train(infogan, "codes", "--steps", "12", "--classes", "3", "--seed", "1")
    reader = read("codes")
    tags = reader.Tags()
    assert [event.step for event in reader.Scalars("loss/class code")] == [10, 12], tags
    assert any(tag.startswith("generator/weights/") for tag in tags["histograms"]), tags
    assert any(tag.startswith("discriminator/gradients/") for tag in tags["histograms"]), tags
    if pictures:
        assert set(tags["images"]) == {"first-code", "second-code", "classes"}, tags


def check_failure():
    """What cannot be written is said, and ends no training."""
    (work / "file").write_bytes(b"x")
    done = example_program.start([mnist_gan, "--data", work, "--output", work / "failing", "--tensorboard",
                                  work / "file", "--steps", "3", "--batch", "8", "--quiet"], 100)
    assert done.returncode == 0 and "warning: --tensorboard: " in done.stderr, done.stderr
    assert (work / "failing" / "generator.safetensors").exists()


mnist_gan, infogan, pictures = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3] == "yes"
with tempfile.TemporaryDirectory() as name:
    work = pathlib.Path(name)
    write_images(work, "train", 96, 1)
    write_images(work, "t10k", 96, 2)
    check_trainer()
    check_restart()
    check_game()
    check_failure()
print("event files: ok")
