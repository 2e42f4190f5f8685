# branches in a ModuleList, filled into an output of the right size
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c3, c5, pool_proj):
        super().__init__()

        def unit(a, b, k):
            return nn.Sequential(nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU(inplace=True))

        self.widths = (c1, c3[1], c5[1], pool_proj)
        self.branches = nn.ModuleList(
            [
                unit(in_channels, c1, 1),
                nn.Sequential(unit(in_channels, c3[0], 1), unit(c3[0], c3[1], 3)),
                nn.Sequential(unit(in_channels, c5[0], 1), unit(c5[0], c5[1], 5)),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), unit(in_channels, pool_proj, 1)),
            ]
        )

    def forward(self, x):
        out = x.new_zeros(x.shape[0], sum(self.widths), *x.shape[2:])
        start = 0
        for width, branch in zip(self.widths, self.branches, strict=True):
            out[:, start : start + width] = branch(x)
            start += width
        return out
