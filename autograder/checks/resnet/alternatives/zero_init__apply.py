# model.apply with a table of attribute names, under no_grad
def zero_init_residual(model):
    last = {BasicBlock: "bn2", Bottleneck: "bn3"}

    def silence(module):
        if type(module) in last:
            with torch.no_grad():
                getattr(module, last[type(module)]).weight.zero_()

    model.apply(silence)
