/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * camerasrc and the isolation of its IPA: what ipa-sandbox does where bubblewrap is missing, and
 * that isolation-level, the message and the kernel say the same.
 */
#include <filesystem>
#include <fstream>

#include "pipelines/registry.h"
#include "tests/gst/element-fixture.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

constexpr char kSmall[] = "video/x-raw,width=320,height=240,framerate=60/1";

/* No program is found while it lives. */
class NoPrograms {
 public:
  NoPrograms() : path_(g_getenv("PATH")) { g_setenv("PATH", "/nonexistent", TRUE); }
  ~NoPrograms() { g_setenv("PATH", path_.c_str(), TRUE); }
  NoPrograms(const NoPrograms&) = delete;
  NoPrograms& operator=(const NoPrograms&) = delete;

 private:
  const std::string path_;
};

void expect_same(const std::string& text, const std::string& wanted) {
  g_assert_cmpstr(text.c_str(), ==, wanted.c_str());
}

std::string level(TestPipeline& p) {
  char* text = nullptr;
  g_object_get(p.src.get(), "isolation-level", &text, nullptr);
  const CharPtr owned(text);
  return owned.get();
}

int pid(TestPipeline& p) {
  int value = 0;
  g_object_get(p.src.get(), "ipa-pid", &value, nullptr);
  return value;
}

void expect_message(TestPipeline& p, const std::string& wanted) {
  for (;;) {
    const MessagePtr message = p.wait_for(GST_MESSAGE_ELEMENT);
    if (!gst_message_has_name(message.get(), "camera-isolation"))
      continue;
    const GstStructure* s = gst_message_get_structure(message.get());
    g_assert_cmpstr(gst_structure_get_string(s, "level"), ==, wanted.c_str());
    return;
  }
}

bool has(const std::string& levels, const std::string& layer) {
  return ("," + levels).find("," + layer) != std::string::npos;
}

/* What the kernel says of a process, whatever it says of itself. */
std::string status_of(int process, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":\t"))
      return line.substr(name.size() + 2);
  }
  return {};
}
bool own_namespace(int process, const std::string& name) {
  namespace fs = std::filesystem;
  return fs::read_symlink("/proc/" + std::to_string(process) + "/ns/" + name) !=
         fs::read_symlink("/proc/self/ns/" + name);
}

void test_require_without_bubblewrap() {
  const NoPrograms none;
  TestPipeline p(to_appsink("ipa-isolation=worker ipa-sandbox=require", kSmall));
  g_assert_cmpint(p.set_state(GST_STATE_PLAYING), ==, GST_STATE_CHANGE_FAILURE);
  const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
  const std::string text = TestPipeline::error_of(message.get());
  g_test_message("%s", text.c_str());
  g_assert_nonnull(strstr(text.c_str(), "install bubblewrap"));
  expect_same(level(p), "");
  g_assert_cmpint(pid(p), ==, 0);
}

void test_prefer_without_bubblewrap() {
  const NoPrograms none;
  TestPipeline p(to_appsink("ipa-isolation=worker ipa-sandbox=prefer", kSmall));
  p.play();
  const MessagePtr warning = p.wait_for(GST_MESSAGE_WARNING);
  const std::string text = TestPipeline::error_of(warning.get());
  g_test_message("%s", text.c_str());
  g_assert_nonnull(strstr(text.c_str(), "install bubblewrap"));
  p.pull_some(5);
  const std::string levels = level(p);
  expect_message(p, levels);
  g_test_message("%s", levels.c_str());
  for (const char* layer : {"bubblewrap", "namespaces"})
    g_assert_false(has(levels, layer));
  for (const char* layer : {"no-new-privs", "rlimits", "seccomp"})
    g_assert_true(has(levels, layer));
  g_assert_false(own_namespace(pid(p), "net"));
  expect_same(status_of(pid(p), "Seccomp"), "2");
  expect_same(status_of(pid(p), "NoNewPrivs"), "1");
}

void test_worker() {
  TestPipeline p(to_appsink("ipa-isolation=worker", kSmall));
  p.play();
  p.pull_some(5);
  const std::string levels = level(p);
  expect_message(p, levels);
  for (const char* layer : {"bubblewrap", "namespaces", "no-capabilities", "no-new-privs",
                            "rlimits", "landlock-abi-", "seccomp"})
    g_assert_true(has(levels, layer));
  g_assert_cmpint(pid(p), !=, getpid());
  for (const char* space : {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"})
    g_assert_true(own_namespace(pid(p), space));
  expect_same(status_of(pid(p), "Seccomp"), "2");
  expect_same(status_of(pid(p), "CapBnd"), "0000000000000000");
  p.set_state(GST_STATE_NULL);
  expect_same(level(p), "");
}

void test_thread() {
  TestPipeline p(to_appsink("ipa-isolation=thread", kSmall));
  p.play();
  p.pull_some(5);
  expect_same(level(p), "none");
  expect_message(p, "none");
  g_assert_cmpint(pid(p), ==, getpid());
}

}  // namespace

int main(int argc, char** argv) {
  init_element_test(&argc, &argv);
  set_pipeline_factories(pipeline_factories);
  g_test_add_func("/gst/isolation/require-without-bubblewrap", test_require_without_bubblewrap);
  g_test_add_func("/gst/isolation/prefer-without-bubblewrap", test_prefer_without_bubblewrap);
  g_test_add_func("/gst/isolation/worker", test_worker);
  g_test_add_func("/gst/isolation/thread", test_thread);
  return g_test_run();
}
