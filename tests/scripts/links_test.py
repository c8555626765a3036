"""Every relative link of the documents leads to a file of the repository."""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


class Links(unittest.TestCase):
    def test_they_lead_somewhere(self):
        documents = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True,
                                   text=True).stdout.split()
        self.assertIn("README.md", documents)
        links = 0
        for document in documents:
            for link in LINK.findall((ROOT / document).read_text(encoding="utf-8")):
                if "://" in link or link.startswith("mailto:"):
                    continue
                links += 1
                self.assertTrue(((ROOT / document).parent / link).exists(), f"{document}: {link}")
        self.assertGreater(links, 50)


if __name__ == "__main__":
    unittest.main()
