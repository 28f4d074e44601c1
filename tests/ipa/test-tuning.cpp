/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tuning files: the ones of the tree load; each mistake is an error that names its line. */
#include <fcntl.h>
#include <glib.h>

#include <string>
#include <vector>

#include "base/unique-fd.h"
#include "ipa/simulated/tuning.h"

using namespace gstcam;
using namespace gstcam::simulated;

namespace {

/* A good file; the line numbers below count from its first line. */
const std::vector<std::string> kGood = {
    "version: 1",                                                                 // 1
    "sensor: test",                                                               // 2
    "algorithms:",                                                                // 3
    "  black-level: sensor",                                                      // 4
    "  lens-shading: none",                                                       // 5
    "  ae:",                                                                      // 6
    "    target: 0.16",                                                           // 7
    "    highlights: {level: 0.95, fraction: 0.01, max-reduction: 4}",            // 8
    "    start: {exposure-time: 2000, analogue-gain: 1}",                         // 9
    "    max-digital-gain: 8",                                                    // 10
    "    lux: {lux: 100, exposure-time: 10000, analogue-gain: 1, level: 0.026}",  // 11
    "  awb:",                                                                     // 12
    "    locus: [[2500, 1.2, 0.4],",                                              // 13
    "            [5000, 0.7, 0.7]]",                                              // 14
    "    prior: {illuminants: [[2856, 1, 15]], floor: 1}",                        // 15
    "    likelihood: {width: 0.1, outliers: 0.1, observations: 20}",              // 16
    "    off-locus: 0.03",                                                        // 17
    "    start-temperature: 4500",                                                // 18
    "    speed: 0.3",                                                             // 19
    "  ccm:",                                                                     // 20
    "    - {temperature: 3000, matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1]}",             // 21
    "    - {temperature: 5000, matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1]}",             // 22
    "  tone: {transfer: srgb}",                                                   // 23
};

struct Mistake {
  size_t line;              // replaced, from 1
  const char* replacement;  // "" takes the line out
  const char* expected;     // start of the error
  const char* mentions;     // message or hint
};

const Mistake kMistakes[] = {
    {1, "version: 2", "t.yaml:1:", "version 2"},
    {1, "version: one", "t.yaml:1:", ""},
    {1, "", "t.yaml:", "version"},
    {2, "sensor: other", "t.yaml:2:", "'other'"},
    {2, "", "t.yaml:", "sensor"},
    {3, "algorithms: 5\nx:", "t.yaml:4:", "'x'"},
    {4, "", "t.yaml:", "black-level"},
    {4, "  black-level: camera", "t.yaml:4:", "camera"},
    {4, "  black-level: [1, 2, 3]", "t.yaml:4:", ""},
    {4, "  black-level: [1, 2, 3, 40000]", "t.yaml:4:", "32767"},
    {5, "", "t.yaml:", "lens-shading"},
    {5, "  lens-shading: {red: [1, 2, 3], green: [1, 2, 3]}", "t.yaml:5:", "blue"},
    {5, "  lens-shading: {red: [1, 2], green: [1, 2, 3], blue: [1, 2, 3]}", "t.yaml:5:", ""},
    {7, "    target: 2", "t.yaml:7:", "'target'"},
    {7, "    target: bright", "t.yaml:7:", "'target'"},
    {7, "    target: .nan", "t.yaml:7:", "'target'"},
    {7, "", "t.yaml:", "target"},
    {7, "    target: 0.16\n    tarket: 0.2", "t.yaml:8:", "tarket"},
    {8, "    highlights: {level: 0.95, fraction: 0.01}", "t.yaml:8:", "max-reduction"},
    {8, "    highlights: 7", "t.yaml:8:", ""},
    {9, "    start: {exposure-time: 0, analogue-gain: 1}", "t.yaml:9:", ""},
    {9, "    start: {exposure-time: 1.5, analogue-gain: 1}", "t.yaml:9:", ""},
    {11, "    lux: {lux: 100, exposure-time: 10000, analogue-gain: 1, level: 0}", "t.yaml:11:", ""},
    {13, "    locus: [[1, 1.2, 0.4],", "t.yaml:13:", "temperature"},
    {13, "    locus: [[6000, 1.2, 0.4],", "t.yaml:14:", "rise"},
    {13, "    locus: [[2500, 0, 0.4],", "t.yaml:13:", "R/G"},
    {13, "    locus: [[2500, 1.2],", "t.yaml:13:", ""},
    {13, "    locus: [", "t.yaml:13:", "two points"},
    {15, "    prior: {illuminants: [], floor: 1}", "t.yaml:15:", "illuminants"},
    {15, "    prior: {illuminants: [[2856, 1, 0]], floor: 1}", "t.yaml:15:", ""},
    {15, "    prior: {illuminants: [[28, 1, 15]], floor: 1}", "t.yaml:15:", "temperature"},
    {15, "    prior: {illuminants: [[2856, 1, 15]], floor: 0}", "t.yaml:15:", ""},
    {16, "    likelihood: {width: 0, outliers: 0.1, observations: 20}", "t.yaml:16:", ""},
    {19, "    speed: 2", "t.yaml:19:", ""},
    {20, "  ccm: []\n  x:", "t.yaml:20:", "matrices"},
    {21, "    - {temperature: 3000, matrix: [1, 0, 0, 0, 1, 0, 0, 0]}", "t.yaml:21:", "9"},
    {21, "    - {temperature: 3000, matrix: [1, 0, 0, 0, 1, 0, 0, 0.5, 1]}", "t.yaml:21:", "row 3"},
    {21, "    - {temperature: 3000, matrix: [1, 0, 0, 0, 99, -98, 0, 0, 1]}", "t.yaml:21:", "99"},
    {22, "    - {temperature: 2000, matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1]}", "t.yaml:22:", "rise"},
    {23, "  tone: {transfer: gamma}", "t.yaml:23:", "gamma"},
    {23, "  tone: {}", "t.yaml:23:", "transfer"},
    {23, "  tone: {transfer: srgb}\n  denoise: {strength: 1}", "t.yaml:24:", "denoise"},
    {23, "  tone: {transfer: srgb", "t.yaml:", ""},
};

std::string text_with(const Mistake* mistake) {
  std::string text;
  for (size_t i = 0; i < kGood.size(); i++) {
    const std::string line = mistake && mistake->line == i + 1 ? mistake->replacement : kGood[i];
    // What follows an entry that became empty of lines keeps its number.
    text += line.empty() ? "" : line + "\n";
  }
  return text;
}

Result<Tuning> read(const std::string& text) {
  Result<YamlNode> root = parse_yaml(text, "t.yaml");
  if (!root)
    return root.error();
  return Tuning::read(*root, "test");
}

void test_good() {
  Result<Tuning> tuning = read(text_with(nullptr));
  if (!tuning)
    g_error("%s", tuning.error().message.c_str());
  g_assert_cmpstr(tuning->sensor.c_str(), ==, "test");
  g_assert_cmpfloat(tuning->ae.target, ==, 0.16);
  g_assert_cmpuint(tuning->ccm.entries.size(), ==, 2);
  // Sorted by mired.
  g_assert_cmpfloat(tuning->ccm.entries[0].mired, ==, 200);
}

void test_any_sensor() {
  const Mistake any{2, "sensor: '*'", "", ""};
  g_assert_true(read(text_with(&any)).ok());
}

void test_mistakes() {
  for (const Mistake& mistake : kMistakes) {
    Result<Tuning> tuning = read(text_with(&mistake));
    g_test_message("line %zu: %s", mistake.line, mistake.replacement);
    g_assert_false(tuning.ok());
    const std::string& message = tuning.error().message;
    g_test_message("  %s", message.c_str());
    g_assert_true(message.starts_with(mistake.expected));
    const std::string all = message + ". " + tuning.error().hint;
    g_assert_true(all.find(mistake.mentions) != std::string::npos);
    g_assert_true(tuning.error().code == Error::Code::Invalid);
  }
}

/* Any line taken out is an error, never a default. */
void test_missing_lines() {
  for (size_t i = 1; i <= kGood.size(); i++) {
    // One of two matrices may go.
    if (i == 21 || i == 22)
      continue;
    const Mistake gone{i, "", "", ""};
    Result<Tuning> tuning = read(text_with(&gone));
    g_test_message("without: %s", kGood[i - 1].c_str());
    g_assert_false(tuning.ok());
    g_assert_true(tuning.error().message.starts_with("t.yaml:"));
  }
}

/* Nor does a file that ends anywhere, or with rubbish in it, do more than fail. */
void test_damage() {
  const std::string text = text_with(nullptr);
  for (size_t length = 0; length < text.size() - 1; length++) {
    if (!read(text.substr(0, length)))
      continue;
    // Complete but for spaces and brackets that end anyway.
    g_assert_cmpuint(text.find_first_not_of("\n }", length), ==, std::string::npos);
  }
  for (size_t i = 0; i < text.size(); i += 3) {
    for (char rubbish : {'\0', '\xff', '-', '{', '9', ':', '&'}) {
      std::string damaged = text;
      damaged[i] = rubbish;
      Result<Tuning> tuning = read(damaged);
      if (!tuning)
        g_assert_false(tuning.error().message.empty());
    }
  }
}

void test_files() {
  const char* folder = g_getenv("GST_CAMERA_DATA_PATH");
  g_assert_nonnull(folder);
  for (const char* name : {"simulated", "canon-550d", "infinite-isp-lightbox",
                           "infinite-isp-2592x1536", "uncalibrated"}) {
    const std::string file = std::string(name) + ".yaml";
    const UniqueFd fd(::open((std::string(folder) + "/" + file).c_str(), O_RDONLY | O_CLOEXEC));
    Result<Tuning> tuning = Tuning::load(fd.get(), file, name);
    if (!tuning)
      g_error("%s", tuning.error().message.c_str());
  }
  g_assert_false(Tuning::load(-1, "none", "test").ok());
  // A descriptor that cannot be read.
  const UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  g_assert_false(Tuning::load(null.get(), "null", "test").ok());
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipa/tuning/good", test_good);
  g_test_add_func("/ipa/tuning/any-sensor", test_any_sensor);
  g_test_add_func("/ipa/tuning/mistakes", test_mistakes);
  g_test_add_func("/ipa/tuning/missing-lines", test_missing_lines);
  g_test_add_func("/ipa/tuning/damage", test_damage);
  g_test_add_func("/ipa/tuning/files", test_files);
  return g_test_run();
}
