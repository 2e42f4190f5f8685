# other names and order; the pointwise step as a linear layer over channels, padding by F.pad
class DepthwiseSeparable(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.norms = nn.ModuleDict(
            {"mixed": nn.BatchNorm2d(out_channels), "filtered": nn.BatchNorm2d(in_channels)}
        )
        self.mix = nn.Linear(in_channels, out_channels, bias=False)
        self.filter = nn.Conv2d(
            in_channels, in_channels, 3, stride=stride, groups=in_channels, bias=False
        )
        self.activation = nn.ReLU()

    def forward(self, x):
        x = self.activation(self.norms["filtered"](self.filter(F.pad(x, (1, 1, 1, 1)))))
        x = self.mix(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return self.activation(self.norms["mixed"](x))
