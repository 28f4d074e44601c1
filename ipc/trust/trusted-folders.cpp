/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/trust/trusted-folders.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

namespace gstcam::ipc {

void add_trusted_folders(KeyRing& keys) {
  keys.add_folder(IPA_KEYS_DIR);
  keys.add_folder(IPA_KEYS_SYSTEM_DIR);
  const char* variable = secure_getenv("GST_CAMERA_IPA_KEYS");
  const std::string_view list(variable ? variable : "");
  for (size_t begin = 0; begin < list.size();) {
    const size_t end = std::min(list.find(':', begin), list.size());
    if (end > begin)
      keys.add_folder(std::string(list.substr(begin, end - begin)));
    begin = end + 1;
  }
}

}  // namespace gstcam::ipc
