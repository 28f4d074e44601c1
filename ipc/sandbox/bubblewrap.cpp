/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/sandbox/bubblewrap.h"

#include <glib.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <map>
#include <optional>
#include <string_view>

#include "base/glib-ptr.h"
#include "base/sanitizers.h"
#include "base/unique-fd.h"
#include "ipc/sandbox/elf-needs.h"

namespace gstcam::ipc {

namespace {

constexpr char kPackageHint[] =
    "install bubblewrap (package bubblewrap), or set ipa-sandbox=prefer to run without it";

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

void add_folders(std::vector<std::string>& folders, std::string_view list,
                 const std::string& origin) {
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(':', begin), list.size());
    std::string folder(list.substr(begin, end - begin));
    for (const std::string_view name : {"$ORIGIN", "${ORIGIN}"}) {
      if (const size_t at = folder.find(name); at != std::string::npos)
        folder.replace(at, name.size(), origin);
    }
    if (folder.starts_with('/'))
      folders.push_back(std::move(folder));
    begin = end + 1;
  }
}

std::vector<std::string> library_folders(const std::string& program, const ElfNeeds& needs) {
  std::vector<std::string> folders;
  if (const char* list = g_getenv("LD_LIBRARY_PATH"))
    add_folders(folders, list, folder_of(program));
  add_folders(folders, needs.run_path, folder_of(program));
  /* On a system with folders for each machine, the loader is in the right one. */
  std::array<char, PATH_MAX> real{};
  if (realpath(needs.interpreter.c_str(), real.data())) {
    const std::string folder = folder_of(real.data());
    folders.push_back(folder);
    const std::string name = folder.substr(folder.rfind('/') + 1);
    folders.push_back("/usr/lib/" + name);
    folders.push_back("/usr/local/lib/" + name);
  }
  for (const char* folder :
       {"/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib64", "/usr/local/lib"})
    folders.emplace_back(folder);
  return folders;
}

/* The libraries by name, with where each was found. */
class Closure {
 public:
  explicit Closure(std::vector<std::string> folders) : folders_(std::move(folders)) {}
  void add(const ElfNeeds& needs) {
    for (const std::string& name : needs.needed) {
      if (found_.size() >= ElfNeeds::kMax || found_.contains(name))
        continue;
      for (const std::string& folder : folders_) {
        std::string path = folder;
        path.append("/").append(name);
        const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        if (!fd.valid())
          continue;
        const Result<ElfNeeds> further = read_elf_needs(fd.get());
        if (!further)
          continue;  // of another machine
        found_.emplace(name, path);
        add(*further);
        break;
      }
    }
  }
  [[nodiscard]] const std::map<std::string, std::string>& found() const { return found_; }

 private:
  std::vector<std::string> folders_;
  std::map<std::string, std::string> found_;
};

#ifdef GST_CAMERA_SANITIZER_BUILD
/* A sanitizer reads /proc/self/maps, and the files its environment names. */
void add_for_sanitizers(std::vector<std::string>& arguments) {
  arguments.insert(arguments.end(), {"--proc", "/proc"});
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    const char* value = g_getenv(name);
    constexpr std::string_view kOption = "suppressions=";
    const std::string_view text(value ? value : "");
    size_t at = text.find(kOption);
    while (at != std::string_view::npos && at > 0 && text[at - 1] != ':')
      at = text.find(kOption, at + 1);
    if (at == std::string_view::npos)
      continue;
    const std::string_view rest = text.substr(at + kOption.size());
    const std::string file(rest.substr(0, rest.find(':')));
    if (file.starts_with('/'))
      arguments.insert(arguments.end(), {"--ro-bind-try", file, file});
  }
}
#endif

}  // namespace

Result<std::string> find_bubblewrap(const SandboxOptions& options) {
  if (!options.bubblewrap.empty()) {
    if (access(options.bubblewrap.c_str(), X_OK) == 0)
      return options.bubblewrap;
    return Error(Error::Code::NotFound,
                 "the sandbox needs bubblewrap, and '" + options.bubblewrap +
                     "' cannot be run: " + g_strerror(errno),
                 kPackageHint);
  }
  if (const CharPtr found{g_find_program_in_path("bwrap")})
    return std::string(found.get());
  return Error(Error::Code::NotFound, "the sandbox needs bubblewrap, and there is no bwrap in PATH",
               kPackageHint);
}

Result<std::vector<std::string>> bubblewrap_arguments(const std::string& program, int module,
                                                      int module_number) {
  const UniqueFd fd(::open(program.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid())
    return Error::from_errno(errno, "IPA worker program '" + program + "'");
  const Result<ElfNeeds> needs = read_elf_needs(fd.get());
  if (!needs)
    return Error(needs.error().code,
                 "IPA worker program '" + program + "': " + needs.error().message,
                 "set GST_CAMERA_IPA_WORKER to the worker program");
  Closure closure(library_folders(program, *needs));
  closure.add(*needs);
  /* What is wrong with a module is for the loader in the worker to say. */
  if (const Result<ElfNeeds> of_module = read_elf_needs(module))
    closure.add(*of_module);

  std::vector<std::string> arguments = {
      // clang-format off
      "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts",
      "--unshare-cgroup",
      "--disable-userns",   // none more in it
      "--new-session",      // no terminal to type into
      "--die-with-parent",
      "--cap-drop", "ALL",
      "--setenv", "LD_LIBRARY_PATH", "/lib",
      "--dev-bind", "/dev/null", "/dev/null",
      "--dev-bind", "/dev/urandom", "/dev/urandom",
      "--ro-bind", program, kSandboxWorker,
      // clang-format on
  };
  if (!needs->interpreter.empty())
    arguments.insert(arguments.end(), {"--ro-bind", needs->interpreter, needs->interpreter});
  for (const auto& [name, path] : closure.found())
    arguments.insert(arguments.end(), {"--ro-bind", path, "/lib/" + name});
  arguments.insert(arguments.end(),
                   {"--ro-bind-data", std::to_string(module_number), kSandboxModule});
#ifdef GST_CAMERA_SANITIZER_BUILD
  add_for_sanitizers(arguments);
#endif
  arguments.insert(arguments.end(), {"--remount-ro", "/", "--chdir", "/", "--", kSandboxWorker});
  return arguments;
}

}  // namespace gstcam::ipc
