# bare parameters with torch.nn.functional; the head as convolutions
def vgg_config(depth):
    extra = {11: (0, 0), 13: (1, 0), 16: (1, 1), 19: (1, 2)}[depth]
    config = []
    for block, channels in enumerate([64, 128, 256, 512, 512]):
        layers = 1 + extra[0] if block < 2 else 2 + extra[1]
        config.extend([channels for _ in range(layers)])
        config.append("M")
    return config


class VGG(nn.Module):
    def __init__(self, config, num_classes, hidden):
        super().__init__()
        self.config = list(config)
        shapes, channels = [], 3
        for entry in config:
            if entry != "M":
                shapes.append((entry, channels, 3, 3))
                channels = entry
        shapes += [(hidden, channels, 7, 7), (hidden, hidden, 1, 1), (num_classes, hidden, 1, 1)]
        self.w = nn.ParameterList([nn.Parameter(torch.randn(shape) * 0.05) for shape in shapes])
        self.b = nn.ParameterList([nn.Parameter(torch.zeros(shape[0])) for shape in shapes])

    def forward(self, x):
        weights = list(zip(self.w, self.b, strict=True))
        for entry in self.config:
            if entry == "M":
                x = F.max_pool2d(x, 2)
            else:
                x = F.relu(F.conv2d(x, *weights.pop(0), padding=1))
        for w, b in weights[:2]:
            x = F.dropout(F.conv2d(x, w, b).clamp(min=0), training=self.training)
        return F.conv2d(x, *weights[2])[:, :, 0, 0]


def make_vgg(config, num_classes=1000, hidden=4096):
    return VGG(config, num_classes, hidden)
