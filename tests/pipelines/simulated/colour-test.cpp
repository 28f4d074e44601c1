/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Colour differences, illuminants, the chart's true colours and the light script. */
#include <glib.h>

#include <cmath>
#include <cstring>
#include <string>

#include "base/glib-ptr.h"
#include "pipelines/simulated/scene/chart-scene.h"
#include "pipelines/simulated/scene/colour-difference.h"
#include "pipelines/simulated/scene/light-script.h"
#include "pipelines/simulated/scene/picture-scene.h"

namespace {

using namespace gstcam::simulated;  // NOLINT

/* The test data published with the formula's implementation notes (Sharma, Wu, Dalal 2005). */
void test_delta_e() {
  constexpr double kPairs[34][7] = {
      {50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425},
      {50, 3.1571, -77.2803, 50, 0, -82.7485, 2.8615},
      {50, 2.8361, -74.0200, 50, 0, -82.7485, 3.4412},
      {50, -1.3802, -84.2814, 50, 0, -82.7485, 1.0000},
      {50, -1.1848, -84.8006, 50, 0, -82.7485, 1.0000},
      {50, -0.9009, -85.5211, 50, 0, -82.7485, 1.0000},
      {50, 0, 0, 50, -1, 2, 2.3669},
      {50, -1, 2, 50, 0, 0, 2.3669},
      {50, 2.4900, -0.0010, 50, -2.4900, 0.0009, 7.1792},
      {50, 2.4900, -0.0010, 50, -2.4900, 0.0010, 7.1792},
      {50, 2.4900, -0.0010, 50, -2.4900, 0.0011, 7.2195},
      {50, 2.4900, -0.0010, 50, -2.4900, 0.0012, 7.2195},
      {50, -0.0010, 2.4900, 50, 0.0009, -2.4900, 4.8045},
      {50, -0.0010, 2.4900, 50, 0.0010, -2.4900, 4.8045},
      {50, -0.0010, 2.4900, 50, 0.0011, -2.4900, 4.7461},
      {50, 2.5, 0, 50, 0, -2.5, 4.3065},
      {50, 2.5, 0, 73, 25, -18, 27.1492},
      {50, 2.5, 0, 61, -5, 29, 22.8977},
      {50, 2.5, 0, 56, -27, -3, 31.9030},
      {50, 2.5, 0, 58, 24, 15, 19.4535},
      {50, 2.5, 0, 50, 3.1736, 0.5854, 1.0000},
      {50, 2.5, 0, 50, 3.2972, 0, 1.0000},
      {50, 2.5, 0, 50, 1.8634, 0.5757, 1.0000},
      {50, 2.5, 0, 50, 3.2592, 0.3350, 1.0000},
      {60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644},
      {63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630},
      {61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731},
      {35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645},
      {22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373},
      {36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146},
      {90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441},
      {90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381},
      {6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377},
      {2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082},
  };
  for (const auto& p : kPairs) {
    const Lab a = {p[0], p[1], p[2]};
    const Lab b = {p[3], p[4], p[5]};
    g_assert_cmpfloat_with_epsilon(delta_e_2000(a, b), p[6], 5e-5);
    g_assert_cmpfloat_with_epsilon(delta_e_2000(b, a), p[6], 5e-5);
    g_assert_cmpfloat(delta_e_2000(a, a), ==, 0);
  }
}

void test_srgb() {
  for (double v = 0; v <= 1; v += 0.01)
    g_assert_cmpfloat_with_epsilon(srgb_encode(srgb_decode(v)), v, 1e-6);
  const Xyz white = xyz_from_linear_srgb({1, 1, 1});
  for (size_t i = 0; i < 3; i++)
    g_assert_cmpfloat_with_epsilon(white[i], kWhiteD65[i], 1e-4);
  const LinearRgb rgb = linear_srgb_from_xyz(xyz_from_linear_srgb({0.2, 0.5, 0.9}));
  g_assert_cmpfloat_with_epsilon(rgb[0], 0.2, 1e-5);
  g_assert_cmpfloat_with_epsilon(rgb[2], 0.9, 1e-5);
  const Lab red = lab_from_xyz(xyz_from_linear_srgb({1, 0, 0}), kWhiteD65);
  g_assert_cmpfloat_with_epsilon(red[0], 53.24, 0.01);
  g_assert_cmpfloat_with_epsilon(red[1], 80.09, 0.02);
  g_assert_cmpfloat_with_epsilon(red[2], 67.20, 0.02);
}

std::array<double, 2> chromaticity(const Spectrum& light) {
  Xyz xyz{};
  for (size_t c = 0; c < 3; c++) {
    for (size_t i = 0; i < kSamples; i++)
      xyz[c] += light[i] * kObserver1931[c][i];
  }
  g_assert_cmpfloat_with_epsilon(xyz[1], 1, 1e-9);  // of one lux
  const double sum = xyz[0] + xyz[1] + xyz[2];
  return {xyz[0] / sum, xyz[1] / sum};
}

/* Chromaticities that CIE 15 gives. */
void test_illuminants() {
  struct Case {
    const char* name;
    double x, y;
  };
  for (const Case& c :
       {Case{"A", 0.4476, 0.4074}, Case{"D50", 0.3457, 0.3585}, Case{"D55", 0.3324, 0.3474},
        Case{"D65", 0.3127, 0.3290}, Case{"D75", 0.2990, 0.3149}, Case{"FL2", 0.3721, 0.3751},
        Case{"FL11", 0.3805, 0.3769}, Case{"FL12", 0.4370, 0.4042}, Case{"LED-B1", 0.4560, 0.4078},
        Case{"LED-B3", 0.3756, 0.3723}, Case{"LED-B5", 0.3118, 0.3236}}) {
    const auto spectrum = spectrum_of_name(c.name);
    g_assert_true(spectrum.ok());
    const auto xy = chromaticity(*spectrum);
    g_assert_cmpfloat_with_epsilon(xy[0], c.x, 0.0006);
    g_assert_cmpfloat_with_epsilon(xy[1], c.y, 0.0006);
    g_assert_nonnull(std::strstr(illuminant_names().c_str(), c.name));
  }
  // Black bodies of 2000 K and 3000 K; daylight of 4000 K and 10000 K.
  for (const auto& [t, x, y] : {std::array{2000.0, 0.5267, 0.4133},
                                {3000.0, 0.4369, 0.4041},
                                {4000.0, 0.3823, 0.3838},
                                {10000.0, 0.2788, 0.2920}}) {
    const auto xy = chromaticity(spectrum_of_temperature(t));
    g_assert_cmpfloat_with_epsilon(xy[0], x, 0.0008);
    g_assert_cmpfloat_with_epsilon(xy[1], y, 0.0008);
  }
  g_assert_false(spectrum_of_name("D66").ok());
  for (double value : spectrum_of_temperature(25000))
    g_assert_cmpfloat(value, >=, 0);
}

/* Against the tables that the compiled-in numbers and formulas stand for. */
void test_against_tables() {
  const char* raw = g_getenv("GST_CAMERA_TEST_RAW");
  const std::string path = std::string(raw ? raw : "") + "/reference/cc24_before_nov2014.csv";
  gchar* text = nullptr;
  if (!raw || !g_file_get_contents(path.c_str(), &text, nullptr, nullptr)) {
    g_test_skip("GST_CAMERA_TEST_RAW names no folder with reference tables");
    return;
  }
  const gstcam::CharPtr owner(text);
  gchar** lines = g_strsplit(text, "\n", -1);
  double sum = 0;
  for (size_t i = 0; i < kChartPatches; i++) {
    gchar** fields = g_strsplit(lines[i + 1], ",", -1);
    const Lab published = {g_ascii_strtod(fields[2], nullptr), g_ascii_strtod(fields[3], nullptr),
                           g_ascii_strtod(fields[4], nullptr)};
    const double difference = delta_e_2000(chart_reference()[i].lab_d50, published);
    // Thirty charts' mean against the maker's numbers.
    g_assert_cmpfloat(difference, <, 2.5);
    sum += difference;
    g_strfreev(fields);
  }
  g_strfreev(lines);
  g_assert_cmpfloat(sum / kChartPatches, <, 1);
}

void test_chart_error() {
  std::array<LinearRgb, kChartPatches> measured;
  for (size_t i = 0; i < kChartPatches; i++) {
    measured[i] = chart_reference()[i].linear_srgb;
    for (double& v : measured[i])
      v *= 0.6;  // another exposure is no error
  }
  ChartError error = chart_error(measured);
  g_assert_cmpfloat_with_epsilon(error.exposure, 1 / 0.6, 1e-6);
  g_assert_cmpfloat(error.mean, <, 0.1);  // D65 as a spectrum and as a rounded white point
  g_assert_cmpfloat(error.grey_cast, <, 1e-6);
  for (LinearRgb& rgb : measured)
    rgb[0] *= 1.1;  // a cast is one
  error = chart_error(measured);
  g_assert_cmpfloat(error.mean, >, 1.5);
  g_assert_cmpfloat_with_epsilon(error.grey_cast, 0.1, 1e-6);
}

void test_patches() {
  for (const gstcam::Size size :
       {gstcam::Size{64, 64}, {640, 480}, {1920, 1080}, {1080, 1920}, {4096, 3072}, {4096, 64}}) {
    const auto rects = chart_patches(size);
    for (size_t i = 0; i < kChartPatches; i++) {
      const Rect& r = rects[i];
      g_assert_cmpuint((r.x | r.y | r.width | r.height) & 1U, ==, 0);
      g_assert_cmpuint(r.width, >=, 4);
      g_assert_cmpuint(r.x + r.width, <=, size.width);
      g_assert_cmpuint(r.y + r.height, <=, size.height);
      if (i % 6 != 0)
        g_assert_cmpuint(r.x, >, rects[i - 1].x + rects[i - 1].width);
      if (i >= 6)
        g_assert_cmpuint(r.y, >, rects[i - 6].y + rects[i - 6].height);
    }
  }
}

/* A chart rendered anew in the light it already had is the same plane, in another light another. */
void test_chart_light() {
  ChartScene scene({});
  g_assert_true(scene.configure({320, 240}, CfaOrder::Rggb).ok());
  const Plane warm = **scene.render(spectrum_of_temperature(2856), 0);
  const Plane cool = **scene.render(spectrum_of_temperature(6500), 0);
  const Plane again = **scene.render(spectrum_of_temperature(2856), 0);
  g_assert_true(warm.values == again.values && warm.scale == again.scale);
  const Rect white = chart_patches({320, 240})[18];
  auto red_to_blue = [&](const Plane& plane) {
    const size_t at = size_t{white.y} * 320 + white.x;
    return static_cast<double>(plane.values[at]) / plane.values[at + 321];
  };
  g_assert_cmpfloat(red_to_blue(warm), >, 2 * red_to_blue(cool));
  ChartScene shaded({.corner_loss = 0.5});
  g_assert_true(shaded.configure({320, 240}, CfaOrder::Rggb).ok());
  const Plane dim = **shaded.render(spectrum_of_temperature(2856), 0);
  g_assert_cmpfloat_with_epsilon(static_cast<double>(dim.values[0]) / warm.values[0], 0.5, 0.01);
  const size_t centre = 120 * 320 + 160;
  g_assert_cmpfloat_with_epsilon(static_cast<double>(dim.values[centre]) / warm.values[centre], 1,
                                 0.01);
}

void test_light_script() {
  Light light;
  const auto script =
      LightScript::create({{.lux = 100, .temperature = 2856},
                           {.position = 1000, .lux = 300, .temperature = 6500},
                           {.position = 2000, .lux = 500, .temperature = 5000, .linear = true},
                           {.position = 3000, .lux = 0, .illuminant = "FL11", .linear = true}},
                          false);
  g_assert_true(script.ok());
  auto at = [&](int64_t time) {
    script->evaluate(12345, time, light);
    return light.lux;
  };
  g_assert_cmpfloat(at(-5), ==, 100);
  g_assert_cmpfloat(at(999), ==, 100);
  g_assert_true(light.spectrum == spectrum_of_temperature(2856));
  g_assert_cmpfloat(at(1000), ==, 300);
  g_assert_cmpfloat_with_epsilon(at(1500), 400, 1e-9);
  g_assert_true(light.spectrum == spectrum_of_temperature(5750));
  g_assert_cmpfloat_with_epsilon(at(2500), 250, 1e-9);
  g_assert_true(light.spectrum ==
                mix(spectrum_of_temperature(5000), *spectrum_of_name("FL11"), 0.5));
  g_assert_cmpfloat(at(INT64_MAX), ==, 0);
  const auto frames = LightScript::create({{.lux = 1}, {.position = 7, .lux = 2}}, true);
  frames->evaluate(6, 1000000, light);
  g_assert_cmpfloat(light.lux, ==, 1);
  frames->evaluate(7, 0, light);
  g_assert_cmpfloat(light.lux, ==, 2);
  g_assert_false(LightScript::create({}, true).ok());
  g_assert_false(LightScript::create({{.position = 5}, {.position = 5}}, true).ok());
  g_assert_false(LightScript::create({{.illuminant = "D66"}}, true).ok());
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/colour/delta-e", test_delta_e);
  g_test_add_func("/colour/srgb", test_srgb);
  g_test_add_func("/colour/illuminants", test_illuminants);
  g_test_add_func("/colour/against-tables", test_against_tables);
  g_test_add_func("/colour/chart-error", test_chart_error);
  g_test_add_func("/colour/patches", test_patches);
  g_test_add_func("/colour/chart-light", test_chart_light);
  g_test_add_func("/colour/light-script", test_light_script);
  return g_test_run();
}
