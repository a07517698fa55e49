"""The command line: `lianzhen serve | demo | migrate | …`."""


def main() -> None:
    raise SystemExit("not built yet")
