#!/usr/bin/env python3
"""Writes game_traces.safetensors: 50 rounds of small games of each kind, as PyTorch computes them in float64.

Weights, samples, classes and noise come from integers by the formulas below, which test_game_traces.c repeats. The file
holds, for each game, what every want was in every round. Activations are smooth, so that rounding decides nothing.

Usage: python3 make_game_traces.py (needs PyTorch and NumPy)
"""
import math
import os

import numpy as np
import torch
import torch.nn.functional as F

from make_trace import uniform, write_safetensors

ROUNDS, BATCH, NOISE, SIZE, CLASSES, HIDDEN = 50, 6, 3, 4, 3, 7
RATE, BETA1, BETA2 = 2e-3, 0.5, 0.999
POOL, POOL_STREAM = 10, 11
WEIGHTS, DATA = 300, 400  # streams; a game's weights begin at WEIGHTS + 20 * its number
LAYER_STREAM = 2000000  # plus the number of a layer that draws


def numbers(stream, *shape):
    return torch.from_numpy(uniform(stream, int(np.prod(shape))).reshape(shape)).double()


def philox(seed, stream, counter):
    """The words that the library's random numbers are made of: Philox 4x32-10 (Salmon et al., 2011)."""
    mask = 0xFFFFFFFF
    c = [counter & mask, counter >> 32, stream & mask, stream >> 32]
    k = [seed & mask, seed >> 32]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & mask, (a >> 32) ^ c[3] ^ k[1], a & mask]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c


def drawn(application, node, draw, *shape):
    """What layer number `node` of an application draws in a training pass: two normal numbers of each two words, by
    Box and Muller."""
    count, made, block = BATCH * int(np.prod(shape)), [], 0
    while len(made) < count:
        words = philox(application, LAYER_STREAM + node, (draw << 32) + block)
        for u, angle in (words[:2], words[2:]):
            radius, angle = math.sqrt(-2 * math.log((u + 1) / 2**32)), 2 * math.pi * angle / 2**32
            made += [radius * math.cos(angle), radius * math.sin(angle)]
        block += 1
    return torch.tensor(made[:count], dtype=torch.float64).reshape(BATCH, *shape)


def data(kind, round_number, *shape):
    return numbers(DATA + 10 * round_number + kind, BATCH, *shape)


def classes(round_number, first=0):
    return torch.tensor([(round_number + first + i) % CLASSES for i in range(BATCH)])


