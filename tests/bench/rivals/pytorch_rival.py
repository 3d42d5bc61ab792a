#!/usr/bin/env python3
"""gan-bench's cases in PyTorch, eager; see rival.py."""
import os

import picture_games
import rival


def prepare(torch, case):
    torch.set_num_threads(case.threads)
    torch.manual_seed(1)
    if case.kind == "game":
        return picture_games.prepare(torch, case, adam)
    return prepare_step(torch, case) if case.kind == "step" else prepare_sample(torch, case)


def seed_generator(nn):
    layers, size = [], rival.NOISE_SIZE
    for units in rival.GENERATOR_UNITS:
        layers += [nn.Linear(size, units), nn.LeakyReLU(rival.LEAK)]
        size = units
    return nn.Sequential(*layers[:-1], nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))


def seed_discriminator(nn):
    # libgan pads by 1 before and 2 after, PyTorch the other way round: the same work on the mirror image.
    return nn.Sequential(
        nn.Conv2d(1, 64, 5, 2, 2), nn.LeakyReLU(rival.LEAK),
        nn.Conv2d(64, 128, 5, 2, 2), nn.LeakyReLU(rival.LEAK),
        nn.Flatten(), nn.Linear(6272, 1))


def dcgan_generator(nn):
    return nn.Sequential(
        nn.Linear(rival.NOISE_SIZE, 256 * 49), nn.Unflatten(1, (256, 7, 7)), batch_norm(nn, 256), nn.ReLU(),
        nn.ConvTranspose2d(256, 128, 4, 2, 1), batch_norm(nn, 128), nn.ReLU(),
        nn.ConvTranspose2d(128, 64, 4, 2, 1), batch_norm(nn, 64), nn.ReLU(),
        nn.Conv2d(64, 1, 3, 1, 1), nn.Tanh())


def dcgan_discriminator(nn):
    return nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1), nn.LeakyReLU(rival.LEAK),
        nn.Conv2d(64, 128, 4, 2, 1), batch_norm(nn, 128), nn.LeakyReLU(rival.LEAK),
        nn.Flatten(), nn.Linear(6272, 1))


def dcgan64_generator(nn):
    layers = [nn.Linear(rival.NOISE_SIZE, 512 * 16), nn.Unflatten(1, (512, 4, 4)), batch_norm(nn, 512), nn.ReLU()]
    for channels in 256, 128, 64:
        layers += [nn.ConvTranspose2d(2 * channels, channels, 4, 2, 1), batch_norm(nn, channels), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1), nn.Tanh())


def dcgan64_discriminator(nn):
    layers = [nn.Conv2d(3, 64, 4, 2, 1), nn.LeakyReLU(rival.LEAK)]
    for channels in 128, 256, 512:
        layers += [nn.Conv2d(channels // 2, channels, 4, 2, 1), batch_norm(nn, channels), nn.LeakyReLU(rival.LEAK)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512 * 16, 1))


def batch_norm(nn, channels):
    return nn.BatchNorm2d(channels, rival.BATCH_NORM_EPSILON, rival.BATCH_NORM_MOMENTUM)


def mixture(nn, outputs):
    units = rival.MIXTURE_UNITS
    return nn.Sequential(
        nn.Linear(2, units), nn.LeakyReLU(rival.LEAK), nn.Linear(units, units), nn.LeakyReLU(rival.LEAK),
        nn.Linear(units, outputs))


def models(nn, model):
    if model == "seed":
        return seed_generator(nn), seed_discriminator(nn), (1, 28, 28)
    if model == "dcgan":
        return dcgan_generator(nn), dcgan_discriminator(nn), (1, 28, 28)
    if model == "dcgan64":
        return dcgan64_generator(nn), dcgan64_discriminator(nn), (3, 64, 64)
    return mixture(nn, 2), mixture(nn, 1), (2,)


def adam(torch, model):
    settings = dict(lr=rival.LEARNING_RATE, betas=(rival.BETA1, rival.BETA2), eps=rival.EPSILON)
    try:
        return torch.optim.Adam(model.parameters(), fused=True, **settings)
    except RuntimeError:  # older than fused optimizers on the CPU
        return torch.optim.Adam(model.parameters(), **settings)


def prepare_step(torch, case):
    softplus = torch.nn.functional.softplus
    generator, discriminator, shape = models(torch.nn, case.model)
    of_generator, of_discriminator = adam(torch, generator), adam(torch, discriminator)
    real = 2 * torch.rand(case.size, *shape) - 1

    def step():
        generated = generator(torch.randn(case.size, case.noise_size))
        of_discriminator.zero_grad(set_to_none=True)
        loss = softplus(-discriminator(real)).mean() + softplus(discriminator(generated.detach())).mean()
        loss.backward()
        of_discriminator.step()
        # No gradients of the discriminator's weights in the generator's update.
        discriminator.requires_grad_(False)
        of_generator.zero_grad(set_to_none=True)
        softplus(-discriminator(generated)).mean().backward()
        of_generator.step()
        discriminator.requires_grad_(True)

    return step


def prepare_sample(torch, case):
    generator = seed_generator(torch.nn)
    if case.kind == "start-up":
        if not os.path.exists(case.file):
            torch.save(generator.state_dict(), case.file)
        generator.load_state_dict(torch.load(case.file))
    generator.eval()
    noise = torch.randn(case.size, rival.NOISE_SIZE)
    images = torch.empty(case.size, 1, 28, 28)

    @torch.inference_mode()
    def sample():
        for begin, end in case.chunks():
            images[begin:end] = generator(noise[begin:end])

    return sample


if __name__ == "__main__":
    rival.serve("PyTorch", "torch", prepare)
