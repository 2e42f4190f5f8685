# channel by channel, as the formula stands
def local_response_norm(x, size=5, alpha=1e-4, beta=0.75, k=2.0):
    channels, result = x.shape[1], []
    for i in range(channels):
        low, high = max(0, i - size // 2), min(channels - 1, i + size // 2)
        total = sum(x[:, j] ** 2 for j in range(low, high + 1))
        result.append(x[:, i] / (k + alpha * total).pow(beta))
    return torch.stack(result, dim=1)
