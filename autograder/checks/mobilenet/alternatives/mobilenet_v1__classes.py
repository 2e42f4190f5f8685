# a class with blocks in a ModuleList, the head made first, mean over positions
class Mobile(nn.Module):
    strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)

    def __init__(self, alpha, num_classes):
        super().__init__()
        width = int(32 * alpha)
        self.scores = nn.Linear(32 * width, num_classes)
        widths = [w * width for w in (1, 2, 4, 4, 8, 8, 16, 16, 16, 16, 16, 16, 32, 32)]
        self.blocks = nn.ModuleList(
            DepthwiseSeparable(widths[i], widths[i + 1], s) for i, s in enumerate(self.strides)
        )
        self.norm = nn.BatchNorm2d(width)
        self.conv = nn.Conv2d(3, width, 3, stride=2, padding=1)

    def forward(self, x):
        x = F.relu(self.norm(self.conv(x)))
        for block in self.blocks:
            x = block(x)
        return self.scores(x.mean(dim=(-2, -1)))


def mobilenet_v1(width_mult=1.0, num_classes=1000):
    return Mobile(width_mult, num_classes)
