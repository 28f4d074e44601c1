/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VimcIpa behind its interface, and its tuning: what controls become, and what is refused. */
#include <fcntl.h>
#include <glib.h>

#include <cstring>
#include <string>
#include <vector>

#include "ipa/vimc/vimc.h"

using namespace gstcam;
using namespace gstcam::vimc;

namespace {

using Code = Error::Code;

struct Answers : IpaEvents {
  std::vector<uint32_t> frames;
  void params_computed(uint32_t frame, uint32_t) override { frames.push_back(frame); }
};

ipa::Settings settings() {
  const std::string path = std::string(g_getenv("GST_CAMERA_DATA_PATH")) + "/vimc.yaml";
  ipa::Settings s;
  s.tuning.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  s.tuning_name = path;
  return s;
}

ipa::SensorInfo sensor(const char* model = "vimc") {
  ipa::SensorInfo info;
  info.model = model;
  info.width = 640;
  info.height = 480;
  return info;
}

template <typename T>
bool refused(const Result<T>& result, Code code) {
  return !result && result.error().code == code && !result.error().message.empty();
}

/* An IPA that is configured, with one buffer, 7. */
struct Rig {
  Answers answers;
  VimcIpa ipa{answers};
  SharedMemory memory;

  Rig() {
    g_assert_true(ipa.init(settings(), sensor()).ok());
    g_assert_true(ipa.configure(sensor(), {{0, 0, 640, 480}}).ok());
    Result<SharedMemory> made = SharedMemory::create("test", sizeof(GstCameraVimcParameters));
    g_assert_true(made.ok());
    memory = std::move(*made);
    std::vector<ipa::Buffer> buffers(1);
    buffers[0].id = 7;
    buffers[0].fd = std::move(*memory.share(false));
    buffers[0].size = memory.size();
    buffers[0].writable = true;
    g_assert_true(ipa.map_buffers(buffers).ok());
    g_assert_true(refused(ipa.map_buffers(buffers), Code::Invalid));  // mapped already
  }
  GstCameraVimcParameters of(uint32_t frame, const ControlList& controls) {
    g_assert_true(ipa.queue_request(frame, controls).ok());
    g_assert_true(ipa.compute_params(frame, 7).ok());
    g_assert_cmpuint(answers.frames.back(), ==, frame);
    GstCameraVimcParameters p;
    std::memcpy(&p, memory.data(), sizeof p);
    g_assert_cmpuint(p.version, ==, GST_CAMERA_VIMC_PARAMETERS_VERSION);
    g_assert_cmpuint(p.size, ==, sizeof p);
    g_assert_cmpuint(p.frame, ==, frame);
    return p;
  }
};

ControlList list(ControlId id, double value) {
  ControlList controls;
  controls.set(id, value);
  return controls;
}

void test_order() {
  Answers answers;
  VimcIpa ipa(answers);
  g_assert_true(refused(ipa.configure(sensor(), {{0, 0, 640, 480}}), Code::WrongState));
  g_assert_true(refused(ipa.start({}), Code::WrongState));
  g_assert_true(refused(ipa.init(settings(), sensor("imx219")), Code::Invalid));
  g_assert_true(refused(ipa.init({}, sensor()), Code::NotFound));
  g_assert_true(ipa.init(settings(), sensor()).ok());
  g_assert_true(refused(ipa.init(settings(), sensor()), Code::WrongState));
  g_assert_true(refused(ipa.configure(sensor(), {}), Code::Invalid));
  g_assert_true(refused(ipa.configure(sensor("other"), {{0, 0, 640, 480}}), Code::Invalid));
  g_assert_true(ipa.configure(sensor(), {{0, 0, 640, 480}}).ok());
  g_assert_true(refused(ipa.queue_request(0, {}), Code::WrongState));
  g_assert_true(refused(ipa.compute_params(0, 7), Code::WrongState));
  g_assert_true(ipa.start({}).ok());
  g_assert_true(refused(ipa.start({}), Code::WrongState));
  g_assert_true(refused(ipa.configure(sensor(), {{0, 0, 640, 480}}), Code::WrongState));
  g_assert_true(refused(ipa.compute_params(0, 7), Code::WrongState));  // nothing queued
  g_assert_true(ipa.queue_request(0, {}).ok());
  g_assert_true(refused(ipa.compute_params(1, 7), Code::WrongState));
  g_assert_true(refused(ipa.compute_params(0, 7), Code::NotFound));  // not mapped
  g_assert_true(ipa.stop().ok());
  g_assert_true(answers.frames.empty());
}

void test_codes() {
  Rig rig;
  g_assert_true(rig.ipa.start(list(ControlId::Contrast, 0.5)).ok());
  GstCameraVimcParameters p = rig.of(0, {});
  g_assert_cmpint(p.brightness, ==, 128);
  g_assert_cmpint(p.contrast, ==, 64);
  g_assert_cmpfloat(p.contrast_value, ==, 0.5);
  g_assert_cmpint(p.saturation, ==, 128);
  g_assert_cmpint(p.hue, ==, 0);
  g_assert_cmpuint(p.mean_window, ==, 3);
  p = rig.of(1, list(ControlId::Brightness, -1));
  g_assert_cmpint(p.brightness, ==, 1);
  g_assert_cmpfloat(p.brightness_value, ==, -1);
  g_assert_cmpint(p.contrast, ==, 64);  // until another replaces it
  p = rig.of(2, list(ControlId::Brightness, 0.3));
  g_assert_cmpint(p.brightness, ==, 166);
  g_assert_cmpfloat(p.brightness_value, ==, 38.0 / 127);  // what the driver really does
  p = rig.of(7, list(ControlId::Saturation, 4));          // further than it goes
  g_assert_cmpint(p.saturation, ==, 255);
  g_assert_cmpfloat(p.saturation_value, ==, 255.0 / 128);
  g_assert_true(rig.ipa.stop().ok());

  g_assert_true(rig.ipa.start({}).ok());  // anew
  p = rig.of(0, {});
  g_assert_cmpint(p.contrast, ==, 128);
  g_assert_cmpint(p.saturation, ==, 128);
}

void test_wrong_controls() {
  Rig rig;
  g_assert_true(refused(rig.ipa.start(list(ControlId::AnalogueGain, 2)), Code::Unsupported));
  g_assert_true(rig.ipa.start({}).ok());
  g_assert_true(refused(rig.ipa.queue_request(0, list(ControlId::Brightness, 7)), Code::Invalid));
  ControlList wrong_type;
  wrong_type.set(ControlId::Brightness, int32_t{1});
  g_assert_true(refused(rig.ipa.queue_request(0, wrong_type), Code::Invalid));
}

Result<Tuning> tuning(const std::string& change_from, const std::string& change_to) {
  std::string text =
      "version: 1\n"
      "sensor: vimc\n"
      "controls:\n"
      "  brightness: {zero: 128, one: 255, codes: [0, 255]}\n"
      "  contrast: {zero: 0, one: 128, codes: [0, 255]}\n"
      "  saturation: {zero: 0, one: 128, codes: [0, 255]}\n"
      "hue: 0\n"
      "flip: {horizontal: false, vertical: true}\n"
      "mean-window: 3\n";
  if (const size_t at = text.find(change_from); !change_from.empty() && at != std::string::npos)
    text.replace(at, change_from.size(), change_to);
  Result<YamlNode> root = parse_yaml(text, "test.yaml");
  if (!root)
    return root.error();
  return Tuning::read(*root, "vimc");
}

void test_tuning() {
  Result<Tuning> good = tuning("", "");
  g_assert_true(good.ok());
  g_assert_true(good->vertical_flip && !good->horizontal_flip);
  const struct {
    const char* from;
    const char* to;
    const char* line;
  } wrong[] = {
      {"version: 1", "version: 2", "test.yaml:1"},
      {"sensor: vimc", "sensor: imx219", "test.yaml:2"},
      {"zero: 128, one: 255", "zero: 128, one: 128", "test.yaml:4"},
      {"codes: [0, 255]", "codes: [255, 0]", "test.yaml:4"},
      {"codes: [0, 255]", "codes: [0, 1e12]", "test.yaml:4"},
      {"codes: [0, 255]", "codes: [0]", "test.yaml:4"},
      {"contrast:", "kontrast:", "test.yaml:"},
      {"hue: 0", "hue: red", "test.yaml:7"},
      {"vertical: true", "vertical: 5", "test.yaml:8"},
      {"mean-window: 3", "mean-window: 4", "test.yaml:9"},
      {"mean-window: 3", "mean-window: 27", "test.yaml:9"},
      {"mean-window: 3", "", "test.yaml:1"},
      {"hue: 0", "hue: 0\nshade: 1", "test.yaml:8"},
  };
  for (const auto& c : wrong) {
    const Result<Tuning> result = tuning(c.from, c.to);
    g_assert_false(result.ok());
    g_test_message("%s", result.error().message.c_str());
    g_assert_nonnull(std::strstr(result.error().message.c_str(), c.line));
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/vimc-ipa/order", test_order);
  g_test_add_func("/vimc-ipa/codes", test_codes);
  g_test_add_func("/vimc-ipa/wrong-controls", test_wrong_controls);
  g_test_add_func("/vimc-ipa/tuning", test_tuning);
  return g_test_run();
}
