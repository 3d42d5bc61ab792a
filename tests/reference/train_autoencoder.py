#!/usr/bin/env python3
"""Trains the networks of examples/autoencoder.c in PyTorch, with its initial distributions, batches and optimizer but
other random numbers, and prints the bound on the test images as that program does.

Usage: python3 train_autoencoder.py DATA TEST STEPS SEED (MNIST-format files of images; needs PyTorch and NumPy)
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

CODES, BATCH, TESTED = 20, 64, 100


def read_images(path):
    pixels = np.fromfile(path, np.uint8)[16:].astype(np.float32)
    return torch.from_numpy(pixels.reshape(-1, 1, 28, 28)) / 127.5 - 1


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 4, 2, 1), nn.ReLU(),
                                     nn.Flatten(), nn.Linear(3136, 256), nn.ReLU())
        self.mean, self.log_variance = nn.Linear(256, CODES), nn.Linear(256, CODES)
        self.decoder = nn.Sequential(nn.Linear(CODES, 256), nn.ReLU(), nn.Linear(256, 3136), nn.Unflatten(1, (64, 7, 7)),
                                     nn.ReLU(), nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ReLU(),
                                     nn.ConvTranspose2d(32, 1, 4, 2, 1))
        for module in self.modules():
            if hasattr(module, "weight"):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, x):
        """Reconstruction and KL divergence, means over the batch, in nats."""
        hidden = self.encoder(x)
        m, v = self.mean(hidden), self.log_variance(hidden)
        logits = 2 * self.decoder(m + (v / 2).exp() * torch.randn_like(m))
        pixels = F.binary_cross_entropy_with_logits(logits, x / 2 + 0.5, reduction="sum") / len(x)
        return pixels, ((m**2 + v.exp() - 1 - v) / 2).sum() / len(x)


def main():
    data, test, steps, seed = read_images(sys.argv[1]), read_images(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    model = Autoencoder()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
    order = torch.empty(0, dtype=torch.long)
    for _ in range(steps):
        if len(order) == 0:
            order = torch.randperm(len(data))
        batch, order = order[:BATCH], order[BATCH:]
        optimizer.zero_grad()
        sum(model(data[batch])).backward()
        optimizer.step()
    pixels = kl = 0
    with torch.no_grad():
        for batch in test.split(TESTED):
            losses = model(batch)
            pixels += losses[0].item() * len(batch) / len(test)
            kl += losses[1].item() * len(batch) / len(test)
    print(f"elbo={-(pixels + kl):.2f} reconstruction={pixels:.2f} kl={kl:.2f} steps={steps}")


if __name__ == "__main__":
    main()
