# one convolution for each distinct number of inputs, by gathering channels into groups
class C3(nn.Module):
    def __init__(self):
        super().__init__()
        columns = [[i for i in range(6) if CONNECTIONS[i][o] == "X"] for o in range(16)]
        self.picks, layers = [], []
        for many in (3, 4, 6):
            some = [column for column in columns if len(column) == many]
            self.picks.append([i for column in some for i in column])
            layers.append(nn.Conv2d(many * len(some), len(some), 5, groups=len(some)))
        self.three, self.four, self.six = layers

    def forward(self, x):
        layers = (self.three, self.four, self.six)
        pairs = zip(layers, self.picks, strict=True)
        return torch.cat([layer(x[:, pick]) for layer, pick in pairs], dim=1)
