"""Table II of the paper, one trial of each of its six tasks."""

from __future__ import annotations

import pytest

from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.presets import preset
from mlpsvd.experiments.race import Race

# Bandwidth in Hz, classes: accuracies of MLP and MLP-SVD in percent, as printed.
TABLE_2 = {
    (10, 2): (82.5, 82.0),
    (10, 5): (71.4, 71.5),
    (10, 10): (67.7, 67.6),
    (100, 2): (72.25, 72.0),
    (100, 5): (54.3, 54.2),
    (100, 10): (49.0, 48.5),
}


@pytest.mark.parametrize(("bandwidth_hz", "n_classes"), TABLE_2)
def test_one_trial_is_within_five_points_and_keeps_a_few_singular_values(bandwidth_hz: int, n_classes: int) -> None:
    race = Race(prepare(preset(f"Paper: {n_classes} classes, {bandwidth_hz} Hz")))
    for _ in race.run():
        pass
    mlp, svd = (race.outcomes()[name].last for name in ("mlp", "mlp-svd"))
    printed_mlp, printed_svd = TABLE_2[bandwidth_hz, n_classes]
    assert 100 * mlp.test_accuracy == pytest.approx(printed_mlp, abs=5)
    assert 100 * svd.test_accuracy == pytest.approx(printed_svd, abs=5)
    assert mlp.ranks[0] == 20
    assert 2 <= svd.ranks[0] <= 5
    assert svd.n_weights < 0.4 * mlp.n_weights
