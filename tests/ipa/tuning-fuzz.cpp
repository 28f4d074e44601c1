/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a tuning file, for the sensor that it says it is for: an Error, or an IPA whose
 * parameters an ISP takes and whose controls a sensor takes, dark or bright as the scene may be.
 */
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

#include "ipa/simulated/tuning.h"
#include "tests/ipa/fuzz-run.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

using namespace gstcam;
using namespace gstcam::simulated;

namespace {

struct Memory {
  SharedMemory params = *SharedMemory::create("params", sizeof(GstCameraIspParameters));
  SharedMemory stats = *SharedMemory::create("stats", sizeof(GstCameraIspStatistics));
};

UniqueFd in_memory(std::string_view text) {
  UniqueFd fd(memfd_create("tuning", MFD_CLOEXEC));
  require(fd.valid() &&
          write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  return fd;
}

void run(SimulatedIpa& ipa, const Events& events) {
  static const Memory memory;
  std::vector<gstcam::ipa::Buffer> buffers;
  buffers.push_back(Rig::buffer(Rig::kParams, memory.params.fd(), memory.params.size(), true));
  buffers.push_back(Rig::buffer(Rig::kStats, memory.stats.fd(), memory.stats.size(), false));
  require(ipa.map_buffers(buffers).ok());
  run_frames(ipa, events, memory.params, memory.stats);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<YamlNode> root = parse_yaml(text, "fuzz.yaml");
  if (!root)
    return 0;
  const YamlNode* node = root->find("sensor");
  const Result<std::string> model = node ? node->as_string() : Result<std::string>(std::string());
  gstcam::ipa::SensorInfo sensor = sensor_info();
  sensor.model = model ? *model : "";
  if (const Result<Tuning> tuning = Tuning::read(*root, sensor.model); !tuning) {
    require(tuning.error().message.starts_with("fuzz.yaml"));
    return 0;
  }
  Events events;
  SimulatedIpa ipa(events);
  gstcam::ipa::Settings settings;
  settings.tuning = in_memory(text);
  settings.tuning_name = "fuzz.yaml";
  if (ipa.init(settings, sensor) && ipa.configure(sensor, streams()))
    run(ipa, events);
  return 0;
}
