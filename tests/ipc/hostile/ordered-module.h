/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OrderedModule: a copy of the hostile module with an order in it; gone with the object.
 */
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "base/glib-ptr.h"
#include "base/unique-fd.h"
#include "tests/ipc/hostile/order.h"

namespace gstcam::hostile {

/** The module without an order: it behaves. */
inline std::string honest_module() {
  return g_getenv("GST_CAMERA_TEST_HOSTILE");
}

class OrderedModule {
 public:
  OrderedModule(const std::string& call, const std::string& deed) {
    std::ifstream in(honest_module(), std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    std::string bytes = all.str();
    const size_t at = bytes.find(kOrderMark);
    g_assert_cmpuint(at, !=, std::string::npos);
    std::string order = kOrderMark + call + "/" + deed;
    g_assert_cmpuint(order.size(), <, kOrderSize);
    order.resize(kOrderSize, '\0');
    bytes.replace(at, kOrderSize, order);
    const CharPtr name(g_build_filename(g_get_tmp_dir(), "gst-camera-hostile-XXXXXX", nullptr));
    const UniqueFd fd(g_mkstemp_full(name.get(), O_RDWR | O_CLOEXEC, 0600));
    g_assert_true(fd.valid());
    path_ = name.get();
    g_assert_true(g_file_set_contents(path_.c_str(), bytes.data(),
                                      static_cast<gssize>(bytes.size()), nullptr));
    g_assert_cmpint(chmod(path_.c_str(), 0644), ==, 0);
  }
  ~OrderedModule() { unlink(path_.c_str()); }
  OrderedModule(const OrderedModule&) = delete;
  OrderedModule& operator=(const OrderedModule&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace gstcam::hostile
