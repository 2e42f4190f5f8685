# a class of its own with torchvision's pooling to 7×7; the configurations from one text each
def vgg_config(depth):
    rows = {
        11: "64 M 128 M 256x2 M 512x2 M 512x2 M",
        13: "64x2 M 128x2 M 256x2 M 512x2 M 512x2 M",
        16: "64x2 M 128x2 M 256x3 M 512x3 M 512x3 M",
        19: "64x2 M 128x2 M 256x4 M 512x4 M 512x4 M",
    }
    config = []
    for word in rows[depth].split():
        channels, _, times = word.partition("x")
        config += ["M"] if word == "M" else [int(channels)] * int(times or 1)
    return config


class VGG(nn.Module):
    def __init__(self, config, num_classes, hidden):
        super().__init__()
        widths = [3, *[entry for entry in config if entry != "M"]]
        count = range(len(widths) - 1)
        convs = iter([nn.Conv2d(widths[i], widths[i + 1], 3, padding=1) for i in count])
        self.classifier = nn.Sequential(
            nn.Linear(49 * widths[-1], hidden),
            nn.ReLU(True),
            nn.Dropout(),
            nn.Linear(hidden, hidden),
            nn.ReLU(True),
            nn.Dropout(),
            nn.Linear(hidden, num_classes),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.features = nn.Sequential(
            *[
                nn.MaxPool2d(2, 2) if entry == "M" else nn.Sequential(next(convs), nn.ReLU(True))
                for entry in config
            ]
        )

    def forward(self, x):
        x = self.avgpool(self.features(x))
        return self.classifier(x.reshape(x.size(0), -1))


def make_vgg(config, num_classes=1000, hidden=4096):
    return VGG(config, num_classes, hidden)
