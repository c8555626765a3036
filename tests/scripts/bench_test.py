"""What scripts/bench computes by itself: greentrain's order of samples, and ratios. The rest needs PyTorch."""

import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ROOT / "scripts/bench"
sys.path.insert(0, str(BENCH))
sys.dont_write_bytecode = True

import bench  # noqa: E402
import order  # noqa: E402


class Order(unittest.TestCase):
    def test_it_draws_what_counter_random_draws(self):
        """SplitMix64 from state 0, as tests/trainer/data/counter_random_test.cpp has it from the publication."""
        chance = order.CounterRandom.__new__(order.CounterRandom)
        chance.key, chance.counter = 0, 0
        self.assertEqual([chance.next() for _ in range(2)], [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4])

    def test_it_is_the_order_of_the_trainer(self):
        """The same numbers as in tests/trainer/data/permutation_test.cpp."""
        self.assertEqual(order.epoch_order(8, seed=7, epoch=3), [5, 1, 4, 2, 6, 0, 3, 7])

    def test_ranks_share_every_batch_and_epochs_visit_every_sample(self):
        batches = [list(order.rank_batches(12, 1, 4, rank, 2, 6)) for rank in (0, 1)]
        steps = [first + second for first, second in zip(*batches)]
        self.assertEqual([len(step) for step in steps], [4] * 6)
        for epoch in steps[:3], steps[3:]:
            self.assertEqual(sorted(sum(epoch, [])), list(range(12)))


class Ratio(unittest.TestCase):
    def test_it_is_the_median_of_the_rounds_own_ratios(self):
        self.assertEqual(bench.ratio([2, 30, 8], [1, 10, 2]), 3)


class Help(unittest.TestCase):
    def test_every_script_says_how_it_is_used(self):
        for script in sorted(BENCH.glob("*.sh")):
            result = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=30)
            self.assertEqual(result.returncode, 0, script.name)
            self.assertIn(script.name, result.stdout)

    def test_an_unknown_argument_is_refused_before_anything_is_built(self):
        result = subprocess.run([BENCH / "collectives.sh", "--fast"], capture_output=True, text=True, timeout=30)
        self.assertEqual(result.returncode, 2)


if __name__ == "__main__":
    unittest.main()
