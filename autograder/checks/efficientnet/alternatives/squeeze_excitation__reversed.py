# convolutions in a ModuleDict, registered back to front, global pooling by avg_pool2d
class SqueezeExcitation(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.maps = nn.ModuleDict(
            {
                "up": nn.Conv2d(squeezed, channels, kernel_size=1, bias=True),
                "down": nn.Conv2d(channels, squeezed, kernel_size=1, bias=True),
            }
        )
        self.act = nn.SiLU(inplace=True)

    def forward(self, x):
        s = F.avg_pool2d(x, x.shape[-2:])
        return torch.mul(x, self.maps["up"](self.act(self.maps["down"](s))).sigmoid())
