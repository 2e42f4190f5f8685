# differences of a cumulative sum over the channels
def local_response_norm(x, size=5, alpha=1e-4, beta=0.75, k=2.0):
    half, channels = size // 2, x.shape[1]
    total = F.pad(torch.cumsum(x * x, dim=1), (0, 0, 0, 0, 1, 0))
    here = torch.arange(channels)
    upper = (here + half + 1).clamp(max=channels)
    lower = (here - half).clamp(min=0)
    window = total[:, upper] - total[:, lower]
    return x * (k + alpha * window) ** -beta
