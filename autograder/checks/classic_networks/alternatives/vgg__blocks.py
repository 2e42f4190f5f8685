# one nn.Sequential a block, cut at the "M"s, the ReLU behind the pooling where both meet
def vgg_config(depth):
    deep = (depth - 3 - 4) // 3 if depth > 11 else 2
    first = 1 if depth == 11 else 2
    return (
        [64] * first
        + ["M"]
        + [128] * first
        + ["M"]
        + [256] * deep
        + ["M"]
        + [512] * deep
        + ["M"]
        + [512] * deep
        + ["M"]
    )


def make_vgg(config, num_classes=1000, hidden=4096):
    blocks, block, channels = [], [], 3
    for entry in config:
        if entry == "M":
            block[-1:] = [nn.MaxPool2d(2), nn.ReLU()]
            blocks.append(nn.Sequential(*block))
            block = []
        else:
            block += [nn.Conv2d(channels, entry, 3, 1, 1), nn.ReLU()]
            channels = entry
    head = nn.Sequential(
        nn.Flatten(),
        nn.Sequential(nn.Linear(channels * 49, hidden), nn.ReLU(), nn.Dropout(0.5)),
        nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0.5)),
        nn.Linear(hidden, num_classes),
    )
    return nn.Sequential(nn.Sequential(*blocks, *block), head)
