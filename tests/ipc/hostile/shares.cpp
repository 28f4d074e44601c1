/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/ipc/hostile/shares.h"

#include <gio/gio.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

#include "base/glib-ptr.h"
#include "tests/ipc/as-user.h"

namespace gstcam::hostile {

namespace {

constexpr char kCounts[] = "# counts: %d rows, %d in a confined worker; %d blocked, %d open\n";

struct Share {
  std::string output;
  bool passed = false;
};

Share run_share(const std::vector<std::string>& words) {
  std::vector<const char*> argv;
  argv.reserve(words.size() + 1);
  for (const std::string& word : words)
    argv.push_back(word.c_str());
  argv.push_back(nullptr);
  ErrorOut error;
  Share share;
  const auto process = ObjectPtr<GSubprocess>::adopt(
      g_subprocess_newv(argv.data(), G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error));
  if (!process) {
    share.output = std::string("Bail out! ") + error.message() + "\n";
    return share;
  }
  GBytes* out = nullptr;
  const bool read =
      g_subprocess_communicate(process.get(), nullptr, nullptr, &out, nullptr, nullptr) != FALSE;
  const HandlePtr<GBytes, g_bytes_unref> bytes(out);
  gsize size = 0;
  if (const void* data = bytes ? g_bytes_get_data(bytes.get(), &size) : nullptr)
    share.output.assign(static_cast<const char*>(data), size);
  share.passed = read && g_subprocess_get_if_exited(process.get()) &&
                 g_subprocess_get_exit_status(process.get()) == 0;
  return share;
}

/* A result gets its number anew; what explains it stays behind it. Others are of no interest. */
void pass_on(const Share& share, int& number, Counts& sum) {
  std::stringstream in(share.output);
  bool in_results = false;
  for (std::string line; std::getline(in, line);) {
    Counts c;
    if (std::sscanf((line + "\n").c_str(), kCounts, &c.rows, &c.confined, &c.blocked, &c.open) ==
        4) {
      sum.rows += c.rows;
      sum.confined += c.confined;
      sum.blocked += c.blocked;
      sum.open += c.open;
      continue;
    }
    for (const std::string_view prefix : {"ok ", "not ok "}) {
      if (!line.starts_with(prefix))
        continue;
      in_results = true;
      const size_t name = line.find(' ', prefix.size());
      line = std::string(prefix) + std::to_string(++number) +
             (name == std::string::npos ? "" : line.substr(name));
    }
    if (in_results || line.starts_with("Bail out!"))
      std::printf("%s\n", line.c_str());
  }
}

}  // namespace

Arguments take_arguments(int argc, char** argv, const char* option) {
  Arguments a;
  for (int i = 0; i < argc; i++) {
    const std::string_view word = argv[i];
    if (word == "--as-user")
      a.as_user = true;
    else if (word == option)
      a.second = true;
    else if (std::sscanf(argv[i], "--processes=%u", &a.processes) != 1 &&
             std::sscanf(argv[i], "--share=%u/%u", &a.share, &a.shares) != 2)
      a.rest.push_back(argv[i]);
  }
  if (a.as_user && access(g_getenv("GST_CAMERA_TEST_HOSTILE"), R_OK) == 0) {
    std::vector<char*> words;
    std::copy_if(argv, argv + argc, std::back_inserter(words),
                 [](const char* word) { return std::strcmp(word, "--as-user") != 0; });
    words.push_back(nullptr);
    test::become_user(words.data());
  }
  return a;
}

int run_in_shares(const Arguments& arguments, int argc, char** argv) {
  std::vector<std::string> words = {"/proc/self/exe"};
  for (int i = 1; i < argc; i++) {
    if (!std::string_view(argv[i]).starts_with("--processes="))
      words.emplace_back(argv[i]);
  }
  std::vector<Share> shares(arguments.processes);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < arguments.processes; i++) {
    std::vector<std::string> own = words;
    own.push_back("--share=" + std::to_string(i) + "/" + std::to_string(arguments.processes));
    threads.emplace_back([own = std::move(own), &share = shares[i]] { share = run_share(own); });
  }
  for (std::thread& thread : threads)
    thread.join();
  int number = 0;
  Counts sum;
  bool passed = true;
  for (const Share& share : shares) {
    pass_on(share, number, sum);
    passed = passed && share.passed;
  }
  if (number != sum.rows) {
    std::printf("not ok %d /rows of which nothing was heard\n", ++number);
    passed = false;
  }
  std::printf("1..%d\n", number);
  std::printf("# as user %u: %d rows, %d in a confined worker; %d attempts blocked, %d open\n",
              geteuid(), sum.rows, sum.confined, sum.blocked, sum.open);
  return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}

void tell(const Counts& counts) {
  std::printf(kCounts, counts.rows, counts.confined, counts.blocked, counts.open);
}

}  // namespace gstcam::hostile
