/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DeviceMonitor: what the kernel and udevd announce. Announcements need a kernel with video nodes
 * that may be asked for some: with --announce (tests/vm), and never where people's devices are.
 */
#include "core/v4l2/device-monitor.h"

#include <algorithm>
#include <cstring>
#include <fstream>

#include "core/v4l2/device-nodes.h"
#include "tests/core/v4l2/seam.h"
#include "tests/gst/holdings.h"

using namespace gstcam;
using namespace gstcam::v4l2;
using gstcam::test::Holdings;
using gstcam::v4l2::test::expect;

namespace {

struct Heard {
  explicit Heard(DeviceMonitor::Source source)
      : monitor(expect(DeviceMonitor::create(context.get(), source, {"video4linux", "media"},
                                             [this](const std::vector<DeviceEvent>& events) {
                                               calls++;
                                               all.insert(all.end(), events.begin(), events.end());
                                             }))) {}

  void wait_for(size_t count) {
    const gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    while (all.size() < count) {
      g_assert_cmpint(g_get_monotonic_time(), <, end);
      g_main_context_iteration(context.get(), TRUE);
    }
  }

  MainContextPtr context{g_main_context_new()};
  int calls = 0;
  std::vector<DeviceEvent> all;
  std::unique_ptr<DeviceMonitor> monitor;
};

/** Has the kernel announce a node again; false where that cannot be. */
bool announce(const std::string& node, const char* action) {
  std::ofstream file("/sys/class/video4linux/" + node.substr(5) + "/uevent");
  file << action << std::flush;
  return file.good();
}

void test_announced(gconstpointer data) {
  const auto source = *static_cast<const DeviceMonitor::Source*>(data);
  const std::vector<std::string> nodes = expect(video_nodes(system_kernel()));
  if (nodes.size() < 2) {
    g_test_skip("there are no two video nodes");
    return;
  }
  if (source == DeviceMonitor::Source::Udev &&
      DeviceMonitor::source_there_is() != DeviceMonitor::Source::Udev) {
    g_test_skip("udevd does not run");
    return;
  }
  Heard heard(source);
  if (!announce(nodes[0], "change")) {
    g_test_skip("this is not root's kernel");
    return;
  }
  heard.wait_for(1);
  g_assert_cmpstr(heard.all[0].path.c_str(), ==, nodes[0].c_str());
  g_assert_true(heard.all[0].action == DeviceEvent::Action::Changed);
  g_assert_true(announce(nodes[1], "remove"));
  heard.wait_for(2);
  g_assert_cmpstr(heard.all[1].path.c_str(), ==, nodes[1].c_str());
  g_assert_true(heard.all[1].action == DeviceEvent::Action::Removed);
  g_assert_true(announce(nodes[1], "add"));
  heard.wait_for(3);
  g_assert_true(heard.all[2].action == DeviceEvent::Action::Added);
}

/* The kernel's own come before write() returns: all of them are there to be merged. */
void test_burst() {
  const std::vector<std::string> nodes = expect(video_nodes(system_kernel()));
  Heard heard(DeviceMonitor::Source::Kernel);
  if (nodes.empty() || !announce(nodes[0], "change")) {
    g_test_skip("this is not root's kernel, or there is no video node");
    return;
  }
  for (int i = 1; i < 20; i++)
    g_assert_true(announce(nodes[0], "change"));
  heard.wait_for(20);
  g_assert_cmpint(heard.calls, ==, 1);
  /* A monitor that ends with announcements to tell tells them to nobody. */
  g_assert_true(announce(nodes[0], "change"));
  heard.monitor.reset();
  g_main_context_iteration(heard.context.get(), FALSE);
  g_assert_cmpint(heard.calls, ==, 1);
}

/* More than the socket holds: that something was lost is told, and it goes on. */
void test_flood() {
  const std::vector<std::string> nodes = expect(video_nodes(system_kernel()));
  Heard heard(DeviceMonitor::Source::Kernel);
  if (nodes.empty() || !announce(nodes[0], "change")) {
    g_test_skip("this is not root's kernel, or there is no video node");
    return;
  }
  for (int i = 0; i < 2000; i++)
    g_assert_true(announce(nodes[0], "change"));
  heard.wait_for(1);
  while (g_main_context_iteration(heard.context.get(), FALSE)) {
  }
  g_assert_true(
      std::ranges::any_of(heard.all, [](const DeviceEvent& e) { return e.path.empty(); }));
  const size_t before = heard.all.size();
  g_assert_cmpuint(before, <, 2000);
  g_assert_true(announce(nodes[0], "add"));
  heard.wait_for(before + 1);
  g_assert_true(heard.all.back().action == DeviceEvent::Action::Added);
}

void test_gives_back() {
  Heard first(DeviceMonitor::Source::Kernel);
  const Holdings before;
  for (int i = 0; i < 50; i++)
    const Heard heard(DeviceMonitor::Source::Kernel);
  g_assert_cmpuint(Holdings().fds, ==, before.fds);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  static const DeviceMonitor::Source udev = DeviceMonitor::Source::Udev;
  static const DeviceMonitor::Source kernel = DeviceMonitor::Source::Kernel;
  if (argc > 1 && std::strcmp(argv[1], "--announce") == 0) {
    g_test_add_data_func("/device-monitor/udev", &udev, test_announced);
    g_test_add_data_func("/device-monitor/kernel", &kernel, test_announced);
    g_test_add_func("/device-monitor/burst", test_burst);
    g_test_add_func("/device-monitor/flood", test_flood);
  }
  g_test_add_func("/device-monitor/gives-back", test_gives_back);
  return g_test_run();
}
