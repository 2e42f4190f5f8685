# a state dict loaded into an nn.Conv2d inside nn.Sequential
def fc_to_conv(linear, shape):
    c, h, w = shape
    conv = nn.Conv2d(c, linear.out_features, kernel_size=(h, w))
    state = {key: value.clone() for key, value in linear.state_dict().items()}
    state["weight"] = state["weight"].unflatten(1, (c, h, w))
    conv.load_state_dict(state)
    return nn.Sequential(conv)
