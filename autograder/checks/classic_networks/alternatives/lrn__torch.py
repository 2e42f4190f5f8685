# PyTorch's function, with alpha times the window's size
def local_response_norm(x, size=5, alpha=1e-4, beta=0.75, k=2.0):
    return F.local_response_norm(x, size, alpha=alpha * size, beta=beta, k=k)
