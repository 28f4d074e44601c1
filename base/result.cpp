/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/result.h"

#include <array>
#include <cerrno>
#include <system_error>

namespace gstcam {

namespace {

struct CodeName {
  Error::Code code;
  const char* name;
};

constexpr std::array<CodeName, 11> kCodeNames = {{
    {Error::Code::Failed, "failed"},
    {Error::Code::Invalid, "invalid"},
    {Error::Code::NotFound, "not-found"},
    {Error::Code::Permission, "permission"},
    {Error::Code::Busy, "busy"},
    {Error::Code::NoSpace, "no-space"},
    {Error::Code::Unsupported, "unsupported"},
    {Error::Code::WrongState, "wrong-state"},
    {Error::Code::Timeout, "timeout"},
    {Error::Code::Lost, "lost"},
    {Error::Code::Protocol, "protocol"},
}};

Error::Code code_from_errno(int err) {
  switch (err) {
    case EINVAL:
    case EBADMSG:
      return Error::Code::Invalid;
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return Error::Code::NotFound;
    case EACCES:
    case EPERM:
      return Error::Code::Permission;
    case EBUSY:
      return Error::Code::Busy;
    case ENOSPC:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EDQUOT:
    case EFBIG:  // the limit of a file's size, which is one of space for whoever asked
      return Error::Code::NoSpace;
    case ENOTSUP:
    case ENOSYS:
    case ENOTTY:
      return Error::Code::Unsupported;
    case ETIMEDOUT:
      return Error::Code::Timeout;
    case EPIPE:
    case ECONNRESET:
      return Error::Code::Lost;
    default:
      return Error::Code::Failed;
  }
}

}  // namespace

Error Error::from_errno(int err, std::string_view what, std::string hint) {
  return Error(code_from_errno(err),
               std::string(what) + ": " + std::generic_category().message(err), std::move(hint));
}

const char* to_string(Error::Code code) {
  for (const CodeName& entry : kCodeNames) {
    if (entry.code == code)
      return entry.name;
  }
  return "failed";
}

Error::Code error_code_from_string(std::string_view word) {
  for (const CodeName& entry : kCodeNames) {
    if (word == entry.name)
      return entry.code;
  }
  return Error::Code::Failed;
}

}  // namespace gstcam
