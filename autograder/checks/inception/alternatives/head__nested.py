# the last layer as a 1x1 convolution, everything nested in Sequentials
def auxiliary_head(in_channels, num_classes=1000, width=64):
    features = nn.Sequential(
        nn.AvgPool2d(kernel_size=(5, 5), stride=(3, 3)),
        nn.Sequential(nn.Conv2d(in_channels, 2 * width, 1), nn.ReLU(inplace=True)),
    )
    classifier = nn.Sequential(
        nn.Flatten(),
        nn.Sequential(nn.Linear(32 * width, 16 * width), nn.ReLU(inplace=True)),
        nn.Dropout(p=0.7),
        nn.Unflatten(1, (16 * width, 1, 1)),
        nn.Conv2d(16 * width, num_classes, 1),
        nn.Flatten(1),
    )
    return nn.Sequential(features, classifier)
