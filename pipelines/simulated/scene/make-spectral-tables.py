#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes spectral-tables.cpp from published tables in CSV form.

usage: make-spectral-tables.py FOLDER > spectral-tables.cpp

FOLDER holds cc24_reflectance_babelcolor_380_730.csv, illuminants_cie.csv, cmf_cie1931_2deg.csv and
ssf_nikon_d5100_npl.csv: first column nm, one column a spectrum, as exported from the data sets of
colour-science (https://github.com/colour-science/colour, BSD-3-Clause). Run by hand when the data
changes; its output is kept in the tree so that a build needs no data files.
"""

import csv
import sys
from pathlib import Path

ILLUMINANTS = ["FL2", "FL11", "FL12", "LED-B1", "LED-B3", "LED-B5"]

# CIE 15:2004, table T.2: components of daylight, every 10 nm from 380 to 730.
S0 = [63.4, 65.8, 94.8, 104.8, 105.9, 96.8, 113.9, 125.6, 125.5, 121.3, 121.3, 113.5,
      113.1, 110.8, 106.5, 108.8, 105.3, 104.4, 100, 96, 95.1, 89.1, 90.5, 90.3,
      88.4, 84, 85.1, 81.9, 82.6, 84.9, 81.3, 71.9, 74.3, 76.4, 63.3, 71.7]
S1 = [38.5, 35, 43.4, 46.3, 43.9, 37.1, 36.7, 35.9, 32.6, 27.9, 24.3, 20.1,
      16.2, 13.2, 8.6, 6.1, 4.2, 1.9, 0, -1.6, -3.5, -3.5, -5.8, -7.2,
      -8.6, -9.5, -10.9, -10.7, -12, -14, -13.6, -12, -13.3, -12.9, -10.6, -11.6]
S2 = [3, 1.2, -1.1, -0.5, -0.7, -1.2, -2.6, -2.9, -2.8, -2.6, -2.6, -1.8,
      -1.5, -1.3, -1.2, -1, -0.5, -0.3, 0, 0.2, 0.5, 2.1, 3.2, 4.1,
      4.7, 5.1, 6.7, 7.3, 8.6, 9.8, 10.2, 8.3, 9.6, 8.5, 7, 7.6]


def columns(path, step):
    """{name: values} at 380, 380 + step ... 730 nm."""
    with open(path, newline="") as file:
        rows = {int(row["nm"]): row for row in csv.DictReader(file)}
    wanted = [rows[nm] for nm in range(380, 731, step)]
    names = [name for name in wanted[0] if name != "nm"]
    return {name: [float(row[name] or "nan") for row in wanted] for name in names}


def emit(values, indent="    "):
    line = indent
    for value in values:
        text = f"{value:.7g}, "
        if len(line) + len(text) > 100:
            print(line.rstrip())
            line = indent
        line += text
    print(line.rstrip().rstrip(","))


def main():
    folder = Path(sys.argv[1])
    chart = columns(folder / "cc24_reflectance_babelcolor_380_730.csv", 10)
    lights = columns(folder / "illuminants_cie.csv", 5)
    observer = columns(folder / "cmf_cie1931_2deg.csv", 5)
    sensor = columns(folder / "ssf_nikon_d5100_npl.csv", 5)

    print("/* SPDX-License-Identifier: LGPL-2.1-or-later */")
    print("/* Written by make-spectral-tables.py: change that, not this. */")
    print('#include "pipelines/simulated/scene/spectral-tables.h"\n')
    print("namespace gstcam::simulated {\n\n// clang-format off")

    print("const std::array<CoarseSpectrum, 3> kDaylightComponents = {{")
    for component in (S0, S1, S2):
        print("  {{")
        emit(component)
        print("  }},")
    print("}};\n")

    print(f"const std::array<ChartSpectrum, {len(chart)}> kChartReflectances = {{{{")
    for name, values in chart.items():
        print(f'  {{"{name.split(" (")[0]}", {{{{')
        emit(values)
        print("  }}},")
    print("}};\n")

    print(f"const std::array<NamedSpectrum, {len(ILLUMINANTS)}> kIlluminants = {{{{")
    for name in ILLUMINANTS:
        print(f'  {{"{name}", {{{{')
        emit(lights[name])
        print("  }}},")
    print("}};\n")

    for what, source, keys in (("kObserver1931", observer, "xyz"), ("kSensitivities", sensor, "RGB")):
        print(f"const std::array<Spectrum, 3> {what} = {{{{")
        for key in keys:
            print("  {{")
            emit(source[key])
            print("  }},")
        print("}};\n")
    print("// clang-format on\n\n}  // namespace gstcam::simulated")


main()
