# layers in another order, identities where a layer is missing, the projection as a linear layer
class InvertedResidual(nn.Module):
    def __init__(self, in_channels, out_channels, stride, expansion):
        super().__init__()
        hidden, grows = in_channels * expansion, expansion > 1
        self.narrow = nn.Linear(hidden, out_channels, bias=False)
        self.norms = nn.ModuleList(
            [
                nn.BatchNorm2d(out_channels),
                nn.BatchNorm2d(hidden),
                nn.BatchNorm2d(hidden) if grows else nn.Identity(),
            ]
        )
        self.clip = nn.Hardtanh(0.0, 6.0)
        self.clip_wide = nn.ReLU6() if grows else nn.Identity()
        self.spatial = nn.Conv2d(
            hidden, hidden, (3, 3), (stride, stride), (1, 1), groups=hidden, bias=False
        )
        self.widen = nn.Conv2d(in_channels, hidden, 1, bias=False) if grows else nn.Identity()
        self.gate = float((stride, in_channels) == (1, out_channels))

    def forward(self, x):
        y = self.clip_wide(self.norms[2](self.widen(x)))
        y = self.clip(self.norms[1](self.spatial(y)))
        y = self.narrow(y.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.norms[0](y)
        return y + x if self.gate else y
