/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests of the hosts: an IPA of the test interface behind a thread or a worker, and what came
 * from it.
 */
#pragma once

#include <gst/gst.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/ipc/context-thread.h"
#include "tests/ipc/result-asserts.h"
#include "tests/ipc/test-ipa-proxy.h"

namespace gstcam::test {

inline std::string module_path(const char* name) {
  return std::string(g_getenv("GST_CAMERA_TEST_MODULES")) + "/" + name + ".so";
}

/** A pipe-like pair: `ours` opens the gate that `theirs` is. */
struct GatePair {
  UniqueFd ours;
  UniqueFd theirs;
  GatePair() {
    int fds[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    ours.reset(fds[0]);
    theirs.reset(fds[1]);
  }
};

/** A file in memory with this content. */
inline UniqueFd make_file(const std::string& content) {
  UniqueFd fd(memfd_create("test", MFD_CLOEXEC));
  g_assert_true(fd.valid());
  g_assert_cmpint(write(fd.get(), content.data(), content.size()), ==,
                  static_cast<ssize_t>(content.size()));
  return fd;
}

struct Events final : IpaEvents {
  void number(uint32_t value) override {
    numbers.push_back(value);
    threads.push_back(std::this_thread::get_id());
  }
  void everything(const Everything& everything, const ControlList& controls) override {
    records.push_back(everything);
    control_lists.push_back(controls);
  }
  void files(const UniqueFd& fd, const Files& files) override {
    g_assert_true(fd.valid());
    labels.push_back(files.label);
    file_count += 1 + files.many.size() + files.named.size() + 3;
  }
  void bytes(const std::vector<uint8_t>& bytes) override { blobs.push_back(bytes); }

  std::vector<uint32_t> numbers;
  std::vector<std::thread::id> threads;
  std::vector<Everything> records;
  std::vector<ControlList> control_lists;
  std::vector<std::string> labels;
  size_t file_count = 0;
  std::vector<std::vector<uint8_t>> blobs;
};

/** One IPA. `lost` and `failed` collect what the host reports. */
struct Peer {
  explicit Peer(IpaIsolation isolation, const char* module = "echo",
                GMainContext* context = nullptr) {
    options.isolation = isolation;
    options.module = module_path(module);
    main_context = context;
  }
  /** Makes the IPA, and returns the error where that fails. */
  Result<void> make() {
    ipc::HostHandlers handlers;
    handlers.on_lost = [this](const Error& error) { lost.push_back(error); };
    handlers.on_call_failed = [this](std::string_view member, const Error& error) {
      failed.push_back(std::string(member) + ": " + error.message + " after " +
                       std::to_string(events.numbers.size()));
    };
    Result<std::unique_ptr<IpaProxy>> made =
        create_ipa(options, main_context, events, std::move(handlers));
    if (!made)
      return std::move(made).error();
    ipa = std::move(*made);
    return {};
  }
  Result<std::string> init(const std::string& tuning_name = "test.yaml") {
    ipa::Settings settings;
    settings.tuning = make_file("a: 1\n");
    settings.tuning_name = tuning_name;
    return ipa->init(settings);
  }
  void make_and_init() {
    ASSERT_OK(make());
    ASSERT_OK(init());
  }
  void make_and_start() {
    make_and_init();
    ASSERT_OK(ipa->start());
  }

  ipc::IpaOptions options;
  GMainContext* main_context = nullptr;
  Events events;
  std::vector<Error> lost;
  std::vector<std::string> failed;
  std::unique_ptr<IpaProxy> ipa;
};

}  // namespace gstcam::test
