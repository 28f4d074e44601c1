/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * make-tuning NAME: writes the tuning file of a sensor to the standard output.
 * make-tuning NAME --check FILE: fails unless FILE is what it would write.
 *
 * `simulated` is computed from the spectra that the simulated sensor itself uses. The others are of
 * the sensors of recorded frames, of which only measurements of the frame's chart are known: the
 * white points and colour matrices below. docs/algorithms.md, "Tuning files", says more.
 */
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "ipa/algorithms/ccm.h"
#include "pipelines/simulated/scene/chart-scene.h"
#include "pipelines/simulated/scene/colour-difference.h"
#include "pipelines/simulated/scene/illuminant.h"

namespace gstcam::simulated {
namespace {

using algorithms::Matrix3;

/* ln(R/G), ln(B/G) of white by temperature. */
struct Chroma {
  double u;
  double v;
};
using ChromaOf = std::function<Chroma(double temperature)>;

struct WhitePoint {
  double temperature;
  Chroma chroma;
};
struct ColourMatrix {
  double temperature;
  Matrix3 matrix;
};
struct Illuminant {
  double temperature;
  double weight;
  double spread;
};

struct Sensor {
  const char* name;
  const char* model;
  const char* source;  // comment at the head of the file
  std::vector<WhitePoint> locus;
  std::vector<ColourMatrix> matrices;
  std::vector<Illuminant> illuminants;
  double prior_floor;
  double observations;
  double off_locus;  // 0 where the locus goes through the very light of the frames
};

Chroma white_of_spectra(double temperature) {
  Spectrum white;
  white.fill(1);
  const std::array<double, 3> s = sensor_signal(white, spectrum_of_temperature(temperature));
  return {std::log(s[0] / s[1]), std::log(s[2] / s[1])};
}

/* Of a sensor that is known by its matrix from XYZ, as DNG files give it. */
Chroma white_of_matrix(const Matrix3& m, double temperature) {
  const Spectrum light = spectrum_of_temperature(temperature);
  Xyz xyz{};
  for (size_t c = 0; c < 3; c++) {
    for (size_t i = 0; i < kSamples; i++)
      xyz[c] += light[i] * kObserver1931[c][i];
  }
  std::array<double, 3> s{};
  for (size_t row = 0; row < 3; row++)
    s[row] = m[3 * row] * xyz[0] + m[3 * row + 1] * xyz[1] + m[3 * row + 2] * xyz[2];
  return {std::log(s[0] / s[1]), std::log(s[2] / s[1])};
}

Chroma white_of_gains(double red, double blue) {
  return {-std::log(red), -std::log(blue)};
}

double nearest_temperature(const ChromaOf& shape, const Chroma& chroma) {
  double best = 0;
  double best_distance = HUGE_VAL;
  for (int t = 2000; t <= 10000; t += 10) {
    const Chroma at = shape(t);
    const double distance = std::hypot(at.u - chroma.u, at.v - chroma.v);
    if (distance < best_distance) {
      best_distance = distance;
      best = t;
    }
  }
  return best;
}

/* A locus of this shape, shifted in logarithms so that it goes through the measured points. */
std::vector<WhitePoint> locus_through(const ChromaOf& shape, std::vector<double> temperatures,
                                      const std::vector<WhitePoint>& measured) {
  for (const WhitePoint& point : measured)
    temperatures.push_back(point.temperature);
  std::ranges::sort(temperatures);
  temperatures.erase(std::unique(temperatures.begin(), temperatures.end()), temperatures.end());
  std::vector<WhitePoint> locus;
  for (const double temperature : temperatures) {
    Chroma at = shape(temperature);
    if (!measured.empty()) {
      // Measured points in order of temperature; the shift is interpolated over mired.
      size_t next = 0;
      while (next + 1 < measured.size() && measured[next + 1].temperature < temperature)
        next++;
      const WhitePoint& a = measured[next];
      const WhitePoint& b = measured[std::min(next + 1, measured.size() - 1)];
      const double span = 1 / b.temperature - 1 / a.temperature;
      const double t =
          span == 0 ? 0 : std::clamp((1 / temperature - 1 / a.temperature) / span, 0.0, 1.0);
      const Chroma shape_a = shape(a.temperature);
      const Chroma shape_b = shape(b.temperature);
      at.u += std::lerp(a.chroma.u - shape_a.u, b.chroma.u - shape_b.u, t);
      at.v += std::lerp(a.chroma.v - shape_a.v, b.chroma.v - shape_b.v, t);
    }
    locus.push_back({temperature, at});
  }
  return locus;
}

/* The two free numbers of each row; the third makes greys stay grey. */
using Free = std::array<double, 6>;

Matrix3 matrix_of(const Free& f) {
  return {f[0], 1 - f[0] - f[1], f[1], f[2], 1 - f[2] - f[3], f[3], f[4], 1 - f[4] - f[5], f[5]};
}

/* What is to be small: squares of the colour differences a person sees, over the chart. */
double chart_cost(const std::array<LinearRgb, kChartPatches>& balanced, const Matrix3& m) {
  double cost = 0;
  for (size_t i = 0; i < kChartPatches; i++) {
    LinearRgb rgb{};
    for (size_t row = 0; row < 3; row++) {
      for (size_t c = 0; c < 3; c++)
        rgb[row] += m[3 * row + c] * balanced[i][c];
    }
    const double difference = delta_e_2000(lab_from_xyz(xyz_from_linear_srgb(rgb), kWhiteD65),
                                           chart_reference()[i].lab_d65);
    cost += difference * difference;
  }
  return cost;
}

/*
 * Downhill simplex of Nelder and Mead (1965): the difference has no useful derivative, six numbers
 * are few, and the same start always ends in the same matrix.
 */
Free minimise(const std::function<double(const Free&)>& cost, const Free& start) {
  struct Vertex {
    Free at;
    double cost;
  };
  std::array<Vertex, 7> simplex;
  for (size_t i = 0; i < simplex.size(); i++) {
    simplex[i].at = start;
    if (i > 0)
      simplex[i].at[i - 1] += 0.2;
    simplex[i].cost = cost(simplex[i].at);
  }
  const auto towards = [](const Free& from, const Free& to, double step) {
    Free at;
    for (size_t k = 0; k < at.size(); k++)
      at[k] = std::lerp(from[k], to[k], step);
    return at;
  };
  for (int iteration = 0; iteration < 3000; iteration++) {
    std::ranges::sort(simplex, {}, &Vertex::cost);
    Free centre{};
    for (size_t i = 0; i + 1 < simplex.size(); i++) {
      for (size_t k = 0; k < centre.size(); k++)
        centre[k] += simplex[i].at[k] / 6;
    }
    Vertex& worst = simplex.back();
    const auto vertex = [&](double step) {
      const Free at = towards(worst.at, centre, step);
      return Vertex{at, cost(at)};
    };
    const Vertex reflected = vertex(2);
    if (reflected.cost < simplex.front().cost) {
      const Vertex expanded = vertex(3);
      worst = expanded.cost < reflected.cost ? expanded : reflected;
    } else if (reflected.cost < simplex[5].cost) {
      worst = reflected;
    } else {
      const Vertex contracted = vertex(reflected.cost < worst.cost ? 1.5 : 0.5);
      if (contracted.cost < std::min(worst.cost, reflected.cost)) {
        worst = contracted;
        continue;
      }
      for (size_t i = 1; i < simplex.size(); i++) {
        simplex[i].at = towards(simplex[i].at, simplex[0].at, 0.5);
        simplex[i].cost = cost(simplex[i].at);
      }
    }
  }
  return std::ranges::min(simplex, {}, &Vertex::cost).at;
}

Matrix3 matrix_under(double temperature) {
  const Spectrum light = spectrum_of_temperature(temperature);
  Spectrum white;
  white.fill(1);
  const std::array<double, 3> reference = sensor_signal(white, light);
  std::array<LinearRgb, kChartPatches> balanced{};
  for (size_t i = 0; i < kChartPatches; i++) {
    const std::array<double, 3> s = sensor_signal(refine(kChartReflectances[i].values), light);
    for (size_t c = 0; c < 3; c++)
      balanced[i][c] = s[c] / reference[c];
  }
  return matrix_of(
      minimise([&balanced](const Free& f) { return chart_cost(balanced, matrix_of(f)); },
               {1.6, -0.1, -0.3, -0.3, 0, 1.6}));
}

const std::vector<double> kTemperatures{2300, 2600, 2856, 3200, 3600, 4000,
                                        4500, 5000, 5500, 6500, 7500};

Sensor simulated_sensor() {
  Sensor s{
      "simulated",
      "simulated",
      "Computed from the spectra of the simulated sensor: black body below 4000 K, CIE daylight\n"
      "# above; matrices with the least squares of dE2000 over the 24 patches, white preserving.",
      {},
      {},
      {{2856, 1, 15}, {4000, 1, 15}, {5000, 1, 15}, {6500, 1, 15}},
      2,
      20,
      0.03};
  std::vector<double> temperatures = kTemperatures;
  temperatures.insert(temperatures.begin(), 2000);
  temperatures.insert(temperatures.end(), {9000, 11000});
  s.locus = locus_through(white_of_spectra, temperatures, {});
  for (const double t : {2300.0, 2856.0, 3400.0, 4000.0, 5000.0, 6500.0, 9000.0})
    s.matrices.push_back({t, matrix_under(t)});
  return s;
}

/* Measurements on the recorded frames: grey_wb_gain_R, _B and ccm_lsq_to_linear_sRGB_D65. */
Sensor canon_550d() {
  // DNG's ColorMatrix1, its first element as in Adobe's table: the file has a misprint there.
  constexpr Matrix3 kXyzToCamera{0.6941, -0.1164, -0.0857, -0.3825, 1.1597,
                                 0.2534, -0.0416, 0.154,   0.6039};
  const auto shape = [&kXyzToCamera](double t) { return white_of_matrix(kXyzToCamera, t); };
  const Chroma white = white_of_gains(1.5004, 2.2284);
  const double temperature = nearest_temperature(shape, white);
  return {
      "canon-550d",
      "canon-550d",
      "Canon EOS 550D (Magic Lantern raw video). Locus: colour matrix of the DNG, moved to the "
      "white\n"
      "# measured on the chart of the frame (frames.json); matrix: fitted to that chart.",
      locus_through(shape, kTemperatures, {{temperature, white}}),
      {{temperature, {1.8601, -0.863, 0.0029, -0.3632, 1.7201, -0.3569, 0.0654, -0.9004, 1.835}}},
      {{2850, 1, 7}, {temperature, 1, 7}, {5500, 1, 7}},
      0.05,
      4,
      0};
}

Sensor light_box() {
  const Chroma white = white_of_gains(1.5465, 1.1645);
  return {
      "infinite-isp-lightbox",
      "infinite-isp-lightbox",
      "Sensor of the Infinite-ISP light-box frame, unnamed. Locus: shape of the Nikon D5100's, "
      "moved\n"
      "# to the white measured on the chart (frames.json), taken for 6500 K; matrix: fitted to it.",
      locus_through(white_of_spectra, kTemperatures, {{6500, white}}),
      {{6500, {1.5672, -0.496, -0.0712, -0.3573, 1.7226, -0.3653, -0.0509, -0.8521, 1.903}}},
      {{2856, 1, 7}, {4000, 1, 7}, {6500, 1, 7}},
      0.05,
      4,
      0};
}

Sensor indoor_outdoor() {
  const WhitePoint indoor{2900, white_of_gains(1.3229, 3.1342)};
  const WhitePoint outdoor{5500, white_of_gains(1.8945, 1.9013)};
  return {
      "infinite-isp-2592x1536",
      "infinite-isp-2592x1536",
      "Sensor of the Infinite-ISP Indoor1 and Outdoor4 frames, unnamed. Locus: shape of the Nikon\n"
      "# D5100's, moved to the whites measured on the charts (frames.json), taken for 2900 K and\n"
      "# 5500 K; matrices: fitted to the charts.",
      locus_through(white_of_spectra, kTemperatures, {indoor, outdoor}),
      {{2900, {1.6302, -0.5161, -0.1141, -0.5311, 1.6483, -0.1172, 0.1471, -0.9722, 1.8251}},
       {5500, {1.5206, -0.4261, -0.0945, -0.3731, 1.7395, -0.3664, 0.0348, -0.6506, 1.6158}}},
      {{2900, 1, 7}, {4000, 1, 7}, {5500, 1, 7}},
      0.05,
      4,
      0};
}

std::string yaml_of(const Sensor& s) {
  std::string out;
  const auto line = [&out](const char* format, auto... values) {
    char text[512];
    std::snprintf(text, sizeof text, format, values...);
    out += text;
    out += '\n';
  };
  line("# SPDX-License-Identifier: LGPL-2.1-or-later");
  line("# Made by ipa/simulated/tuning/make-tuning.cpp: ninja -C build tuning writes it again.");
  line("# %s", s.source);
  line("version: 1");
  line("sensor: %s", s.model);
  line("algorithms:");
  line("  black-level: sensor");
  line("  lens-shading: none");
  line("  ae:");
  line(
      "    target: 0.165               # mean linear level of green; the chart at its true "
      "brightness");
  line("    highlights: {level: 0.95, fraction: 0.01, max-reduction: 4}");
  line("    start: {exposure-time: 2000, analogue-gain: 1}");
  line("    max-digital-gain: 8");
  // A white is at 1 after kSaturationExposure lux seconds; scenes are taken for 18 %% grey.
  line("    lux: {lux: 100, exposure-time: 10000, analogue-gain: 1, level: %.5f}",
       100 * 0.01 * 0.18 / kSaturationExposure);
  line("  awb:");
  line("    locus:                      # temperature, R/G, B/G of white");
  for (const WhitePoint& p : s.locus)
    line("      - [%.0f, %.4f, %.4f]", p.temperature, std::exp(p.chroma.u), std::exp(p.chroma.v));
  line("    prior:");
  line("      illuminants:              # temperature, weight, spread in mired");
  for (const Illuminant& i : s.illuminants)
    line("        - [%.0f, %g, %g]", i.temperature, i.weight, i.spread);
  line("      floor: %g", s.prior_floor);
  line("    likelihood: {width: 0.1, outliers: 0.1, observations: %g}", s.observations);
  line("    off-locus: %g", s.off_locus);
  line("    start-temperature: 4500");
  line("    speed: 0.3");
  line("  ccm:                          # white-balanced sensor to linear sRGB, row by row");
  for (const ColourMatrix& m : s.matrices) {
    line("    - temperature: %.0f", m.temperature);
    const Matrix3& k = m.matrix;
    line("      matrix: [%.4f, %.4f, %.4f,", k[0], k[1], k[2]);
    line("               %.4f, %.4f, %.4f,", k[3], k[4], k[5]);
    line("               %.4f, %.4f, %.4f]", k[6], k[7], k[8]);
  }
  line("  tone: {transfer: srgb}");
  return out;
}

int run(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  for (const auto& make : {simulated_sensor, canon_550d, light_box, indoor_outdoor}) {
    const Sensor sensor = make();
    if (name != sensor.name)
      continue;
    const std::string yaml = yaml_of(sensor);
    if (argc == 2) {
      std::cout << yaml;
      return 0;
    }
    if (argc == 4 && std::string(argv[2]) == "--check") {
      std::ifstream file(argv[3]);
      std::stringstream text;
      text << file.rdbuf();
      if (file && text.str() == yaml)
        return 0;
      std::cerr << argv[3] << " is not what make-tuning writes; run: ninja -C build tuning\n";
      return 1;
    }
  }
  std::cerr << "usage: make-tuning simulated|canon-550d|infinite-isp-lightbox|"
               "infinite-isp-2592x1536 [--check FILE]\n";
  return 2;
}

}  // namespace
}  // namespace gstcam::simulated

int main(int argc, char** argv) {
  return gstcam::simulated::run(argc, argv);
}
