#!/usr/bin/env python3
"""Makes the power and country tables from the data files of a CodeCarbon wheel.

    python3 -m pip download --no-deps codecarbon==3.3.2
    scripts/make_tables.py codecarbon-3.3.2-py3-none-any.whl

Writes meter/data/cpu_power.csv, scheduler/carbon/data/country_intensity.csv and the licence that the
data came under. Nothing is typed in by hand: a new version of the wheel gives new tables.
"""

import csv
import hashlib
import io
import json
import pathlib
import re
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
WHEEL_NAME = re.compile(r"codecarbon-([0-9.]+)-")


def header(wheel, version, file, lines):
    """The comment at the top of a table: where it came from, so that anyone can make it again."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return [f"# Made by scripts/make_tables.py from {file}",
            f"# in the wheel codecarbon {version} (MIT, LICENSES/codecarbon.txt), SHA-256 {digest}",
            *(f"# {line}" for line in lines)]


def write_table(path, comments, columns, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write("\n".join(comments) + "\n")
        table = csv.writer(out, lineterminator="\n")
        table.writerow(columns)
        table.writerows(rows)
    print(f"{path.relative_to(ROOT)}: {len(rows)} rows")


def cpu_rows(text):
    """(name, TDP in watts). Left out: no number, zero, and one name with different watts."""
    watts = {}
    for row in csv.DictReader(io.StringIO(text)):
        if re.fullmatch(r"\d+(\.\d+)?", row["TDP"].strip()):
            watts.setdefault(" ".join(row["Name"].split()), set()).add(float(row["TDP"]))
        else:
            print(f"left out: {row['Name']} with a TDP of {row['TDP']!r}")
    return sorted((name, f"{min(tdp):g}") for name, tdp in watts.items()
                  if name and len(tdp) == 1 and min(tdp) > 0)


def country_rows(mix, world, version):
    """(ISO code, name, g/kWh, year, source). Left out: zero, which stands for a missing figure."""
    rows = [(code, entry["country_name"], f"{entry['carbon_intensity']:g}", entry["year"],
             f"Our World in Data via CodeCarbon {version}")
            for code, entry in sorted(mix.items()) if entry["carbon_intensity"] > 0]
    return rows + [("WORLD", "World", f"{world['world_average']:g}", "2018",
                    f"IEA via CodeCarbon {version}")]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    wheel = pathlib.Path(sys.argv[1])
    found = WHEEL_NAME.match(wheel.name)
    if not found:
        sys.exit(f"{wheel} is not named like a wheel of codecarbon")
    version = found[1]
    with zipfile.ZipFile(wheel) as archive:
        def text(name):
            return archive.read(name).decode("utf-8-sig")

        cpus = "codecarbon/data/hardware/cpu_power.csv"
        mix = "codecarbon/data/private_infra/global_energy_mix.json"
        sources = "codecarbon/data/private_infra/carbon_intensity_per_source.json"
        rows = country_rows(json.loads(text(mix)), json.loads(text(sources)), version)
        left_out = sorted(set(json.loads(text(mix))) - {row[0] for row in rows})
        write_table(
            ROOT / "meter/data/cpu_power.csv",
            header(wheel, version, cpus, ["Original source: product pages of Intel and AMD, "
                                          "collected by the CodeCarbon project (its cpu_dataset_builder)."]),
            ("name", "tdp_w"), cpu_rows(text(cpus)))
        write_table(
            ROOT / "scheduler/carbon/data/country_intensity.csv",
            header(wheel, version, mix, [
                "Original source: Our World in Data, yearly averages.",
                f"WORLD: {sources}, world_average, which names",
                f"  {json.loads(text(sources))['world_average_source']} (figure of the year 2018)",
                f"Left out, since their figure is zero: {', '.join(left_out) or 'none'}."]),
            ("code", "name", "g_per_kwh", "year", "source"), rows)
        licence = ROOT / "LICENSES/codecarbon.txt"
        licence.parent.mkdir(exist_ok=True)
        licence.write_text(text(f"codecarbon-{version}.dist-info/licenses/LICENSE"), encoding="utf-8")


if __name__ == "__main__":
    main()
