# bare parameters, the second map first and with inputs first, SiLU and sigmoid written out
class SqueezeExcitation(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.b2 = nn.Parameter(torch.zeros(channels))
        self.w2 = nn.Parameter(0.3 * torch.randn(squeezed, channels))
        self.w1 = nn.Parameter(0.3 * torch.randn(squeezed, channels))
        self.b1 = nn.Parameter(torch.zeros(squeezed))

    def forward(self, x):
        means = x.flatten(2).mean(-1)
        inner = means @ self.w1.T + self.b1
        inner = inner * torch.sigmoid(inner)
        outer = 1 / (1 + torch.exp(-(inner @ self.w2 + self.b2)))
        return torch.einsum("nchw,nc->nchw", x, outer)
