/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the dynamic loader will ask for when it loads a program or library: its interpreter and the
 * names in DT_NEEDED. The file may be hostile: everything is read by offset and length, bounded,
 * and nothing of it is mapped or run.
 */
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace gstcam::ipc {

struct ElfNeeds {
  std::string interpreter;          // of a program: "/lib64/ld-linux-x86-64.so.2"; else empty
  std::string run_path;             // DT_RUNPATH or DT_RPATH, as it stands there
  std::vector<std::string> needed;  // at most kMax; plain file names, never a path
  static constexpr size_t kMax = 128;
};

/** Invalid: no ELF file of this machine, or a broken one. */
Result<ElfNeeds> read_elf_needs(int fd);

}  // namespace gstcam::ipc
