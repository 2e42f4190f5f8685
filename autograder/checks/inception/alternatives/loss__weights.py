# a weighted sum with the weights as a list
def googlenet_loss(outputs, y):
    if not isinstance(outputs, (tuple, list)):
        outputs = (outputs,)
    losses = [nn.CrossEntropyLoss()(scores, y) for scores in outputs]
    return sum(weight * loss for weight, loss in zip([1.0, 0.3, 0.3], losses, strict=False))
