# linear layers in a Sequential, adaptive pooling, the second layer registered under other names
class SqueezeExcitation(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.weigh = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels, squeezed),
            nn.SiLU(),
            nn.Linear(squeezed, channels),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.weigh(self.pool(x))[:, :, None, None] * x
