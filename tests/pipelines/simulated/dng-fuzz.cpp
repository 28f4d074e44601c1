/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a DNG: an Error that names the file, or a scene whose planes are of its size. Looks
 * at what we do with LibRaw's answers; LibRaw itself is not instrumented, and fuzzed upstream.
 */
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/unique-fd.h"
#include "pipelines/simulated/scene/dng-scene.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

using namespace gstcam;
using namespace gstcam::simulated;

namespace {

void require(bool fact) {
  if (!fact)
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const UniqueFd fd(memfd_create("dng", MFD_CLOEXEC));
  require(ftruncate(fd.get(), 0) == 0 &&
          pwrite(fd.get(), data, size, 0) == static_cast<ssize_t>(size));
  SceneDescription description;
  description.kind = SceneDescription::Kind::Dng;
  description.file = "/proc/self/fd/" + std::to_string(fd.get());
  const Result<std::unique_ptr<Scene>> scene = DngScene::create(description);
  if (!scene) {
    require(scene.error().message.find(description.file) != std::string::npos);
    return 0;
  }
  const Size native = (*scene)->limits().native;
  require(native.width >= kRecordedSideMin && native.width <= kRecordedSideMax);
  require(native.height >= kRecordedSideMin && native.height <= kRecordedSideMax);
  require((*scene)->cfa().has_value());
  if (const Result<void> configured = (*scene)->configure(native, *(*scene)->cfa()); !configured) {
    require(configured.error().message.find(description.file) != std::string::npos);
    return 0;
  }
  const Result<const Plane*> plane = (*scene)->render({}, 0);
  require(plane.ok() && (*plane)->values.size() == size_t{native.width} * native.height);
  return 0;
}
