/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * KeyRing: the public keys whose modules may run in the application.
 *
 * A folder of keys has a file KEY.pem a key. It counts only where nobody but root and the user we
 * run as can change it: folder and files belong to one of them and are writable for no others.
 * What is wrong with one file costs that file alone, and is in problems(). A value that moves;
 * const methods in any thread.
 */
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ipc/trust/key.h"

namespace gstcam::ipc {

class KeyRing {
 public:
  /** More files in one folder are not read. */
  static constexpr size_t kMaxFiles = 256;

  struct Entry {
    PublicKey key;
    std::string origin;  // "the key of this build", or the file
  };

  Result<void> add(std::string_view pem, std::string origin);
  /** A folder that is not there is no problem. */
  void add_folder(const std::string& folder);
  Result<void> add_file(const std::string& path);

  /** nullptr: there is none with this id. */
  [[nodiscard]] const Entry* find(std::string_view key_id) const;
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  /** For a log: what was left out, and why. */
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::vector<Entry> entries_;
  std::vector<std::string> problems_;
};

}  // namespace gstcam::ipc
