# keyword arguments, a wrapping module around the scaled network
class Variant(nn.Module):
    def __init__(self, name, classes, slim):
        super().__init__()
        d, w, r, p = VARIANTS[name.lower()]
        self.resolution = r
        self.net = scaled_efficientnet(
            depth=d, width=slim * w, num_classes=classes, dropout=p, drop_rate=0.2
        )

    def forward(self, x):
        return self.net(x)


def efficientnet(variant, num_classes=1000, slim=1.0):
    return Variant(variant, num_classes, slim)
