/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/trust/key-ring.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/glib-ptr.h"
#include "ipc/trust/small-file.h"

namespace gstcam::ipc {

namespace {

/* Keys decide what runs in us: who could change them must be able to change us already. */
Result<void> check_owner(int fd) {
  struct stat info {};
  if (fstat(fd, &info) < 0)
    return Error::from_errno(errno, "cannot examine it");
  if (info.st_uid != 0 && info.st_uid != geteuid()) {
    return Error(Error::Code::Permission,
                 "it belongs to user " + std::to_string(info.st_uid) + ", expected root or us");
  }
  if (info.st_mode & (S_IWGRP | S_IWOTH))
    return Error(Error::Code::Permission, "others may write it", "chmod go-w");
  return {};
}

}  // namespace

Result<void> KeyRing::add(std::string_view pem, std::string origin) {
  Result<PublicKey> key = PublicKey::from_pem(pem);
  if (!key)
    return key.error();
  if (!find(key->id()))
    entries_.push_back({std::move(*key), std::move(origin)});
  return {};
}

Result<void> KeyRing::add_file(const std::string& path) {
  Result<UniqueFd> fd = open_regular(path);
  if (!fd)
    return fd.error();
  if (Result<void> checked = check_owner(fd->get()); !checked)
    return checked;
  const Result<std::string> pem = read_small(fd->get(), PublicKey::kMaxFile);
  if (!pem)
    return pem.error();
  return add(*pem, path);
}

void KeyRing::add_folder(const std::string& folder) {
  const auto path_of = [&folder](const std::string& name) {
    std::string path = folder;
    path += '/';
    return path += name;
  };
  const auto leave_out = [this](const std::string& path, const Error& why) {
    problems_.push_back("'" + path + "' is left out: " + why.message +
                        (why.hint.empty() ? "" : " (" + why.hint + ")"));
  };
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno != ENOENT)
      leave_out(folder, Error::from_errno(errno, "cannot open it"));
    return;
  }
  if (Result<void> checked = check_owner(fd.get()); !checked) {
    leave_out(folder, checked.error());
    return;
  }
  const HandlePtr<DIR, closedir> list(fdopendir(fd.get()));
  if (!list) {
    leave_out(folder, Error::from_errno(errno, "cannot list it"));
    return;
  }
  (void)fd.release();  // the list's now
  std::vector<std::string> names;
  while (const dirent* entry = readdir(list.get())) {  // NOLINT(concurrency-mt-unsafe)
    const std::string name = entry->d_name;
    if (!name.ends_with(".pem") || name.starts_with('.'))
      continue;
    if (names.size() == kMaxFiles) {
      leave_out(path_of(name), Error(Error::Code::Invalid, "there are too many files"));
      break;
    }
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const std::string path = path_of(name);
    if (Result<void> added = add_file(path); !added)
      leave_out(path, added.error());
  }
}

const KeyRing::Entry* KeyRing::find(std::string_view key_id) const {
  for (const Entry& entry : entries_) {
    if (entry.key.id() == key_id)
      return &entry;
  }
  return nullptr;
}

}  // namespace gstcam::ipc