class Weights:
    """Tensors in the order in which they are asked for, each 0.6 times its own stream."""

    def __init__(self, game):
        self.stream, self.made = WEIGHTS + 20 * game, []

    def tensor(self, *shape):
        value = (np.float32(0.6) * uniform(self.stream, int(np.prod(shape))).reshape(shape))
        self.made.append(torch.from_numpy(value).double().requires_grad_())
        self.stream += 1
        return self.made[-1]

    def dense(self, inputs, units):
        weight, bias = self.tensor(units, inputs), self.tensor(units)
        return lambda x: F.linear(x, weight, bias)

    def conv(self, channels, filters):
        weight, bias = self.tensor(filters, channels, 3, 3), self.tensor(filters)
        return lambda x: F.conv2d(x, weight, bias, padding=1)

    def line(self, channels, filters, width):
        """A convolution along images of one row."""
        weight, bias = self.tensor(filters, channels, 1, width), self.tensor(filters)
        return lambda x: F.conv2d(x, weight, bias, padding=(0, width // 2))

    def take(self):
        made, self.made = self.made, []
        return made


class Player:
    def __init__(self, parameters):
        self.parameters = parameters
        self.optimizer = torch.optim.Adam(parameters, lr=RATE, betas=(BETA1, BETA2), eps=1e-8)

    def gradients(self, loss):
        return torch.autograd.grad(loss, self.parameters)

    def step(self, gradients):
        for parameter, gradient in zip(self.parameters, gradients):
            parameter.grad = gradient
        self.optimizer.step()


def discriminator_loss(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def generator_loss(fake):
    return F.softplus(-fake).mean()


def alternate(players, wants, rounds=ROUNDS):
    """wants(n) gives, for the player and the round, the loss to minimise and the values reported."""
    rows = []
    for n in range(rounds):
        row = []
        for player, want in zip(players, wants):
            loss, values = want(n)
            player.step(player.gradients(loss))
            row += [v.item() for v in values]
        rows.append(row)
    return np.array(rows)


def at_once(players, wants):
    """The same with all gradients at the weights before the round."""
    rows = []
    for n in range(ROUNDS):
        made = [want(n) for want in wants]
        gradients = [player.gradients(loss) for player, (loss, _) in zip(players, made)]
        for player, gradient in zip(players, gradients):
            player.step(gradient)
        rows.append([v.item() for _, values in made for v in values])
    return np.array(rows)


def one_hot(labels):
    return F.one_hot(labels, CLASSES).double()


def conditional():
    w = Weights(0)
    g1, g2 = w.dense(NOISE + CLASSES, HIDDEN), w.dense(HIDDEN, SIZE)
    g = Player(w.take())
    d1, d2 = w.dense(SIZE + CLASSES, HIDDEN), w.dense(HIDDEN, 1)
    d = Player(w.take())
    make = lambda n: torch.tanh(g2(torch.tanh(g1(torch.cat([data(1, n, NOISE), one_hot(classes(n))], 1)))))
    judge = lambda x, n: d2(torch.tanh(d1(torch.cat([x, one_hot(classes(n))], 1))))

    def of_d(n):
        loss = discriminator_loss(judge(data(0, n, SIZE), n), judge(make(n), n))
        return loss, [loss]

    def of_g(n):
        loss = generator_loss(judge(make(n), n))
        return loss, [loss]

    return alternate([d, g], [of_d, of_g])


def projection():
    """Miyato and Koyama, 2018, with the hinge loss."""
    w = Weights(1)
    g1, g2 = w.dense(NOISE + CLASSES, HIDDEN), w.dense(HIDDEN, SIZE)
    g = Player(w.take())
    d1, d2 = w.dense(SIZE, HIDDEN), w.dense(HIDDEN, 1)
    embedding = w.tensor(CLASSES, HIDDEN)
    d = Player(w.take())
    make = lambda n: torch.tanh(g2(torch.tanh(g1(torch.cat([data(1, n, NOISE), one_hot(classes(n))], 1)))))

    def judge(x, n):
        features = torch.tanh(d1(x))
        return d2(features) + (features * embedding[classes(n)]).sum(1, keepdim=True)

    def of_d(n):
        loss = F.relu(1 - judge(data(0, n, SIZE), n)).mean() + F.relu(1 + judge(make(n), n)).mean()
        return loss, [loss]

    def of_g(n):
        loss = -judge(make(n), n).mean()
        return loss, [loss]

    return alternate([d, g], [of_d, of_g])


def auxiliary():
    """Odena et al., 2017: D also tells the class."""
    w = Weights(2)
    g1, g2 = w.dense(NOISE + CLASSES, HIDDEN), w.dense(HIDDEN, SIZE)
    g = Player(w.take())
    d1, d2, d3 = w.dense(SIZE, HIDDEN), w.dense(HIDDEN, 1), w.dense(HIDDEN, CLASSES)
    d = Player(w.take())
    make = lambda n: torch.tanh(g2(torch.tanh(g1(torch.cat([data(1, n, NOISE), one_hot(classes(n))], 1)))))

    def judge(x):
        features = torch.tanh(d1(x))
        return d2(features), d3(features)

    def of_d(n):
        (real, of_real), (fake, of_fake) = judge(data(0, n, SIZE)), judge(make(n))
        losses = [discriminator_loss(real, fake), F.cross_entropy(of_real, classes(n)),
                  F.cross_entropy(of_fake, classes(n))]
        return losses[0] + losses[1] + 0.5 * losses[2], losses

    def of_g(n):
        fake, of_fake = judge(make(n))
        losses = [generator_loss(fake), F.cross_entropy(of_fake, classes(n))]
        return losses[0] + losses[1], losses

    return alternate([d, g], [of_d, of_g])


def infogan():
    """Chen et al., 2016: two continuous codes, which Q reads from D's features; G and Q's player wants them found."""
    w = Weights(3)
    g1, g2 = w.dense(NOISE, HIDDEN), w.dense(HIDDEN, SIZE)
    of_generator = w.take()
    body, head = w.dense(SIZE, HIDDEN), w.dense(HIDDEN, 1)
    of_body = w.take()
    q = w.dense(SIZE, 2)
    of_q = w.take()
    d, g = Player(of_body), Player(of_generator + of_q)
    make = lambda n: torch.tanh(g2(torch.tanh(g1(data(1, n, NOISE)))))
    judge = lambda x: head(torch.tanh(body(x)))

    def of_d(n):
        loss = discriminator_loss(judge(data(0, n, SIZE)), judge(make(n)))
        return loss, [loss]

    def of_g(n):
        fake = make(n)
        losses = [generator_loss(judge(fake)), ((q(fake) - data(1, n, NOISE)[:, :2]) ** 2).mean()]
        return losses[0] + losses[1], losses

    return alternate([d, g], [of_d, of_g])


def semi_supervised():
    """Salimans et al., 2016: K classes, log sum exp of their logits as the logit of real, feature matching."""
    w = Weights(4)
    g1, g2 = w.dense(NOISE, HIDDEN), w.dense(HIDDEN, SIZE)
    g = Player(w.take())
    d1, d2 = w.dense(SIZE, HIDDEN), w.dense(HIDDEN, CLASSES)
    d = Player(w.take())
    make = lambda n: torch.tanh(g2(torch.tanh(g1(data(1, n, NOISE)))))
    features = lambda x: torch.tanh(d1(x))
    judge = lambda x: d2(features(x))

    def of_d(n):
        real = torch.logsumexp(judge(data(0, n, SIZE)), 1)
        fake = torch.logsumexp(judge(make(n)), 1)
        losses = [F.cross_entropy(judge(data(2, n, SIZE)), classes(n)), discriminator_loss(real, fake)]
        return losses[0] + losses[1], losses

    def of_g(n):
        loss = ((features(data(0, n, SIZE)).mean(0) - features(make(n)).mean(0)) ** 2).sum()
        return loss, [loss]

    return alternate([d, g], [of_d, of_g])


def domain_adversarial():
    """Ganin et al., 2016: simultaneous, with a negative weight that follows the paper's schedule."""
    w = Weights(5)
    f = w.dense(SIZE, HIDDEN)
    of_features = w.take()
    c = w.dense(HIDDEN, CLASSES)
    of_classes = w.take()
    k = w.dense(HIDDEN, 1)
    of_domains = w.take()
    task, domain = Player(of_features + of_classes), Player(of_domains)
    rows = []
    for n in range(ROUNDS):
        source, target = torch.tanh(f(data(0, n, SIZE))), torch.tanh(f(data(2, n, SIZE)))
        of_label = F.cross_entropy(c(source), classes(n))
        of_domain = discriminator_loss(k(source), k(target))
        weight = -0.5 * (2 / (1 + math.exp(-10 * n / ROUNDS)) - 1)
        gradients = (torch.autograd.grad(of_label + weight * of_domain, task.parameters, retain_graph=True),
                     domain.gradients(of_domain))
        task.step(gradients[0])
        domain.step(gradients[1])
        rows.append([of_label.item(), of_domain.item(), of_domain.item()])
    return np.array(rows)


def translation():
    """Isola et al., 2017: a map of logits on input and output together, least squares, and L1 with weight 100."""
    w = Weights(6)
    g1, g2 = w.conv(1, 3), w.conv(3, 1)
    g = Player(w.take())
    d1, d2 = w.conv(2, 3), w.conv(3, 1)
    d = Player(w.take())
    make = lambda n: torch.tanh(g2(torch.tanh(g1(data(0, n, 1, 4, 4)))))
    judge = lambda y, n: d2(torch.tanh(d1(torch.cat([data(0, n, 1, 4, 4), y], 1))))

    def of_d(n):
        loss = (((judge(data(1, n, 1, 4, 4), n) - 1) ** 2).mean() + (judge(make(n), n) ** 2).mean()) / 2
        return loss, [loss]

    def of_g(n):
        fake = make(n)
        losses = [((judge(fake, n) - 1) ** 2).mean() / 2, (fake - data(1, n, 1, 4, 4)).abs().mean()]
        return losses[0] + 100 * losses[1], losses

    return alternate([d, g], [of_d, of_g])


class Pool:
    """Earlier samples, as CycleGAN keeps them, with the library's random choices."""

    def __init__(self, seed):
        self.seed, self.drawn, self.samples = seed, 0, []

    def show(self, sample):
        if len(self.samples) < POOL:
            self.samples.append(sample)
            return sample
        chance, place = (np.float32((word >> 8) * 2.0**-24) for word in philox(self.seed, POOL_STREAM, self.drawn)[:2])
        self.drawn += 1
        if chance >= 0.5:
            return sample
        place = min(int(place * np.float32(POOL)), POOL - 1)
        self.samples[place], shown = sample, self.samples[place]
        return shown

    def query(self, batch):
        return torch.stack([self.show(sample) for sample in batch.detach()])


def cycles(number, show):
    """Zhu et al., 2017: two generators that one player moves, two discriminators, cycles and identities. `show` is what
    the discriminators see of each kind's generated samples."""
    w = Weights(number)
    there, back = w.dense(SIZE, SIZE), w.dense(SIZE, SIZE)
    g = Player(w.take())
    judges = [w.dense(SIZE, 1), w.dense(SIZE, 1)]
    d = Player(w.take())
    translate = lambda layer, x: torch.tanh(layer(x))

    def of_d(n):
        x, y = data(0, n, SIZE), data(1, n, SIZE)
        losses = [discriminator_loss(judges[0](x), judges[0](show[0](translate(back, y)))),
                  discriminator_loss(judges[1](y), judges[1](show[1](translate(there, x))))]
        return losses[0] + losses[1], losses

    def of_g(n):
        x, y = data(0, n, SIZE), data(1, n, SIZE)
        to_x, to_y = translate(back, y), translate(there, x)
        losses = [generator_loss(judges[0](to_x)), generator_loss(judges[1](to_y)),
                  ((translate(back, to_y) - x) ** 2).mean(), ((translate(there, to_x) - y) ** 2).mean(),
                  ((translate(there, y) - y) ** 2).mean()]
        return losses[0] + losses[1] + 10 * losses[2] + 10 * losses[3] + 5 * losses[4], losses

    return [d, g], [of_d, of_g]


def cycle():
    return alternate(*cycles(7, [lambda fake: fake] * 2))


def pooled_cycle():
    """The same with pools; the discriminators judge what the generators made before their step, as in CycleGAN."""
    return at_once(*cycles(8, [Pool(0).query, Pool(1).query]))


def text():
    """Gulrajani et al., 2017, section 5.4: residual convolutions, softmax, WGAN-GP; with the penalty at given points."""
    w = Weights(10)
    shape = CLASSES, 1, SIZE

    def block():
        first, second = w.line(CLASSES, CLASSES, 3), w.line(CLASSES, CLASSES, 3)
        return lambda x: x + second(torch.tanh(first(torch.tanh(x))))

    g1, g2, g3 = w.dense(NOISE, CLASSES * SIZE), block(), w.line(CLASSES, CLASSES, 1)
    g = Player(w.take())
    d1, d2, d3 = w.line(CLASSES, CLASSES, 1), block(), w.tensor(1, CLASSES * SIZE)
    d = Player(w.take())
    make = lambda n: torch.softmax(g3(g2(g1(data(1, n, NOISE)).view(BATCH, *shape))), 1)
    judge = lambda x: F.linear(d2(d1(x)).flatten(1), d3)

    def of_d(n):
        between = data(2, n, *shape).requires_grad_()
        slope, = torch.autograd.grad(judge(between).sum(), between, create_graph=True)
        losses = [judge(make(n)).mean() - judge(data(0, n, *shape)).mean(),
                  ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()]
        return losses[0] + 10 * losses[1], losses

    def of_g(n):
        loss = -judge(make(n)).mean()
        return loss, [loss]

    return alternate([d, g], [of_d, of_g])


class Autoencoder:
    """The encoder is the first application of its game, and its sample of the code the sixth layer in it."""

    def __init__(self, weights):
        hidden, mean, log_variance = (weights.dense(SIZE, HIDDEN), weights.dense(HIDDEN, NOISE),
                                      weights.dense(HIDDEN, NOISE))
        self.of_encoder = weights.take()
        d1, d2 = weights.dense(NOISE, HIDDEN), weights.dense(HIDDEN, SIZE)
        self.of_decoder = weights.take()
        self.decode = lambda z: d2(torch.tanh(d1(z)))
        self.read = lambda x: (mean(torch.tanh(hidden(x))), log_variance(torch.tanh(hidden(x))))

    def pass_through(self, x, draw):
        """What the code of x is decoded to, and KL(q(z | x) || N(0, 1))."""
        m, v = self.read(x)
        code = m + torch.exp(v / 2) * drawn(0, 5, draw, NOISE)
        return self.decode(code), ((m**2 + torch.exp(v) - 1 - v) / 2).sum(1).mean()


def variational():
    """Kingma and Welling, 2014, with pixels in [-1, 1] as probabilities."""
    model = Autoencoder(Weights(9))
    player = Player(model.of_encoder + model.of_decoder)

    def of_both(n):
        x = data(0, n, SIZE)
        logits, kl = model.pass_through(x, n)
        losses = [F.binary_cross_entropy_with_logits(logits, x / 2 + 0.5), kl]
        return SIZE * losses[0] + losses[1], losses

    return alternate([player], [of_both])


def variational_adversarial():
    """Larsen et al., 2016. The encoder draws once before its move, and again after it."""
    w = Weights(11)
    model = Autoencoder(w)
    d1, d2 = w.dense(SIZE, HIDDEN), w.dense(HIDDEN, 1)
    d, e, g = Player(w.take()), Player(model.of_encoder), Player(model.of_decoder)
    features = lambda x: torch.tanh(d1(x))
    judge = lambda x: d2(features(x))
    distance = lambda x, y: ((features(y) - features(x)) ** 2).mean()

    def of_d(n):
        x = data(0, n, SIZE)
        real, made, of_noise = judge(x), judge(model.pass_through(x, 2 * n)[0]), judge(model.decode(data(1, n, NOISE)))
        losses = [discriminator_loss(real, of_noise), discriminator_loss(real, made)]
        return (losses[0] + losses[1]) / 2, losses

    def of_e(n):
        x = data(0, n, SIZE)
        made, kl = model.pass_through(x, 2 * n)
        losses = [kl, distance(x, made)]
        return losses[0] + 3.5 * losses[1], losses

    def of_g(n):
        x = data(0, n, SIZE)
        made = model.pass_through(x, 2 * n + 1)[0]
        losses = [distance(x, made), generator_loss(judge(model.decode(data(1, n, NOISE)))),
                  generator_loss(judge(made))]
        return 0.35 * losses[0] + losses[1] + losses[2], losses

    return alternate([d, e, g], [of_d, of_e, of_g])


def main():
    torch.set_num_threads(1)
    games = [conditional, projection, auxiliary, infogan, semi_supervised, domain_adversarial, translation, cycle,
             pooled_cycle, text, variational, variational_adversarial]
    tensors = {game.__name__: game() for game in games}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "game_traces.safetensors")
    write_safetensors(path, tensors, {"torch": torch.__version__, "rounds": str(ROUNDS), "batch": str(BATCH)})


if __name__ == "__main__":
    main()
