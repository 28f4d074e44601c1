/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SharedMemory: what a peer that gets a descriptor can do with it, and what it cannot. */
#include "base/shared-memory.h"

#include <fcntl.h>
#include <glib.h>
#include <sys/mman.h>

#include <string>

using namespace gstcam;

namespace {

SharedMemory create(SharedMemory::Peers peers) {
  Result<SharedMemory> memory = SharedMemory::create("test", 5000, peers);
  g_assert_true(memory.ok());
  return std::move(memory).value();
}

bool can_map(int fd, int protection) {
  void* data = mmap(nullptr, 5000, protection, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED)
    return false;
  munmap(data, 5000);
  return true;
}

void test_peers_may_write() {
  SharedMemory memory = create(SharedMemory::Peers::Write);
  Result<UniqueFd> fd = memory.share(false);
  g_assert_true(fd.ok());
  Result<SharedMemory> peer =
      SharedMemory::map(std::move(fd).value(), 5000, SharedMemory::Access::ReadWrite);
  g_assert_true(peer.ok());
  peer->data()[4999] = 7;
  g_assert_cmpint(memory.data()[4999], ==, 7);
  g_assert_cmpint(ftruncate(peer->fd(), 1), ==, -1);
  g_assert_cmpint(ftruncate(peer->fd(), 100000), ==, -1);
}

void test_peers_may_read() {
  SharedMemory memory = create(SharedMemory::Peers::Read);
  Result<UniqueFd> fd = memory.share(true);
  g_assert_true(fd.ok());
  g_assert_true(can_map(fd->get(), PROT_READ));
  g_assert_false(can_map(fd->get(), PROT_READ | PROT_WRITE));
  g_assert_cmpint(write(fd->get(), "x", 1), ==, -1);
  // Nor by opening it again, nor with the original descriptor.
  const std::string path = "/proc/self/fd/" + std::to_string(fd->get());
  UniqueFd again(open(path.c_str(), O_RDWR | O_CLOEXEC));
  g_assert_true(!again.valid() || !can_map(again.get(), PROT_READ | PROT_WRITE));
  g_assert_false(can_map(memory.fd(), PROT_READ | PROT_WRITE));
  // Our own mapping goes on, and the peer sees what it writes.
  Result<SharedMemory> peer =
      SharedMemory::map(std::move(fd).value(), 5000, SharedMemory::Access::ReadOnly);
  g_assert_true(peer.ok());
  memory.data()[0] = 9;
  g_assert_cmpint(peer->data()[0], ==, 9);
}

void test_refused() {
  g_assert_false(SharedMemory::create("test", 0).ok());
  g_assert_false(SharedMemory::create("test", SIZE_MAX / 2).ok());
  SharedMemory memory = create(SharedMemory::Peers::Write);
  Result<UniqueFd> fd = memory.share(false);
  g_assert_true(fd.ok());
  g_assert_false(
      SharedMemory::map(std::move(fd).value(), 5001, SharedMemory::Access::ReadOnly).ok());
  UniqueFd unsealed(memfd_create("unsealed", MFD_CLOEXEC));
  g_assert_cmpint(ftruncate(unsealed.get(), 5000), ==, 0);
  g_assert_false(SharedMemory::map(std::move(unsealed), 5000, SharedMemory::Access::ReadOnly).ok());
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/shared-memory/peers-may-write", test_peers_may_write);
  g_test_add_func("/shared-memory/peers-may-read", test_peers_may_read);
  g_test_add_func("/shared-memory/refused", test_refused);
  return g_test_run();
}
