# the cross-entropy written out with log_softmax
def googlenet_loss(outputs, y):
    def entropy(scores):
        return -scores.log_softmax(1).gather(1, y[:, None]).mean()

    if torch.is_tensor(outputs):
        return entropy(outputs)
    main, aux_4a, aux_4d = outputs
    return entropy(main) + 0.3 * (entropy(aux_4a) + entropy(aux_4d))
