# one nested Sequential built step by step, biases kept before batch norm, squeeze inside it
class MBConv(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride, expansion, drop_rate=0.0):
        super().__init__()
        wide = expansion * in_channels

        def unit(a, b, k, s, groups, act=True):
            layers = [nn.Conv2d(a, b, k, s, (k - 1) // 2, groups=groups), norm(b)]
            return nn.Sequential(*layers, *([nn.SiLU()] if act else []))

        steps = [] if expansion == 1 else [unit(in_channels, wide, 1, 1, 1)]
        steps += [
            unit(wide, wide, kernel_size, stride, wide),
            SqueezeExcitation(wide, max(in_channels // 4, 1)),
            unit(wide, out_channels, 1, 1, 1, act=False),
        ]
        self.block = nn.Sequential(*steps)
        self.skip = (in_channels, stride) == (out_channels, 1)
        if self.skip:
            self.block.append(StochasticDepth(drop_rate))

    def forward(self, x):
        y = self.block(x)
        if self.skip:
            y += x
        return y
