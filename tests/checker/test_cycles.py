from trigdsl.checker.cycles import find_cycles


def test_no_cycle() -> None:
    assert find_cycles({"a": ["b", "c"], "b": ["c"], "c": []}) == []


def test_a_node_that_leads_to_itself() -> None:
    assert find_cycles({"a": [], "b": ["b"]}) == [("b",)]


def test_a_cycle_follows_the_edges_from_its_first_node() -> None:
    assert find_cycles({"x": ["c"], "c": ["a"], "a": ["b"], "b": ["c", "x2"], "x2": []}) == [("c", "a", "b")]


def test_separate_cycles_are_all_found() -> None:
    graph = {"a": ["b"], "b": ["a", "c"], "c": ["d"], "d": ["c"], "e": ["e"]}
    assert find_cycles(graph) == [("a", "b"), ("c", "d"), ("e",)]


def test_successors_that_are_no_nodes_lead_nowhere() -> None:
    assert find_cycles({"a": ["elsewhere"]}) == []


def test_a_long_cycle() -> None:
    names = [f"n{number}" for number in range(5_000)]
    graph = {name: [names[(place + 1) % len(names)]] for place, name in enumerate(names)}
    assert find_cycles(graph) == [tuple(names)]
