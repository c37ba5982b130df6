import helpers
import numpy as np


def test_nothing_happens_for_ten_seconds():
    case = helpers.case("Null-v0", num=4)
    assert case.trials.ob.shape == (4, 100, 1)
    assert np.all(case.trials.ob == 0)
    played = case.act()
    assert np.all(played.returns == 0)
    assert np.all(played.performance == 1)
    assert np.all(played.steps == 100)
