# a class with named stages in registration order back to front, biased stem, mean pooling
class ResNet(nn.Module):
    def __init__(self, repeats, num_classes, width):
        super().__init__()
        self.fc = nn.Linear(32 * width, num_classes)
        channels = width
        for stage, count in enumerate(repeats, start=1):
            narrow = width << (stage - 1)
            blocks = []
            for number in range(count):
                blocks.append(Bottleneck(channels, narrow, 1 + (number == 0 and stage > 1)))
                channels = 4 * narrow
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.bn1 = nn.BatchNorm2d(width)
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def resnet50(num_classes=1000, width=64):
    return ResNet([3, 4, 6, 3], num_classes, width)
