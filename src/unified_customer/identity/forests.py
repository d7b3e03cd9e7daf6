"""Trees that hold groups together by their strongest pairs, and what falls apart without one of them."""

from collections.abc import Mapping, Sequence

Edge = tuple[int, int]


def spanning(edges: Sequence[Edge]) -> list[int]:
    """Return the places of those edges that join what the ones before them do not.

    With the strongest edges first these are the trees whose edges are strongest.

    References:
        J. B. Kruskal (1956): On the shortest spanning subtree of a graph. Proc. AMS 7.

    Examples:
        >>> spanning([(0, 1), (1, 2), (0, 2), (3, 4)])
        [0, 1, 3]
    """
    leaders: dict[int, int] = {}
    found = []
    for place, (one, other) in enumerate(edges):
        first, second = _leader(leaders, one), _leader(leaders, other)
        if first != second:
            leaders[first] = second
            found.append(place)
    return found


def cut_pairs(trees: Sequence[Edge], weights: Mapping[int, int]) -> list[int]:
    """Return for each edge how many pairs it alone holds together: the weights of its two sides, multiplied.

    Args:
        trees: Edges without a circle.
        weights: Of each node.

    Examples:
        >>> cut_pairs([(0, 1), (1, 2)], {0: 1, 1: 1, 2: 3})
        [4, 6]
    """
    above = _above(trees)
    below = {node: weights[node] for node in above}
    for node in reversed(above):
        if above[node] != node:
            below[above[node]] += below[node]
    whole: dict[int, int] = {}
    for node, upper in above.items():
        whole[node] = below[node] if upper == node else whole[upper]
    sides = [below[one] if above[one] == other else below[other] for one, other in trees]
    return [side * (whole[one] - side) for side, (one, _) in zip(sides, trees, strict=True)]


def _leader(leaders: dict[int, int], node: int) -> int:
    while (above := leaders.get(node, node)) != node:
        leaders[node] = node = leaders.get(above, above)
    return node


def _above(trees: Sequence[Edge]) -> dict[int, int]:
    """Return for each node the one above it, from the roots down; roots are above themselves."""
    near: dict[int, list[int]] = {}
    for one, other in trees:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    above: dict[int, int] = {}
    for root in near:
        if root in above:
            continue
        above[root] = root
        reached = [root]
        for node in reached:
            new = [each for each in near[node] if each not in above]
            above.update(dict.fromkeys(new, node))
            reached.extend(new)
    return above
