# one Sequential trunk with taps, poolings padded with minus infinity, a 1x1 as classifier
class Pool(nn.Sequential):
    def __init__(self):
        super().__init__(nn.ConstantPad2d((0, 1, 0, 1), -float("inf")), nn.MaxPool2d(3, 2))


class WithHeads(nn.Module):
    def __init__(self, trunk, heads, classifier):
        super().__init__()
        self.trunk, self.heads, self.classifier = trunk, heads, classifier

    def forward(self, x):
        said = []
        for index, part in enumerate(self.trunk):
            x = part(x)
            if self.training and str(index) in self.heads:
                said.append(self.heads[str(index)](x))
        return (self.classifier(x), *said) if said else self.classifier(x)


def googlenet(num_classes=1000, aux=False, width=64):
    stem = nn.Sequential(
        nn.Conv2d(3, width, 7, stride=2, padding=3),
        Pool(),
        nn.ReLU(inplace=True),
        nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0),
        nn.Conv2d(width, width, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, 3 * width, 3, padding="same"),
        nn.ReLU(),
        nn.LocalResponseNorm(size=5),
        Pool(),
    )
    trunk, heads, channels = nn.Sequential(stem), nn.ModuleDict(), 3 * width
    for name in BLOCKS:
        row = scaled(BLOCKS[name], width)
        if name[1] == "a" and name != "3a":
            trunk.append(Pool())
        trunk.append(Inception(channels, *row))
        channels = row[0] + row[1][1] + row[2][1] + row[3]
        if aux and name in {"4a", "4d"}:
            heads[str(len(trunk) - 1)] = auxiliary_head(channels, num_classes, width)
    classifier = nn.Sequential(
        nn.AdaptiveAvgPool2d((1, 1)),
        nn.Dropout2d(0.4),
        nn.Conv2d(channels, num_classes, 1),
        nn.Flatten(),
    )
    return WithHeads(trunk, heads, classifier)
