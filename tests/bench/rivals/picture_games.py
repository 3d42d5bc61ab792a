"""pix2pix and CycleGAN at 64x64 in PyTorch, with the networks of examples/parts/translation_models.c."""
import random

import rival

SIDE, POOL, BLOCKS, HALVINGS = 64, 50, 6, 2


def prepare(torch, case, adam):
    game = Paired if case.model == "pix2pix-64" else Cycle
    return game(torch, case.size, adam).step


def filters_at(filters, level):
    return filters << min(level, 3)


def unet(torch, filters):
    nn = torch.nn
    levels = SIDE.bit_length() - 1

    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            widths = [3] + [filters_at(filters, i) for i in range(levels)]
            self.down, self.up = nn.ModuleList(), nn.ModuleList()
            for i in range(levels):
                normed = 0 < i < levels - 1
                layers = [nn.LeakyReLU(rival.LEAK)] if i > 0 else []
                layers.append(nn.Conv2d(widths[i], widths[i + 1], 4, 2, 1, bias=not normed))
                self.down.append(nn.Sequential(*layers, *[nn.InstanceNorm2d(widths[i + 1], affine=True)] * normed))
                wide = widths[i + 1] * (1 if i == levels - 1 else 2)
                layers = [nn.ReLU(), nn.ConvTranspose2d(wide, widths[i], 4, 2, 1, bias=i == 0)]
                layers.append(nn.InstanceNorm2d(widths[i], affine=True) if i > 0 else nn.Tanh())
                self.up.append(nn.Sequential(*layers, *[nn.Dropout(0.5)] * (i >= max(levels - 3, 1))))

        def forward(self, x):
            halved = []
            for layer in self.down:
                x = layer(x)
                halved.append(x)
            for i in range(levels - 1, 0, -1):
                x = torch.cat([self.up[i](x), halved[i - 1]], 1)
            return self.up[0](x)

    return UNet()


def resnet(torch, filters):
    nn = torch.nn

    def reflect(inputs, outputs, kernel, normed=True):
        layers = [nn.ReflectionPad2d(kernel // 2), nn.Conv2d(inputs, outputs, kernel, bias=not normed)]
        return layers + [nn.InstanceNorm2d(outputs, affine=True)] * normed

    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.inner = nn.Sequential(*reflect(width, width, 3), nn.ReLU(), *reflect(width, width, 3))

        def forward(self, x):
            return x + self.inner(x)

    def sides(convolution, inputs, outputs, *padding):
        return [convolution(inputs, outputs, 3, 2, 1, *padding, bias=False), nn.InstanceNorm2d(outputs, affine=True),
                nn.ReLU()]

    f = filters
    return nn.Sequential(
        *reflect(3, f, 7), nn.ReLU(), *sides(nn.Conv2d, f, 2 * f), *sides(nn.Conv2d, 2 * f, 4 * f),
        *[Block(4 * f) for _ in range(BLOCKS)], *sides(nn.ConvTranspose2d, 4 * f, 2 * f, 1),
        *sides(nn.ConvTranspose2d, 2 * f, f, 1), *reflect(f, 3, 7, normed=False), nn.Tanh())


def patches(torch, channels, filters):
    nn = torch.nn
    layers, width = [], channels
    for i in range(HALVINGS + 1):
        layers.append(nn.Conv2d(width, filters_at(filters, i), 4, 2 if i < HALVINGS else 1, 1, bias=i == 0))
        width = filters_at(filters, i)
        layers += [nn.InstanceNorm2d(width, affine=True)] * (i > 0) + [nn.LeakyReLU(rival.LEAK)]
    return nn.Sequential(*layers, nn.Conv2d(width, 1, 4, 1, 1))


class Paired:
    def __init__(self, torch, batch, adam):
        self.torch = torch
        self.generator, self.discriminator = unet(torch, 64), patches(torch, 6, 64)
        self.of_g, self.of_d = adam(torch, self.generator), adam(torch, self.discriminator)
        self.given, self.wanted = (2 * torch.rand(batch, 3, SIDE, SIDE) - 1 for _ in range(2))

    def judge(self, picture):
        return self.discriminator(self.torch.cat([self.given, picture], 1))

    def step(self):
        softplus = self.torch.nn.functional.softplus
        fake = self.generator(self.given)
        self.of_d.zero_grad(set_to_none=True)
        loss = softplus(-self.judge(self.wanted)).mean() + softplus(self.judge(fake.detach())).mean()
        (0.5 * loss).backward()
        self.of_d.step()
        self.discriminator.requires_grad_(False)
        self.of_g.zero_grad(set_to_none=True)
        (softplus(-self.judge(fake)).mean() + 100 * (fake - self.wanted).abs().mean()).backward()
        self.of_g.step()
        self.discriminator.requires_grad_(True)


class Cycle:
    def __init__(self, torch, batch, adam):
        self.torch, self.pools = torch, ([], [])
        self.generators = torch.nn.ModuleList(resnet(torch, 32) for _ in range(2))
        self.judges = [patches(torch, 3, 32) for _ in range(2)]
        self.of_g, self.of_d = adam(torch, self.generators), [adam(torch, judge) for judge in self.judges]
        self.pictures = [2 * torch.rand(batch, 3, SIDE, SIDE) - 1 for _ in range(2)]  # from, to

    def query(self, side, batch):
        shown = []
        for picture in batch:
            pool = self.pools[side]
            if len(pool) < POOL:
                pool.append(picture)
            elif random.random() < 0.5:
                place = random.randrange(POOL)
                pool[place], picture = picture, pool[place]
            shown.append(picture)
        return self.torch.stack(shown)

    def step(self):
        losses, fakes = [], []
        for judge in self.judges:
            judge.requires_grad_(False)
        for side in range(2):
            other, real = self.pictures[side], self.pictures[1 - side]
            fakes.append(self.generators[side](other))
            losses.append(((self.judges[side](fakes[side]) - 1) ** 2).mean())
            losses.append(10 * (self.generators[1 - side](fakes[side]) - other).abs().mean())
            losses.append(5 * (self.generators[side](real) - real).abs().mean())
        self.of_g.zero_grad(set_to_none=True)
        sum(losses).backward()
        self.of_g.step()
        for side, judge in enumerate(self.judges):
            judge.requires_grad_(True)
            self.of_d[side].zero_grad(set_to_none=True)
            fake = self.query(side, fakes[side].detach())
            ((((judge(self.pictures[1 - side]) - 1) ** 2).mean() + (judge(fake) ** 2).mean()) / 2).backward()
            self.of_d[side].step()
