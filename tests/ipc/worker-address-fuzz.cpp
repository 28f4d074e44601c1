/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text as a worker's address: refused, or a path that names one socket, and users. */
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "ipc/worker-address.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gstcam;  // NOLINT
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Result<ipc::WorkerAddress> address = ipc::parse_worker_address(text);
  if (!address) {
    if (address.error().message.empty())
      std::abort();
    return 0;
  }
  /* A zero byte would end the path early, or name another kind of socket. */
  const bool good =
      !address->path.empty() && address->path.size() < sizeof(sockaddr_un::sun_path) &&
      address->path.find('\0') == std::string::npos &&
      std::ranges::find(address->users, static_cast<uid_t>(-1)) == address->users.end();
  if (!good)
    std::abort();
  return 0;
}
