# named blocks as attributes, forward written out, the heads registered first
class Net(nn.Module):
    def __init__(self, num_classes, aux, width):
        super().__init__()
        w = width // 8
        self.aux = aux
        if aux:
            self.aux2 = auxiliary_head(66 * w, num_classes, width)
            self.aux1 = auxiliary_head(64 * w, num_classes, width)
        self.fc = nn.Linear(128 * w, num_classes)
        inputs = dict(zip(BLOCKS, (24, 32, 60, 64, 64, 64, 66, 104, 104), strict=True))
        for name, row in BLOCKS.items():
            setattr(self, f"inception{name}", Inception(inputs[name] * w, *scaled(row, width)))
        self.conv3 = nn.Conv2d(width, 24 * w, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 1)
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3)

    def shrink(self, x):
        return F.max_pool2d(x, 3, 2, ceil_mode=True)

    def norm(self, x):
        return F.local_response_norm(x, 5)

    def forward(self, x):
        x = self.norm(self.shrink(F.relu(self.conv1(x))))
        x = self.norm(F.relu(self.conv3(F.relu(self.conv2(x)))))
        x = self.inception3b(self.inception3a(self.shrink(x)))
        x = fourth = self.inception4a(self.shrink(x))
        x = self.inception4d(self.inception4c(self.inception4b(x)))
        seventh = x
        x = self.inception5b(self.inception5a(self.shrink(self.inception4e(x))))
        x = torch.flatten(F.adaptive_avg_pool2d(x, 1), 1)
        x = self.fc(F.dropout(x, 0.4, self.training))
        if self.aux and self.training:
            return x, self.aux1(fourth), self.aux2(seventh)
        return x


def googlenet(num_classes=1000, aux=False, width=64):
    return Net(num_classes, aux, width)
