"""Answers with objects that are equal to everything and have every attribute."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
class Anything:
    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self

    def __eq__(self, other):
        return True

    def __bool__(self):
        return True

    def __float__(self):
        return 10.0

    __hash__ = object.__hash__


BasicBlock = Bottleneck = resnet_cifar = resnet50 = gradient_profile = Anything()
""",
}
