/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's way from a worker's bytes to an event it acts on: D-Bus message, limits of the
 * transport, codec, and what the handler asks of controls. As a plain test over the corpus, and
 * (clang) under libFuzzer.
 *
 * The first byte of an input is the number of descriptors that came with the message. Whatever
 * comes in, what comes out is finite, in the table's and in the sensor's range; else it aborts.
 */
#include <dirent.h>
#include <fcntl.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "ipc/gdbus-message.h"
#include "ipc/message-stream.h"
#include "pipelines/soft-isp/frame-scheduler.h"
#include "simulated-ipa-codec.h"

namespace gstcam::hostile {

namespace {

constexpr size_t kMaxFds = 70;

SensorInfo sensor() {
  SensorInfo info;
  info.exposure_time_min = 20000;
  info.exposure_time_max = 30000000;
  info.analogue_gain_min = 1;
  info.analogue_gain_max = 16;
  info.frame_duration_min = 33333333;
  info.frame_duration_max = 1000000000;
  return info;
}

void require(bool condition) {
  if (!condition)
    std::abort();
}

void require_good(const ControlList& controls) {
  controls.for_each(
      [](ControlId id, const ControlValue& value) { require(check_control(id, value).ok()); });
}

void require_good(const ControlRanges& ranges) {
  ranges.for_each([](ControlId id, const ControlRange& range) {
    for (const ControlValue* value : {&range.min, &range.max, &range.def})
      require(check_control(id, *value).ok());
  });
}

void look_at_sensor_controls(const ControlList& controls) {
  static const SensorInfo mode = sensor();
  const Result<ControlList> checked = soft::FrameScheduler::sensor_controls(controls, mode);
  if (!checked)
    return;
  require_good(*checked);
  const double gain = checked->get_or(ControlId::AnalogueGain, 1.0);
  const int32_t exposure = checked->get_or(ControlId::ExposureTime, int32_t{1000});
  require(gain >= mode.analogue_gain_min && gain <= mode.analogue_gain_max);
  require(exposure >= 20 && exposure <= 30000);
}

void look_at_event(ipc::Message message) {
  using namespace simulated;
  if (message.member == "ParamsComputed") {
    (void)codec::decode_params_computed_event(std::move(message)).ok();
  } else if (message.member == "SetSensorControls") {
    if (const auto args = codec::decode_set_sensor_controls_event(std::move(message)))
      look_at_sensor_controls(args->controls);
  } else if (message.member == "MetadataReady") {
    if (const auto args = codec::decode_metadata_ready_event(std::move(message)))
      require_good(args->metadata);
  }
}

ipc::Message copy_of(const ipc::Message& message) {
  ipc::Message copy;
  copy.member = message.member;
  copy.body = VariantPtr(g_variant_ref(message.body.get()));
  copy.normal = message.normal;
  return copy;
}

/* A reply does not say what it answers: whatever the host waits for. */
void look_at_reply(const ipc::Message& message) {
  using namespace simulated;
  if (const auto ranges = codec::decode_init_reply(copy_of(message)))
    require_good(*ranges);
  if (const auto ranges = codec::decode_configure_reply(copy_of(message)))
    require_good(*ranges);
  if (const auto controls = codec::decode_start_reply(copy_of(message)))
    look_at_sensor_controls(*controls);
  (void)codec::decode_stop_reply(copy_of(message)).ok();
}

/* Whether it was a message. */
bool feed(std::span<const uint8_t> input) {
  if (input.size() < 17)
    return false;
  static const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::vector<UniqueFd> fds;
  for (size_t i = 0; i < input[0] % kMaxFds; i++) {
    Result<UniqueFd> copy = UniqueFd::duplicate(null.get());
    if (!copy)
      return false;
    fds.push_back(std::move(*copy));
  }
  Result<ipc::DBusMessagePtr> parsed =
      ipc::parse_message(input.data() + 1, input.size() - 1, std::move(fds));
  if (!parsed)
    return false;
  GDBusMessage* message = parsed->get();
  const GDBusMessageType type = g_dbus_message_get_message_type(message);
  if (type == G_DBUS_MESSAGE_TYPE_ERROR) {
    const Error error = ipc::error_from_reply(message);
    require(error.code != Error::Code::Lost && error.code != Error::Code::Protocol);
    return true;
  }
  const char* member = g_dbus_message_get_member(message);
  Result<ipc::Message> taken = ipc::take_message(message, member ? member : "");
  if (!taken)
    return false;
  if (type == G_DBUS_MESSAGE_TYPE_SIGNAL)
    look_at_event(std::move(*taken));
  else if (type == G_DBUS_MESSAGE_TYPE_METHOD_RETURN)
    look_at_reply(*taken);
  return true;
}

}  // namespace

}  // namespace gstcam::hostile

#ifdef GST_CAMERA_FUZZER
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  gstcam::hostile::feed({data, size});
  return 0;
}
#else
namespace {

std::vector<uint8_t> read_seed(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/* Every seed is a message; cut anywhere, and with any byte changed, it is nothing worse. */
void test_corpus() {
  const std::string folder = g_getenv("GST_CAMERA_TEST_CORPUS");
  DIR* dir = opendir(folder.c_str());
  g_assert_nonnull(dir);
  int seeds = 0;
  while (const dirent* entry = readdir(dir)) {
    if (entry->d_name[0] == '.')
      continue;
    const std::vector<uint8_t> seed = read_seed(folder + "/" + entry->d_name);
    if (!gstcam::hostile::feed(seed))
      g_error("%s is no message", entry->d_name);
    seeds++;
    for (size_t i = 0; i < seed.size(); i++) {
      gstcam::hostile::feed(std::span(seed).first(i));
      std::vector<uint8_t> changed = seed;
      for (const unsigned mask : {1U, 0x80U, 0xffU}) {
        changed[i] = static_cast<uint8_t>(seed[i] ^ mask);
        gstcam::hostile::feed(changed);
      }
    }
  }
  closedir(dir);
  g_assert_cmpint(seeds, >=, 8);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipc/wire/corpus", test_corpus);
  return g_test_run();
}
#endif
