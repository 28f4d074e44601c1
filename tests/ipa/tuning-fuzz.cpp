/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a tuning file, for the sensor that it says it is for: an Error, or an IPA whose
 * parameters an ISP takes and whose controls a sensor takes, dark or bright as the scene may be.
 */
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/isp/parameters.h"
#include "ipa/simulated/tuning.h"
#include "tests/ipa/simulated-rig.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

using namespace gstcam;
using namespace gstcam::simulated;

namespace {

void require(bool fact, const Result<void>& why = {}) {
  if (fact)
    return;
  if (!why)
    g_printerr("%s\n", why.error().message.c_str());
  std::abort();
}

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
  require(ipa.start({}).ok());
  constexpr double kLevels[] = {0.02, 0.3, 1, 1, 0.0001};
  for (uint32_t frame = 0; frame < std::size(kLevels); frame++) {
    require(ipa.queue_request(frame, {}).ok());
    require(ipa.compute_params(frame, Rig::kParams).ok());
    GstCameraIspParameters parameters;
    std::memcpy(&parameters, memory.params.data(), sizeof parameters);
    const Result<void> checked = check_isp_parameters(parameters);
    require(checked.ok(), checked);
    GstCameraIspStatistics statistics =
        algorithms::take(algorithms::grey_scene(0.05, 0.6), kLevels[frame]);
    statistics.frame = frame;
    std::memcpy(memory.stats.data(), &statistics, sizeof statistics);
    require(ipa.process_stats(frame, Rig::kStats, Rig::taken()).ok());
  }
  for (const Events::Seen& seen : events.seen) {
    seen.controls.for_each([](ControlId id, const ControlValue& value) {
      const Result<void> checked = check_control(id, value);
      require(checked.ok(), checked);
    });
    const double gain = seen.controls.get_or(ControlId::AnalogueGain, 1.0);
    require(gain >= 1 && gain <= 16);  // what sensor_info() can do
  }
  require(ipa.stop().ok());
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
