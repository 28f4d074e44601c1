/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wrong parameters, and attempts on the memory that is shared with the host. */
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <thread>

#include "core/isp/parameters.h"
#include "tests/ipc/hostile/deeds.h"

namespace gstcam::hostile {

namespace {

struct ParamsLie {
  const char* name;
  void (*spoil)(GstCameraIspParameters& p);
};

const ParamsLie kParamsLies[] = {
    {"params-nan-gain", [](auto& p) { p.gains[1] = std::numeric_limits<float>::quiet_NaN(); }},
    {"params-infinite-gain", [](auto& p) { p.gains[0] = std::numeric_limits<float>::infinity(); }},
    {"params-negative-gain", [](auto& p) { p.gains[2] = -1; }},
    {"params-huge-gain", [](auto& p) { p.gains[3] = 1e30F; }},
    {"params-nan-matrix", [](auto& p) { p.ccm[8] = std::numeric_limits<float>::quiet_NaN(); }},
    {"params-huge-matrix", [](auto& p) { p.ccm[4] = -1e10F; }},
    {"params-nan-shading",
     [](auto& p) {
       p.lens_shading_enabled = 1;
       p.lens_shading[3][12][16] = std::numeric_limits<float>::quiet_NaN();
     }},
    {"params-no-shading",
     [](auto& p) {
       p.lens_shading_enabled = 1;
       std::memset(p.lens_shading, 0, sizeof(p.lens_shading));
     }},
    {"params-shading-flag", [](auto& p) { p.lens_shading_enabled = 0xffffffffU; }},
    {"params-black-level", [](auto& p) { p.black_level[0] = 0xffff; }},
    {"params-tone-falls", [](auto& p) { p.tone[100] = 0; }},
    {"params-version", [](auto& p) { p.version = 0xffffffffU; }},
    {"params-size", [](auto& p) { p.size = 0; }},
    {"params-other-frame", [](auto& p) { p.frame += 1; }},
    {"params-ones", [](auto& p) { std::memset(&p, 0xff, sizeof(p)); }},
    {"params-zeros", [](auto& p) { std::memset(&p, 0, sizeof(p)); }},
};

int outcome(int64_t result) {
  return result < 0 ? errno : 0;
}

int map_writable(int fd) {
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED)
    return errno;
  munmap(memory, 4096);
  return 0;
}

int reopen_writable(int fd) {
  const UniqueFd again(::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDWR | O_CLOEXEC));
  return again.valid() ? map_writable(again.get()) : errno;
}

}  // namespace

bool lie_in_params(std::string_view deed, const Stage& stage) {
  SharedMemory& memory = stage.buffers->at(stage.params_buffer);
  auto* params = reinterpret_cast<GstCameraIspParameters*>(memory.data());
  for (const ParamsLie& one : kParamsLies) {
    if (deed != one.name)
      continue;
    one.spoil(*params);
    return true;
  }
  if (deed == "params-rewritten") {
    /* Good and bad in turn, for ever, while the host copies, checks and uses them. */
    std::thread([params] {
      for (unsigned i = 0;; i++) {
        const float bad = i % 2 ? std::numeric_limits<float>::quiet_NaN() : 1e30F;
        for (float* value : {&params->gains[0], &params->gains[3], &params->ccm[8]}) {
          *static_cast<volatile float*>(value) = bad;
          *static_cast<volatile float*>(value) = 1;
        }
      }
    }).detach();
    return true;
  }
  return false;
}

bool attempt_on_buffers(std::string_view deed, const Stage& stage, int& error) {
  const int params = stage.buffers->at(stage.params_buffer).fd();
  /* Statistics have the ids after those of the parameters. */
  const int stats = stage.buffers->rbegin()->second.fd();
  if (deed == "shrink-params")
    error = outcome(ftruncate(params, 0));
  else if (deed == "grow-params")
    error = outcome(ftruncate(params, 1 << 30));
  else if (deed == "shrink-stats")
    error = outcome(ftruncate(stats, 0));
  else if (deed == "map-stats-writable")
    error = map_writable(stats);
  else if (deed == "reopen-stats-writable")
    error = reopen_writable(stats);
  else if (deed == "write-stats")
    error = outcome(pwrite(stats, "x", 1, 0));
  else if (deed == "unseal-params")
    error = outcome(fcntl(params, F_ADD_SEALS, F_SEAL_WRITE));
  else if (deed == "punch-stats")
    error = outcome(fallocate(stats, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
  else
    return false;
  return true;
}

}  // namespace gstcam::hostile
