/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker/landlock.h"

#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/unique-fd.h"

namespace gstcam::ipc {

namespace {

/* struct landlock_ruleset_attr as of ABI 6, which headers may not have; older kernels take its
 * beginning. */
struct RulesetAttributes {
  uint64_t handled_access_fs = 0;
  uint64_t handled_access_net = 0;  // from ABI 4
  uint64_t scoped = 0;              // from ABI 6
};

/* All rights on files: how many bits each ABI has. A later one is used as the last we know. */
constexpr std::array<unsigned, 6> kFileBits = {0, 13, 14, 15, 15, 16};
constexpr uint64_t kTcpBindAndConnect = 3;
constexpr uint64_t kAbstractSocketsAndSignals = 3;

/* A file may be given rights only that a file has. */
constexpr uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr uint64_t kReadFolder = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

int add_rule(int ruleset, uint64_t rights, int what) {
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = what;
  return static_cast<int>(
      syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
}

}  // namespace

Result<int> apply_landlock(const std::vector<std::string>& folders, int file) {
  const int abi = static_cast<int>(
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
  if (abi < 1) {
    return Error(Error::Code::NotFound, "the kernel has no Landlock",
                 "use a kernel >= 5.13 with CONFIG_SECURITY_LANDLOCK=y and 'landlock' in its "
                 "parameter lsm=");
  }
  RulesetAttributes attributes;
  const unsigned bits = kFileBits[std::min<size_t>(static_cast<size_t>(abi), kFileBits.size() - 1)];
  attributes.handled_access_fs = (1ULL << bits) - 1;
  size_t size = sizeof(uint64_t);
  if (abi >= 4) {
    attributes.handled_access_net = kTcpBindAndConnect;
    size = 2 * sizeof(uint64_t);
  }
  if (abi >= 6) {
    attributes.scoped = kAbstractSocketsAndSignals;
    size = sizeof(attributes);
  }
  const UniqueFd ruleset(
      static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!ruleset.valid())
    return Error::from_errno(errno, "cannot make a Landlock ruleset");
  for (const std::string& folder : folders) {
    const UniqueFd fd(::open(folder.c_str(), O_PATH | O_CLOEXEC));
    struct stat info {};
    if (!fd.valid() || fstat(fd.get(), &info) < 0)
      continue;  // not there: nothing to allow
    if (add_rule(ruleset.get(), S_ISDIR(info.st_mode) ? kReadFolder : kReadFile, fd.get()) < 0)
      return Error::from_errno(errno, "cannot add '" + folder + "' to the Landlock ruleset");
  }
  /* EBADFD: a file of no file system (a memfd), which Landlock does not restrict. */
  if (file >= 0 && add_rule(ruleset.get(), kReadFile, file) < 0 && errno != EBADFD)
    return Error::from_errno(errno, "cannot add the module to the Landlock ruleset");
  if (syscall(SYS_landlock_restrict_self, ruleset.get(), 0) < 0)
    return Error::from_errno(errno, "cannot apply the Landlock ruleset");
  return abi;
}

}  // namespace gstcam::ipc
