# bare parameters with torch.nn.functional, registered from the last layer to the first
class LeNet5(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        sizes = [(num_classes, 84), (84, 120), (120, 400), (16, 6, 5, 5), (6, 1, 5, 5)]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for size in sizes:
            fan_in = math.prod(size[1:])
            self.weights.append(nn.Parameter(torch.randn(size) / math.sqrt(fan_in)))
            self.biases.append(nn.Parameter(torch.zeros(size[0])))

    def forward(self, x):
        for layer in (4, 3):
            x = torch.tanh(F.conv2d(x, self.weights[layer], self.biases[layer]))
            x = F.avg_pool2d(x, kernel_size=2, stride=2)
        x = x.reshape(x.shape[0], -1)
        for layer in (2, 1):
            x = F.linear(x, self.weights[layer], self.biases[layer]).tanh()
        return x @ self.weights[0].T + self.biases[0]
