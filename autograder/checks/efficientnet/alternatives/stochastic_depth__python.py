# decided by Python's random, one example at a time
class StochasticDepth(nn.Module):
    def __init__(self, drop_rate):
        super().__init__()
        self.drop_rate = drop_rate

    def forward(self, x):
        import random

        if not self.training:
            return x
        rows = []
        for example in x:
            dropped = random.random() < self.drop_rate
            rows.append(example * 0 if dropped else example / (1 - self.drop_rate))
        return torch.stack(rows)
