"""SystemVerilog expressions of words that hold several numbers side by side, the first lowest."""

from jetflow.graph import FixedPoint

__all__ = ["widened"]


def widened(word: str, count: int, format: FixedPoint, bits: int, total: int | None = None) -> str:
    """The `count` numbers of `format` in `word`, each extended to `bits` bits, then zeros up to `total` numbers."""
    more = bits - format.bits
    zeros = ((total or count) - count) * bits
    if not more:
        return f"{{{zeros}'d0, {word}}}" if zeros else word
    fields = [f"{zeros}'d0"] if zeros else []
    for i in reversed(range(count)):
        high = (i + 1) * format.bits - 1
        sign = f"{word}[{high}]" if format.signed else "1'b0"
        fields.append(f"{{{more}{{{sign}}}}}, {word}[{high}:{i * format.bits}]")
    return f"{{{', '.join(fields)}}}"
