from trigdsl.diagnostics.suggest import did_you_mean, likeness, suggest


def test_the_closest_name() -> None:
    assert suggest("cart.vlaue", ["cart.id", "cart.value", "total"]) == "cart.value"


def test_nothing_close() -> None:
    assert suggest("xyz", ["purchase", "visit"]) is None
    assert suggest("xyz", []) is None


def test_case_does_not_count() -> None:
    assert suggest("PURCHSE", ["purchase"]) == "purchase"
    assert likeness("Visit", "vISIT") == 1


def test_a_name_is_no_suggestion_for_itself() -> None:
    assert suggest("purchase", ["purchase"]) is None


def test_the_order_of_candidates_does_not_matter() -> None:
    assert suggest("ab1", ["ab2", "ab3"]) == suggest("ab1", ["ab3", "ab2"])


def test_the_line_of_help() -> None:
    assert did_you_mean("vip_", ["vip"]) == "did you mean `vip`?"
    assert did_you_mean("qqq", ["vip"]) is None
