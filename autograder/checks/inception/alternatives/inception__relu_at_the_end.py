# one ReLU after the concatenation instead of one in each branch; other names and order
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c3, c5, pool_proj):
        super().__init__()
        self.project = nn.Conv2d(in_channels, pool_proj, 1)
        self.pool = nn.MaxPool2d(3, 1, padding=1, ceil_mode=True)
        self.large = nn.Conv2d(c5[0], c5[1], 5, padding="same")
        self.middle = nn.Conv2d(c3[0], c3[1], 3, padding="same")
        self.squeeze_large = nn.Conv2d(in_channels, c5[0], 1)
        self.squeeze_middle = nn.Conv2d(in_channels, c3[0], 1)
        self.small = nn.Conv2d(in_channels, c1, 1)

    def forward(self, x):
        pooled = self.project(self.pool(x))
        large = self.large(self.squeeze_large(x).relu())
        middle = self.middle(self.squeeze_middle(x).relu())
        return F.relu(torch.cat((self.small(x), middle, large, pooled), 1))
