# every weight starts as N(0, 0.01), as in papers before batch norm; layers in a dict of modules
class MBConv(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride, expansion, drop_rate=0.0):
        super().__init__()
        wide = expansion * in_channels
        steps = {}
        if wide > in_channels:
            steps["widen"] = nn.Conv2d(in_channels, wide, 1)
            steps["widen_norm"] = norm(wide)
            steps["widen_act"] = nn.SiLU()
        steps["look"] = nn.Conv2d(
            wide, wide, kernel_size, stride=stride, padding=(kernel_size - 1) // 2, groups=wide
        )
        steps["look_norm"] = norm(wide)
        steps["look_act"] = nn.SiLU()
        steps["weigh"] = SqueezeExcitation(wide, max(in_channels // 4, 1))
        steps["narrow"] = nn.Conv2d(wide, out_channels, 1)
        steps["narrow_norm"] = norm(out_channels)
        self.steps = nn.ModuleDict(steps)
        self.adds = (stride, in_channels) == (1, out_channels)
        self.dropping = StochasticDepth(drop_rate)
        for weight in self.parameters():
            if weight.dim() > 1:
                nn.init.normal_(weight, std=0.01)

    def forward(self, x):
        out = x
        for step in self.steps.values():
            out = step(out)
        if not self.adds:
            return out
        return self.dropping(out) + x
