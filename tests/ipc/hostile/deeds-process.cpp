/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deeds that end or hang the process. */
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>

#include "tests/ipc/hostile/deeds.h"

namespace gstcam::hostile {

namespace {

constexpr int kStatus = 9;

[[noreturn]] void loop() {
  static std::atomic<bool> end{false};
  while (!end) {
  }
  std::abort();
}

}  // namespace

bool end_process(std::string_view deed) {
  if (deed == "segfault") {
    std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would exit instead
    *static_cast<volatile int*>(nullptr) = 1;
  } else if (deed == "abort") {
    std::signal(SIGABRT, SIG_DFL);
    std::abort();
  } else if (deed == "exit") {
    std::exit(kStatus);
  } else if (deed == "_exit") {
    _exit(kStatus);
  } else if (deed == "loop") {
    loop();
  } else if (deed == "sigstop") {
    raise(SIGSTOP);
  } else {
    return false;
  }
  return true;
}

}  // namespace gstcam::hostile
