# stem, head and classifier from bare parameters and functional calls
class Bare(nn.Module):
    def __init__(self, depth, width, num_classes, dropout, drop_rate):
        super().__init__()
        a, features = round_filters(32, width), round_filters(1280, width)
        self.w_out = nn.Parameter(torch.randn(features, num_classes) / features**0.5)
        self.b_out = nn.Parameter(torch.zeros(num_classes))
        self.w_stem = nn.Parameter(torch.randn(a, 3, 3, 3) * 0.27)
        self.norms = nn.ModuleDict({"stem": norm(a), "head": norm(features)})
        self.rest = nn.ModuleList()
        total = sum(math.ceil(n * depth) for *_, n in STAGES)
        for t, k, s, c, n in STAGES:
            for i in range(math.ceil(n * depth)):
                b = round_filters(c, width)
                rate = drop_rate * len(self.rest) / total
                self.rest.append(MBConv(a, b, k, s if i == 0 else 1, t, rate))
                a = b
        self.w_head = nn.Parameter(torch.randn(features, a) * (2 / a) ** 0.5)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        x = F.silu(self.norms["stem"](F.conv2d(x, self.w_stem, stride=2, padding=1)))
        for block in self.rest:
            x = block(x)
        x = F.silu(self.norms["head"](torch.einsum("oc,nchw->nohw", self.w_head, x)))
        return torch.addmm(self.b_out, self.dropout(x.flatten(2).mean(2)), self.w_out)


def scaled_efficientnet(depth, width, num_classes=1000, dropout=0.2, drop_rate=0.2):
    return Bare(depth, width, num_classes, dropout, drop_rate)
