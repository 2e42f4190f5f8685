# one kernel for each of the 60 connections, nested in nn.Sequential, summed up
class OneMap(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.inputs = inputs
        self.kernels = nn.Sequential(*[nn.Conv2d(1, 1, 5, bias=False) for _ in inputs])
        self.shift = nn.Parameter(torch.rand(1))

    def forward(self, x):
        parts = [k(x[:, i : i + 1]) for i, k in zip(self.inputs, self.kernels, strict=True)]
        return sum(parts) + self.shift


class C3(nn.Module):
    def __init__(self):
        super().__init__()
        self.maps = nn.Sequential()
        for o in range(16):
            self.maps.append(OneMap([i for i in range(6) if CONNECTIONS[i][o] == "X"]))

    def forward(self, x):
        return torch.cat([one(x) for one in self.maps], 1)
