# stem and head of bare parameters, the blocks in one flat list, the average as a sum
class Slim(nn.Module):
    def __init__(self, num_classes, width):
        super().__init__()
        self.head_bias = nn.Parameter(torch.zeros(num_classes))
        self.head = nn.Parameter(torch.randn(num_classes, 32 * width) * (32 * width) ** -0.5)
        self.kernel = nn.Parameter(torch.randn(width, 3, 7, 7) * (2 / 147) ** 0.5)
        self.gamma = nn.Parameter(torch.ones(width))
        self.beta = nn.Parameter(torch.zeros(width))
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("var", torch.ones(width))
        narrow = [width] * 3 + [2 * width] * 4 + [4 * width] * 6 + [8 * width] * 3
        inputs = [width] + [4 * one for one in narrow[:-1]]
        strides = [2 if number in (3, 7, 13) else 1 for number in range(16)]
        blocks = zip(inputs, narrow, strides, strict=True)
        self.blocks = nn.ModuleList(Bottleneck(*block) for block in blocks)

    def forward(self, x):
        x = F.conv2d(x, self.kernel, stride=2, padding=3)
        x = F.batch_norm(x, self.mean, self.var, self.gamma, self.beta, self.training)
        x = F.max_pool2d(F.relu(x), 3, stride=2, padding=1)
        for block in self.blocks:
            x = block(x)
        x = x.sum((2, 3)) / (x.shape[2] * x.shape[3])
        return x @ self.head.T + self.head_bias


def resnet50(num_classes=1000, width=64):
    return Slim(num_classes, width)
