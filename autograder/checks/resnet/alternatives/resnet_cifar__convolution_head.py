# blocks as functions over layers of one flat ModuleDict; a 1x1 convolution as classifier
class FlatNet(nn.Module):
    def __init__(self, n, num_classes):
        super().__init__()
        self.plan = []
        layers, a = {"stem": self.layer(3, 16, 1)}, 16
        for stage, b in enumerate((16, 32, 64)):
            for block in range(n):
                stride = 2 if block == 0 and stage > 0 else 1
                key = f"{stage}{block}"
                layers[key + "b"] = self.layer(b, b, 1)
                layers[key + "a"] = self.layer(a, b, stride)
                self.plan.append((key, b - a, stride))
                a = b
        self.layers = nn.ModuleDict(layers)
        self.classify = nn.Conv2d(64, num_classes, 1)

    @staticmethod
    def layer(a, b, stride):
        return nn.Sequential(nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b))

    def forward(self, x):
        x = F.relu(self.layers["stem"](x))
        for key, extra, stride in self.plan:
            kept = F.pad(x[..., ::stride, ::stride], (0, 0, 0, 0, 0, extra))
            x = F.relu(kept + self.layers[key + "b"](F.relu(self.layers[key + "a"](x))))
        return self.classify(F.adaptive_avg_pool2d(x, 1)).flatten(1)


def resnet_cifar(n, num_classes=10):
    return FlatNet(n, num_classes)
