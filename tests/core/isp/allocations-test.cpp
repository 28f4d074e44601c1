/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SoftwareIsp::process() allocates nothing: operator new counts in this program.
 */
#include <cstdlib>
#include <new>

#include "tests/core/isp/mosaics.h"

namespace {

size_t allocations = 0;

}  // namespace

void* operator new(size_t size) {
  allocations++;
  if (void* p = std::malloc(size ? size : 1))
    return p;
  throw std::bad_alloc();
}

void operator delete(void* p) noexcept {
  std::free(p);
}

void operator delete(void* p, size_t) noexcept {
  std::free(p);
}

namespace {

using namespace gstcam;
using namespace gstcam::test;

void test_process() {
  const Mosaic mosaic = random_mosaic({65, 33}, 12, CfaOrder::Gbrg);
  GstCameraIspParameters parameters[] = {neutral_isp_parameters(), busy_parameters()};
  for (PixelFormat format : software_isp_formats()) {
    auto layout = frame_layout(format, mosaic.size);
    g_assert_true(layout.ok());
    std::vector<uint8_t> out(layout->size);
    SoftwareIsp isp;
    const size_t before_configure = allocations;
    g_assert_true(
        isp.configure({mosaic.size, 12, CfaOrder::Gbrg, format, Colorimetry::Bt601, *layout}).ok());
    g_assert_cmpuint(allocations, >, before_configure);  // it does count
    const size_t before = allocations;
    GstCameraIspStatistics statistics;
    for (const auto& p : parameters)
      g_assert_true(isp.process(mosaic.frame(), p, out.data(), &statistics).ok());
    g_assert_cmpuint(allocations, ==, before);
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/isp-allocations/process", test_process);
  return g_test_run();
}
