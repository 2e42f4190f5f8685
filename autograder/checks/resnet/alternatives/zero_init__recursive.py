# recursion over children, writing through .data
def zero_init_residual(model):
    if isinstance(model, (BasicBlock, Bottleneck)):
        norm = model.bn2 if isinstance(model, BasicBlock) else model.bn3
        norm.weight.data.fill_(0)
    for child in model.children():
        zero_init_residual(child)
