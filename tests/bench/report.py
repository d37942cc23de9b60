"""The printed table: ratios with their bars first, then every figure."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from tests.bench.drive import Measured
from tests.bench.passes import Results

PEERS = """For scale, in units of B on this class of machine (list / product / whole order):
django-oscar 31-142 / 7-10 / 32-47; EverShop 25 / 12 / 49; pretix 43 / - / 130;
Vendure's API 9 / 9 / 44; Medusa's API 46 / 47 / 281."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One promise: what it is, how it stands, and whether less or more is better."""

    name: str
    value: float
    bar: float
    at_most: bool = True

    @property
    def holds(self) -> bool:
        return self.value <= self.bar if self.at_most else self.value >= self.bar


def middle(passes: list[Measured]) -> Measured:
    """Return the median of each figure over the passes."""
    return Measured(*(median(getattr(one, name) for one in passes) for name in Measured.__slots__))


def ratios(results: Results) -> list[Ratio]:
    """Return all promises, size by size; cost is processor time, speed is work per second."""
    return [*_of_sizes(results), *_between_sizes(results)]


def _of_sizes(results: Results) -> Iterator[Ratio]:
    for size in sizes(results):
        m = {name: middle(p) for (name, s), p in results.passes.items() if s == size}
        cpu = {name: one.cpu or 1e-9 for name, one in m.items()}
        at = f"at {size:,}"
        yield Ratio(f"list / L, {at}", cpu["list"] / cpu["L"], 1.5)
        yield Ratio(f"product / L, {at}", cpu["product"] / cpu["L"], 1.5)
        for name in ("list", "product"):
            faster = m[f"{name}, cached"].per_s / m["H"].per_s
            yield Ratio(f"{name} from cache / H per second, {at}", faster, 0.9, at_most=False)
        for name in (n.partition(": ")[2] for n in m if n.startswith("search: ")):
            allowed = 2 * cpu[f"index: {name}"] + 1.5 * cpu["L"]
            yield Ratio(
                f"search, {name} / (2 index + 1.5 L), {at}", cpu[f"search: {name}"] / allowed, 1
            )
        yield Ratio(f"whole order / bare, {at}", cpu["whole order"] / cpu["whole order, bare"], 3)
        yield Ratio(
            f"place order / W per second, {at}",
            m["place order"].per_s / m["W"].per_s, 0.25, at_most=False,
        )  # fmt: skip
        memory = [results.memory[who, size][0] or 1 for who in ("default", "bare")]
        yield Ratio(f"memory / bare, {at}", memory[0] / memory[1], 1.6)


def _between_sizes(results: Results) -> Iterator[Ratio]:
    least, most = min(sizes(results)), max(sizes(results))
    if least == most:
        return
    for name in ("list", "product", "cart", "place order", "whole order"):
        cost = [middle(results.passes[name, size]).cpu or 1e-9 for size in (most, least)]
        yield Ratio(f"{name} at {most:,} / at {least:,}", cost[0] / cost[1], 1.1)


def sizes(results: Results) -> list[int]:
    return sorted({size for _, size in results.passes})


def table(results: Results, heading: str) -> str:
    """Return everything as text."""
    lines = [heading, "", f"{'ratio of medians':<52}{'is':>8}{'bar':>9}"]
    for one in ratios(results):
        sign = "≤" if one.at_most else "≥"
        verdict = "holds" if one.holds else "MISSED"
        lines.append(f"{one.name:<52}{one.value:>8.2f}{sign:>5} {one.bar:<5g}{verdict}")
    columns = ("CPU ms", "per s", "p50 ms", "p99 ms")
    for size in sizes(results):
        lines += ["", f"{f'{size:,} products':<30}" + "".join(f"{c:>10}" for c in columns)]
        for (name, of), passes in results.passes.items():
            if of == size:
                m = middle(passes)
                lines.append(
                    f"{name:<30}{m.cpu:>10.2f}{m.per_s:>10.0f}{m.p50:>10.2f}{m.p99:>10.2f}"
                )
        for who in ("default", "bare"):
            pss, rss = results.memory[who, size]
            lines.append(
                f"{f'memory, {who}':<30}{pss / 1024:>9.1f} MB of its own{rss / 1024:>9.1f} MB in all"
            )
    return "\n".join([*lines, "", PEERS])
