# an average pooling over a third axis, which the channels stand for
def local_response_norm(x, size=5, alpha=1e-4, beta=0.75, k=2.0):
    squares = F.pad((x**2).unsqueeze(1), (0, 0, 0, 0, size // 2, size // 2))
    mean = F.avg_pool3d(squares, (size, 1, 1), stride=1)
    return x / torch.pow(k + alpha * size * mean.squeeze(1), beta)
