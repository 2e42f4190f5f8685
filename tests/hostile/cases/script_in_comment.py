"""Script, links and formulas in exception messages and values, which stand in comments."""

EXPECT = {"loses": "basic_block"}
BASE = "reference"
ANSWERS = {
    "basic_block": r"""
EVIL = (
    "<script>document.title=1</script><img src=x onerror=alert(1)> [a[b]](javascript:alert(2)) "
    r"$\href{javascript:alert(3)}{x}$ $\\href{javascript:alert(4)}{x}$"
)


class BasicBlock(nn.Module):
    def __init__(self, *args, **kwargs):
        raise ValueError(EVIL)
""",
    "degradation": """
def conclusion():
    return {"trains_better_at_38_layers": "<script>document.title=1</script>"}
""",
}
