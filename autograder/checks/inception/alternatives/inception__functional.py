# bare parameters with torch.nn.functional, the 1x1 convolutions as matrix products
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c3, c5, pool_proj):
        super().__init__()
        (r3, n3), (r5, n5) = c3, c5
        shapes = {
            "five": (n5, r5, 5, 5),
            "three": (n3, r3, 3, 3),
            "pool": (pool_proj, in_channels),
            "reduce5": (r5, in_channels),
            "reduce3": (r3, in_channels),
            "one": (c1, in_channels),
        }
        self.bias = nn.ParameterDict()
        self.weight = nn.ParameterDict()
        for name, shape in shapes.items():
            bound = (3 / (shape[1] * (shape[2] ** 2 if len(shape) > 2 else 1))) ** 0.5
            self.weight[name] = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
            self.bias[name] = nn.Parameter(torch.zeros(shape[0]))

    def mix(self, x, name):
        y = (self.weight[name] @ x.flatten(2)).unflatten(2, x.shape[2:])
        return F.relu(y + self.bias[name].view(-1, 1, 1))

    def forward(self, x):
        three = F.conv2d(self.mix(x, "reduce3"), self.weight["three"], self.bias["three"], 1, 1)
        five = F.conv2d(self.mix(x, "reduce5"), self.weight["five"], self.bias["five"], 1, 2)
        pooled = F.max_pool2d(x, 3, 1, 1)
        return torch.cat(
            [self.mix(x, "one"), three.relu(), five.relu(), self.mix(pooled, "pool")], dim=1
        )
