# stem and classifier with bare parameters, normalisation written out, a list as training output
def normalise(x):
    squares = F.pad(x.square(), (0, 0, 0, 0, 2, 2))
    mean = sum(squares[:, i : i + x.shape[1]] for i in range(5)) / 5
    return x / (1 + 1e-4 * mean) ** 0.75


class Raw(nn.Module):
    def __init__(self, num_classes, aux, width):
        super().__init__()
        self.w7 = nn.Parameter(torch.randn(width, 3, 7, 7) * 0.1)
        self.b7 = nn.Parameter(torch.zeros(width))
        self.w1 = nn.Parameter(torch.randn(width, width, 1, 1) * 0.1)
        self.b1 = nn.Parameter(torch.zeros(width))
        self.w3 = nn.Parameter(torch.randn(3 * width, width, 3, 3) * 0.1)
        self.b3 = nn.Parameter(torch.zeros(3 * width))
        self.blocks, channels = nn.ModuleList(), [3 * width]
        for row in BLOCKS.values():
            c1, c3, c5, proj = scaled(row, width)
            self.blocks.append(Inception(channels[-1], c1, c3, c5, proj))
            channels.append(c1 + c3[1] + c5[1] + proj)
        self.taps = (2, 5) if aux else ()
        self.heads = nn.ModuleList(
            auxiliary_head(channels[tap + 1], num_classes, width) for tap in self.taps
        )
        self.w = nn.Parameter(torch.randn(num_classes, channels[-1]) * 0.1)
        self.b = nn.Parameter(torch.zeros(num_classes))
        self.drop = nn.Dropout(0.4)

    def forward(self, x):
        pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        x = normalise(pool(F.conv2d(x, self.w7, self.b7, 2, 3).relu()))
        x = F.conv2d(F.conv2d(x, self.w1, self.b1).relu(), self.w3, self.b3, padding=1).relu()
        x = pool(normalise(x))
        at = []
        for number, block in enumerate(self.blocks):
            x = block(pool(x) if number in (2, 7) else x)
            at.append(x)
        scores = self.drop(x.mean((-1, -2))) @ self.w.t() + self.b
        if self.training and self.taps:
            return [scores] + [
                head(at[tap]) for head, tap in zip(self.heads, self.taps, strict=True)
            ]
        return scores


def googlenet(num_classes=1000, aux=False, width=64):
    return Raw(num_classes, aux, width)
