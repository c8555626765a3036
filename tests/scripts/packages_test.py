"""scripts/packages.txt is the one list of packages; README.md shows the same."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Packages(unittest.TestCase):
    def test_readme_shows_the_packages_that_setup_installs(self):
        lines = (ROOT / "scripts/packages.txt").read_text().splitlines()
        listed = [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]
        shown = re.search(r"<!-- packages:.*?-->\n```text\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
        self.assertEqual(shown[1].split(), listed)


if __name__ == "__main__":
    unittest.main()
