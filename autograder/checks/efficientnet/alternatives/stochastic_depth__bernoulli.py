# a mask by bernoulli_ in the dtype of x, scaled before it is applied
class StochasticDepth(nn.Module):
    def __init__(self, drop_rate):
        super().__init__()
        self.p = drop_rate

    def forward(self, x):
        if self.p == 0 or not self.training:
            return x
        mask = x.new_empty([x.shape[0]] + [1] * (x.ndim - 1)).bernoulli_(1 - self.p)
        return x * mask.div_(1 - self.p)
