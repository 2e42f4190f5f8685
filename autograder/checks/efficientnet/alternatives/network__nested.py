# stages as nested Sequentials, a 1x1 convolution as classifier behind the average
def scaled_efficientnet(depth, width, num_classes=1000, dropout=0.2, drop_rate=0.2):
    def unit(a, b, k, stride=1):
        return nn.Sequential(nn.Conv2d(a, b, k, stride, k // 2, bias=False), norm(b), nn.SiLU())

    counts = [round_repeats(row[4], depth) for row in STAGES]
    widths = [round_filters(channels, width) for channels in (32, *(row[3] for row in STAGES))]
    rates = iter([drop_rate * i / sum(counts) for i in range(sum(counts))])
    stages = nn.Sequential()
    for row, count, a, b in zip(STAGES, counts, widths, widths[1:], strict=False):
        first = MBConv(a, b, row[1], row[2], row[0], next(rates))
        rest = [MBConv(b, b, row[1], 1, row[0], next(rates)) for _ in range(count - 1)]
        stages.append(nn.Sequential(first, *rest))
    features = round_filters(1280, width)
    classifier = nn.Sequential(
        nn.AdaptiveAvgPool2d((1, 1)),
        nn.Dropout(dropout),
        nn.Conv2d(features, num_classes, 1),
        nn.Flatten(),
    )
    body = nn.Sequential(stages, unit(widths[-1], features, 1))
    return nn.Sequential(unit(3, widths[0], 3, 2), body, classifier)
