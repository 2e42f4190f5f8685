"""File names with control characters, other scripts and path parts, beside a good notebook."""

EXPECT = {"points": "full"}


def files(assignment, right):
    """A good notebook among odd names."""
    odd = [
        "a\nb.txt",
        "\u202egnp.exe",
        "-rf",
        "conftest.py",
        "pytest.ini",
        "torch.py",
        "sitecustomize.py",
    ]
    return {assignment.notebook: right} | dict.fromkeys(odd, b"raise SystemExit('imported')")
