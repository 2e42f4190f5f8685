# a class with named parts registered back to front, biases in stem and head, i / (n - 1) as rates
class EfficientNet(nn.Module):
    def __init__(self, depth, width, num_classes, dropout, drop_rate):
        super().__init__()
        last, features = round_filters(320, width), round_filters(1280, width)
        self.fc = nn.Linear(features, num_classes)
        self.dropout = dropout
        self.head_norm = norm(features)
        self.head = nn.Conv2d(last, features, 1)
        rows = []
        channels = round_filters(32, width)
        for t, k, s, c, n in STAGES:
            out = round_filters(c, width)
            for _ in range(round_repeats(n, depth)):
                rows.append((channels, out, k, s, t))
                channels, s = out, 1
        self.blocks = nn.ModuleList(
            MBConv(*row, drop_rate=drop_rate * i / max(1, len(rows) - 1))
            for i, row in enumerate(rows)
        )
        self.stem_norm = norm(round_filters(32, width))
        self.stem = nn.Conv2d(3, round_filters(32, width), 3, 2, 1)

    def forward(self, x):
        x = F.silu(self.stem_norm(self.stem(x)))
        for block in self.blocks:
            x = block(x)
        x = F.silu(self.head_norm(self.head(x))).mean((2, 3))
        return self.fc(F.dropout(x, self.dropout, self.training))


def scaled_efficientnet(depth, width, num_classes=1000, dropout=0.2, drop_rate=0.2):
    return EfficientNet(depth, width, num_classes, dropout, drop_rate)
