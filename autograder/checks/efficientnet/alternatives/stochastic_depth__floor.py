# the authors' own form: the survival probability plus a random number, rounded down
class StochasticDepth(nn.Module):
    def __init__(self, drop_rate=0.0):
        super().__init__()
        self.survival = 1.0 - drop_rate

    def forward(self, x):
        if self.training and self.survival < 1.0:
            noise = torch.rand((x.size(0), 1, 1, 1), dtype=x.dtype, device=x.device)
            return x / self.survival * torch.floor(self.survival + noise)
        return x
