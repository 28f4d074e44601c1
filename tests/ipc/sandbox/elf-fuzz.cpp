/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as an IPA module's file: what it needs, or an Error. Names stay names, and a file is
 * complete only where it holds every segment it announces.
 */
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/unique-fd.h"
#include "ipc/elf-extent.h"
#include "ipc/sandbox/elf-needs.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

using namespace gstcam;
using namespace gstcam::ipc;

namespace {

void require(bool fact) {
  if (!fact)
    std::abort();
}

bool has_end(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const UniqueFd file(memfd_create("module", MFD_CLOEXEC));
  require(ftruncate(file.get(), 0) == 0 &&
          pwrite(file.get(), data, size, 0) == static_cast<ssize_t>(size));
  if (const Result<void> whole = check_elf_extent(file.get()); !whole)
    require(!whole.error().message.empty());
  const Result<ElfNeeds> needs = read_elf_needs(file.get());
  if (!needs) {
    require(needs.error().code == Error::Code::Invalid && !needs.error().message.empty());
    return 0;
  }
  require(needs->interpreter.empty() || needs->interpreter.starts_with('/'));
  require(!has_end(needs->interpreter) && !has_end(needs->run_path));
  require(needs->needed.size() <= ElfNeeds::kMax);
  for (const std::string& name : needs->needed) {
    require(!name.empty() && name != "." && name != "..");
    require(name.find('/') == std::string::npos && !has_end(name));
  }
  return 0;
}
