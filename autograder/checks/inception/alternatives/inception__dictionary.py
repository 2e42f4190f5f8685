# layers in a ModuleDict; the pooling as a maximum over unfolded windows, minus infinity around
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c3, c5, pool_proj):
        super().__init__()
        self.layers = nn.ModuleDict(
            {
                "5x5": nn.Conv2d(c5[0], c5[1], 5, 1, 2),
                "5x5_reduce": nn.Conv2d(in_channels, c5[0], 1),
                "3x3": nn.Conv2d(c3[0], c3[1], 3, 1, 1),
                "3x3_reduce": nn.Conv2d(in_channels, c3[0], 1),
                "1x1": nn.Conv2d(in_channels, c1, 1),
                "pool_proj": nn.Conv2d(in_channels, pool_proj, 1),
            }
        )

    def apply_relu(self, name, x):
        return torch.clamp_min(self.layers[name](x), 0)

    def forward(self, x):
        padded = F.pad(x, (1, 1, 1, 1), value=-float("inf"))
        pooled = padded.unfold(2, 3, 1).unfold(3, 3, 1).amax((-2, -1))
        parts = [self.apply_relu("1x1", x)]
        parts.append(self.apply_relu("3x3", self.apply_relu("3x3_reduce", x)))
        parts.append(self.apply_relu("5x5", self.apply_relu("5x5_reduce", x)))
        parts.append(self.apply_relu("pool_proj", pooled))
        return torch.concat(parts, dim=-3)
