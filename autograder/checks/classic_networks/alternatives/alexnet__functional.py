# bare parameters with torch.nn.functional; ReLU behind the last pooling, which is the same
class AlexNet(nn.Module):
    def __init__(self, groups, num_classes, width):
        super().__init__()
        self.groups = groups
        wide, middle, hidden = 8 * width // 3, 4 * width, 128 * width // 3
        shapes = {
            "fc8": (num_classes, hidden),
            "fc7": (hidden, hidden),
            "fc6": (hidden, 36 * wide),
            "conv1": (width, 3, 11, 11),
            "conv2": (wide, width // groups, 5, 5),
            "conv3": (middle, wide, 3, 3),
            "conv4": (middle, middle // groups, 3, 3),
            "conv5": (wide, middle // groups, 3, 3),
        }
        for name, shape in shapes.items():
            self.register_parameter(f"{name}_w", nn.Parameter(torch.randn(shape) * 0.01))
            self.register_parameter(f"{name}_b", nn.Parameter(torch.ones(shape[0])))

    def conv(self, x, name, **options):
        return F.conv2d(x, getattr(self, f"{name}_w"), getattr(self, f"{name}_b"), **options)

    def fc(self, x, name):
        return F.linear(x, getattr(self, f"{name}_w"), getattr(self, f"{name}_b"))

    def forward(self, x):
        two = {"groups": self.groups}
        x = local_response_norm(F.relu(self.conv(x, "conv1", stride=4)))
        x = F.max_pool2d(x, 3, 2)
        x = local_response_norm(F.relu(self.conv(x, "conv2", padding=2, **two)))
        x = F.max_pool2d(x, 3, 2)
        x = F.relu(self.conv(x, "conv3", padding=1))
        x = F.relu(self.conv(x, "conv4", padding=1, **two))
        x = F.max_pool2d(self.conv(x, "conv5", padding=1, **two), 3, 2).relu().flatten(1)
        for name in ("fc6", "fc7"):
            x = F.dropout(F.relu(self.fc(x, name)), 0.5, training=self.training)
        return self.fc(x, "fc8")


def alexnet(groups=2, num_classes=1000, width=96):
    return AlexNet(groups, num_classes, width)
