# a class of its own with torchvision's pooling to 7×7; the configurations written out
def vgg_config(depth):
    return {
        11: [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
        13: [64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
        16: [
            64,
            64,
            "M",
            128,
            128,
            "M",
            256,
            256,
            256,
            "M",
            512,
            512,
            512,
            "M",
            512,
            512,
            512,
            "M",
        ],
        19: [
            64,
            64,
            "M",
            128,
            128,
            "M",
            256,
            256,
            256,
            256,
            "M",
            512,
            512,
            512,
            512,
            "M",
            512,
            512,
            512,
            512,
            "M",
        ],
    }[depth]


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
