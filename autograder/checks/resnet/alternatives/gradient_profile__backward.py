# backward() on cleared gradients, and the gradients that were there put back
def gradient_profile(model, x, y):
    parameters = list(model.parameters())
    before = [p.grad for p in parameters]
    for p in parameters:
        p.grad = None
    nn.CrossEntropyLoss()(model(x), y).backward()
    norms = [float(p.grad.square().sum().sqrt()) for p in parameters if p.dim() > 1]
    for p, gradient in zip(parameters, before, strict=True):
        p.grad = gradient
    return norms
