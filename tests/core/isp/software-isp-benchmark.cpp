/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPU ms a frame and MPixel/s of the software ISP at 1080p, 10 bit, with colour matrix, for each
 * output format: with statistics, without, and with lens shading; beside memcpy of as many bytes as
 * the picture has. One JSON line each.
 */
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <vector>

#include "core/isp/parameters.h"
#include "core/isp/software-isp.h"

namespace {

using namespace gstcam;

constexpr Size kSize{1920, 1080};
constexpr int kRuns = 15;

std::vector<uint16_t> mosaic() {
  std::vector<uint16_t> samples(size_t{kSize.width} * kSize.height);
  uint32_t state = 1;
  for (size_t i = 0; i < samples.size(); i++) {
    state = state * 1664525U + 1013904223U;
    const auto x = static_cast<uint32_t>(i % kSize.width);
    const auto y = static_cast<uint32_t>(i / kSize.width);
    const uint32_t square = ((x / 97) ^ (y / 61)) % 16;  // a picture of flat fields with noise
    samples[i] = static_cast<uint16_t>(80 + square * 55 + (state >> 27U));
  }
  return samples;
}

/* CPU time of this thread: a busy machine must not make the ISP look slow. */
double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/* Median of the runs, ms. */
template <typename F>
double time_ms(F&& f) {
  std::vector<double> times;
  for (int i = 0; i < kRuns; i++) {
    const double start = cpu_ms();
    f();
    times.push_back(cpu_ms() - start);
  }
  std::nth_element(times.begin(), times.begin() + kRuns / 2, times.end());
  return times[kRuns / 2];
}

bool run(PixelFormat format, const std::vector<uint16_t>& samples) {
  auto layout = frame_layout(format, kSize);
  if (!layout)
    return false;
  SoftwareIsp isp;
  if (auto r = isp.configure({kSize, 10, CfaOrder::Rggb, format, Colorimetry::Bt709, *layout});
      !r) {
    std::fprintf(stderr, "%s\n", r.error().message.c_str());
    return false;
  }
  GstCameraIspParameters parameters = neutral_isp_parameters();
  std::fill_n(parameters.black_level, 4, uint16_t{64 << 6});
  parameters.gains[0] = 1.7F;
  parameters.gains[3] = 1.5F;
  const float ccm[9] = {1.6F, -0.4F, -0.2F, -0.3F, 1.6F, -0.3F, 0.0F, -0.5F, 1.5F};
  std::copy_n(ccm, 9, parameters.ccm);
  const RawFrame frame{samples.data(), kSize, kSize.width * 2, 10, CfaOrder::Rggb};
  std::vector<uint8_t> out(layout->size);
  std::vector<uint8_t> copy(layout->size);
  GstCameraIspStatistics statistics;

  bool ok = true;
  const auto develop = [&](GstCameraIspStatistics* s) {
    return time_ms([&] { ok = isp.process(frame, parameters, out.data(), s).ok() && ok; });
  };
  const double copy_ms = time_ms([&] { std::memcpy(copy.data(), out.data(), out.size()); });
  const double ms = develop(&statistics);
  const double plain_ms = develop(nullptr);
  parameters.lens_shading_enabled = 1;
  const double shading_ms = develop(&statistics);
  std::printf(
      "{\"benchmark\": \"isp\", \"format\": \"%s\", \"width\": %u, \"height\": %u, \"bits\": 10, "
      "\"ms_per_frame\": %.3f, \"mpixel_per_s\": %.1f, \"ms_without_statistics\": %.3f, "
      "\"ms_with_lens_shading\": %.3f, \"memcpy_ms\": %.3f}\n",
      to_string(format), kSize.width, kSize.height, ms,
      static_cast<double>(kSize.width) * kSize.height / ms / 1000.0, plain_ms, shading_ms, copy_ms);
  return ok;
}

}  // namespace

int main() {
  const auto samples = mosaic();
  bool ok = true;
  for (PixelFormat format : software_isp_formats())
    ok = run(format, samples) && ok;
  return ok ? 0 : 1;
}
