/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * World: the surroundings of one camerasrc (files, environment, properties, limits), made to be
 * spoilt and put right again. It lives in a folder of its own, which goes with it.
 */
#pragma once

#include <glib/gstdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "tests/gst/element-fixture.h"

namespace gstcam::test {

namespace fs = std::filesystem;

inline constexpr const char* kGoodCaps = "video/x-raw,width=320,height=240,framerate=60/1";

inline std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  g_assert_true(in.good());
  return std::string(std::istreambuf_iterator<char>(in), {});
}

/** The same bytes at every run. */
inline std::string random_bytes(size_t size) {
  GRand* rand = g_rand_new_with_seed(17);
  std::string bytes(size, '\0');
  for (char& c : bytes)
    c = static_cast<char>(g_rand_int_range(rand, 0, 256));
  g_rand_free(rand);
  return bytes;
}

class World {
 public:
  explicit World(const char* host)
      : host_(host),
        pipeline(to_appsink(std::string("ipa-isolation=") + host,
                            std::string("capsfilter name=filter caps=") + kGoodCaps)) {
    ErrorOut error;
    const CharPtr made(g_dir_make_tmp("bad-input-XXXXXX", &error));
    g_assert_nonnull(made.get());
    dir_ = made.get();
  }
  ~World() {
    pipeline.set_state(GST_STATE_NULL);
    mend();
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] const std::string& host() const { return host_; }
  [[nodiscard]] std::string path(const std::string& name) const { return dir_ / name; }

  /** A new file in place of whatever has this name. */
  std::string write(const std::string& name, const std::string& bytes) {
    const fs::path file = dir_ / name;
    fs::remove_all(file);
    std::ofstream out(file, std::ios::binary);
    out << bytes;
    out.close();
    g_assert_true(out.good());
    return file;
  }
  std::string make_folder(const std::string& name) {
    fs::remove_all(dir_ / name);
    fs::create_directory(dir_ / name);
    return dir_ / name;
  }
  std::string make_link(const std::string& name, const fs::path& target) {
    fs::remove_all(dir_ / name);
    fs::create_symlink(target, dir_ / name);
    return dir_ / name;
  }
  /** What a launch line writes into `name`. */
  std::string record(const std::string& launch, const std::string& name) {
    fs::remove_all(dir_ / name);
    ErrorOut error;
    const auto made = ObjectPtr<GstElement>::adopt(static_cast<GstElement*>(gst_object_ref_sink(
        gst_parse_launch((launch + " ! filesink location=" + path(name)).c_str(), &error))));
    g_assert_null(error.get());
    gst_element_set_state(made.get(), GST_STATE_PLAYING);
    const auto bus = ObjectPtr<GstBus>::adopt(gst_element_get_bus(made.get()));
    const MessagePtr end(gst_bus_timed_pop_filtered(
        bus.get(), kTestTimeout, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
    g_assert_nonnull(end.get());
    g_assert_cmpint(GST_MESSAGE_TYPE(end.get()), ==, GST_MESSAGE_EOS);
    gst_element_set_state(made.get(), GST_STATE_NULL);
    return path(name);
  }

  void set_env(const std::string& name, const std::string& value) {
    if (!env_.contains(name)) {
      const char* old = g_getenv(name.c_str());
      env_[name] = old ? std::optional<std::string>(old) : std::nullopt;
    }
    g_setenv(name.c_str(), value.c_str(), TRUE);
  }
  void set_caps(const std::string& text) {
    const auto filter =
        ObjectPtr<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "filter"));
    const CapsPtr caps(gst_caps_from_string(text.c_str()));
    g_assert_nonnull(caps.get());
    g_object_set(filter.get(), "caps", caps.get(), nullptr);
  }
  /** A soft limit of this process, until mend(). */
  void limit(int resource, rlim_t value) {
    struct rlimit now {};
    g_assert_cmpint(getrlimit(resource, &now), ==, 0);
    if (!limits_.contains(resource))
      limits_[resource] = now;
    now.rlim_cur = value;
    g_assert_cmpint(setrlimit(resource, &now), ==, 0);
  }

  /** Limits, environment, caps and properties as they were. */
  void mend() {
    for (const auto& [resource, value] : limits_)
      setrlimit(resource, &value);
    limits_.clear();
    for (const auto& [name, value] : env_) {
      if (value)
        g_setenv(name.c_str(), value->c_str(), TRUE);
      else
        g_unsetenv(name.c_str());
    }
    env_.clear();
    set_caps(kGoodCaps);
    g_object_set(pipeline.src.get(), "tuning-file", nullptr, "camera-name", nullptr, nullptr);
  }

 private:
  std::string host_;
  fs::path dir_;
  std::map<std::string, std::optional<std::string>> env_;
  std::map<int, struct rlimit> limits_;

 public:
  TestPipeline pipeline;
};

}  // namespace gstcam::test
