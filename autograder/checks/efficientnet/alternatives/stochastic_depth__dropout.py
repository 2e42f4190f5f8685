# dropout of single values on a column of ones, multiplied into the examples
class StochasticDepth(nn.Module):
    def __init__(self, drop_rate):
        super().__init__()
        self.dropout = nn.Dropout(drop_rate)

    def forward(self, x):
        return x * self.dropout(torch.ones_like(x[:, :1, :1, :1]))
