/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vimc camera on a real kernel (tests/vm): frames of each stream alone and together, the IPA in
 * a thread and in a worker, the worker killed, the driver unbound. Leaves links as it found them.
 */
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <cerrno>
#include <string>

#include "tests/pipelines/vimc/vimc-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using v4l2::test::expect;
using vimc::kRawA;
using vimc::kRawB;
using vimc::kScaled;

namespace {

constexpr uint32_t kFrames = 100;
constexpr Size kSize{160, 120};
constexpr IpaIsolation kThread = IpaIsolation::Thread;
constexpr IpaIsolation kWorker = IpaIsolation::Worker;

std::unique_ptr<PipelineHandler> handler() {
  v4l2::Kernel& kernel = v4l2::system_kernel();
  return std::make_unique<vimc::VimcPipeline>(
      kernel, expect(vimc::find_vimc_cameras(kernel)).cameras.at(0), vimc::VimcOptions());
}

/** A byte of a frame, as the driver wrote it. */
uint8_t byte_at(const FrameBuffer& frame, size_t offset) {
  g_assert_true(frame.memory() == FrameBuffer::Memory::DmaBuf);
  void* const memory = mmap(nullptr, frame.size(), PROT_READ, MAP_SHARED, frame.fd(), 0);
  g_assert_true(memory != MAP_FAILED);
  dma_buf_sync sync{};
  sync.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ;
  g_assert_cmpint(ioctl(frame.fd(), DMA_BUF_IOCTL_SYNC, &sync), ==, 0);
  const uint8_t byte = static_cast<const uint8_t*>(memory)[offset];
  sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ;
  g_assert_cmpint(ioctl(frame.fd(), DMA_BUF_IOCTL_SYNC, &sync), ==, 0);
  munmap(memory, frame.size());
  return byte;
}

/* Half way down: the test pattern is bars, white (75 %) at the left, black at the right; the text
 * in its corner is above. */
uint8_t left(const FrameBuffer& frame, uint32_t stream) {
  return byte_at(frame, frame.layout().planes[0].stride * (kSize.height * 3 / 4) +
                            (stream == kScaled ? 6 : 2));
}
uint8_t right(const FrameBuffer& frame, uint32_t stream) {
  return byte_at(frame, frame.layout().planes[0].stride * (kSize.height * 3 / 4) +
                            (stream == kScaled ? 3 : 1) * (kSize.width - 3));
}

struct Run {
  CameraFixture f{handler()};
  std::vector<StreamConfiguration> streams;

  Run(const std::vector<uint32_t>& ids, IpaIsolation isolation) {
    CameraOptions options;
    options.ipa_isolation = isolation;
    CHECK_OK(f.camera->acquire(options));
    for (const uint32_t id : ids)
      streams.push_back(vimc_stream(id, kSize));
    CHECK_OK(f.camera->configure(streams));
    make_requests(f, streams, 6);
    f.requeue = true;
  }
  void start() {
    CHECK_OK(f.camera->start({}));
    f.queue_all();
  }
  void check_numbers(uint32_t count) {
    const std::lock_guard lock(f.mutex);
    for (uint32_t i = 0; i < count; i++) {
      g_assert_true(f.done[i].status == Request::Status::Complete);
      g_assert_cmpuint(f.done[i].sequence, ==, i);
    }
    g_assert_true(f.failures.empty());
  }
};

void test_frames(gconstpointer data) {
  const IpaIsolation isolation = *static_cast<const IpaIsolation*>(data);
  const std::vector<std::vector<uint32_t>> sets = {
      {kScaled}, {kRawA}, {kRawB}, {kScaled, kRawA}, {kRawA, kRawB}};
  for (const std::vector<uint32_t>& set : sets) {
    Run run(set, isolation);
    run.f.on_completed = [&](Request& r) {
      if (r.status != Request::Status::Complete)
        return;
      g_assert_cmpint(r.metadata.get_or<int32_t>(ControlId::IpaHost, -1), ==,
                      isolation == kThread ? kIpaHostThread : kIpaHostWorker);
      for (const uint32_t id : set) {
        g_assert_cmpuint(left(*r.buffer(id), id), ==, 191);
        g_assert_cmpuint(right(*r.buffer(id), id), ==, 0);
      }
    };
    run.start();
    run.f.wait_done(kFrames);
    CHECK_OK(run.f.camera->stop());
    run.check_numbers(kFrames);
  }
}

/* The application's brightness is in the pictures of all streams. */
void test_brightness() {
  Run run({kScaled, kRawA}, kWorker);
  std::atomic<bool> seen{false};
  run.f.on_completed = [&](Request& r) {
    const double brightness = r.metadata.get_or(ControlId::Brightness, -2.0);
    const bool brighter =
        left(*r.buffer(kScaled), kScaled) > 191 && left(*r.buffer(kRawA), kRawA) > 191;
    if (brightness > 0.1 && brighter)
      seen = true;
  };
  ControlList controls;
  run.start();
  run.f.wait_done(10);
  g_assert_false(seen);
  run.f.requeue = false;
  run.f.wait([&run] {
    return std::ranges::none_of(run.f.requests, [](const auto& r) { return r->in_flight(); });
  });
  run.f.requeue = true;
  run.f.requests[0]->reuse(true);
  run.f.requests[0]->controls.set(ControlId::Brightness, 0.25);
  for (size_t i = 1; i < run.f.requests.size(); i++)
    run.f.requests[i]->reuse(true);
  run.f.queue_all();
  run.f.wait([&seen] { return seen.load(); });
  CHECK_OK(run.f.camera->stop());
}

void test_killed() {
  Run run({kScaled, kRawA}, kWorker);
  run.start();
  run.f.wait_done(30);
  const int pid = run.f.camera->ipa_pid();
  g_assert_cmpint(pid, >, 0);
  g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
  run.f.wait([&run] {
    return std::ranges::count(run.f.notices, "camera-ipa-recovered", &Notice::name) == 1;
  });
  run.f.wait_done(kFrames);
  CHECK_OK(run.f.camera->stop());
  run.check_numbers(kFrames);
  g_assert_cmpint(std::ranges::count(run.f.notices, "camera-ipa-lost", &Notice::name), ==, 1);
}

void tell_driver(const char* file) {
  const std::string path = std::string("/sys/bus/platform/drivers/vimc/") + file;
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  g_assert_cmpint(fd, >=, 0);
  g_assert_cmpint(write(fd, "vimc.0", 6), ==, 6);
  close(fd);
}

void test_unbound() {
  {
    Run run({kScaled, kRawA}, kWorker);
    run.start();
    run.f.wait_done(5);
    tell_driver("unbind");
    run.f.wait_failed();
    g_assert_true(run.f.failures[0].code == Error::Code::Lost);
    g_assert_true(expect(vimc::find_vimc_cameras(v4l2::system_kernel())).cameras.empty());
  }
  tell_driver("bind");
  Run again({kScaled}, kThread);
  again.start();
  again.f.wait_done(5);
  again.check_numbers(5);
  CHECK_OK(again.f.camera->stop());
  again.f.camera->release();
  /* Its links are as the driver comes again. */
  tell_driver("unbind");
  tell_driver("bind");
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_data_func("/vimc-kernel/frames-thread", &kThread, test_frames);
  g_test_add_data_func("/vimc-kernel/frames-worker", &kWorker, test_frames);
  g_test_add_func("/vimc-kernel/brightness", test_brightness);
  g_test_add_func("/vimc-kernel/killed", test_killed);
  g_test_add_func("/vimc-kernel/unbound", test_unbound);
  return g_test_run();
}
