/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/module-loader.h"

#include <dlfcn.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "base/controls.h"
#include "ipc/elf-extent.h"
#include "ipc/trust/sealed-copy.h"

namespace gstcam::ipc {

/* In a thread a module gets and gives the control lists themselves: one that was built with others
 * must not be let in. Who changes these numbers counts GST_CAMERA_IPA_MODULE_ABI up. */
static_assert(GST_CAMERA_IPA_MODULE_ABI == 2 && kControlCount == 26 &&
              sizeof(ControlList) == 2296 && sizeof(ControlRanges) == 6872);

namespace {

std::vector<std::string> module_folders() {
  std::vector<std::string> folders;
  if (const char* path = secure_getenv("GST_CAMERA_IPA_PATH")) {
    const std::string_view list(path);
    for (size_t begin = 0; begin <= list.size();) {
      const size_t end = std::min(list.find(':', begin), list.size());
      if (end > begin)
        folders.emplace_back(list.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  folders.emplace_back(IPA_MODULE_DIR);
  return folders;
}

Error refuse(const ModuleFile& file, std::string why, std::string hint) {
  return Error(Error::Code::Invalid, "IPA module '" + file.path + "': " + std::move(why),
               std::move(hint));
}

constexpr char kRebuild[] = "rebuild the module against the installed gst-plugins-camera";

/* A C string of the module's table for a message: it may be NULL. */
std::string quoted(const char* text) {
  return text ? "'" + std::string(text) + "'" : std::string("nothing");
}

/* What choose_module() gives is a new file for each IPA: it is the same module where the bytes are
 * the same. Only of sealed files: the bytes of others may change while we look. */
bool same_bytes(int a, int b) {
  const Result<SealedBytes> one = SealedBytes::map(a);
  const Result<SealedBytes> other = SealedBytes::map(b);
  return one && other && std::ranges::equal(one->bytes(), other->bytes());
}

/* A module that is mapped. Its descriptor stays open: the loader knows a library by the name it was
 * opened with, /proc/self/fd/N, and would take the next module with that number for this one. */
struct Mapped {
  dev_t device;
  ino_t inode;
  UniqueFd fd;
  const GstCameraIpaModule* table;  // nullptr: it has no such symbol
};

/* Maps a module once in the life of the process. The error is the loader's text. */
Result<const GstCameraIpaModule*> map_module(const ModuleFile& file) {
  static std::mutex mutex;
  static std::vector<Mapped> all;
  const std::lock_guard lock(mutex);
  struct stat info {};
  if (fstat(file.fd.get(), &info) < 0)
    return Error::from_errno(errno, "cannot read it");
  for (const Mapped& mapped : all) {
    if ((mapped.device == info.st_dev && mapped.inode == info.st_ino) ||
        same_bytes(mapped.fd.get(), file.fd.get()))
      return mapped.table;
  }
  if (Result<void> complete = check_elf_extent(file.fd.get()); !complete)
    return complete.error();
  UniqueFd fd(fcntl(file.fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!fd.valid())
    return Error::from_errno(errno, "cannot keep it open");
  const std::string path =
      file.load_path.empty() ? "/proc/self/fd/" + std::to_string(fd.get()) : file.load_path;
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!handle) {
    const char* reason = dlerror();
    std::string text = reason ? reason : "unknown error";
    if (text.starts_with(path + ": "))
      text.erase(0, path.size() + 2);
    return Error(Error::Code::Invalid, std::move(text));
  }
  const auto* table =
      static_cast<const GstCameraIpaModule*>(dlsym(handle, GST_CAMERA_IPA_MODULE_SYMBOL));
  /* NODELETE keeps the code; this handle is not needed any more. */
  dlclose(handle);
  all.push_back({info.st_dev, info.st_ino, std::move(fd), table});
  return table;
}

Result<const GstCameraIpaModule*> load_table(const ModuleFile& file) {
  Result<const GstCameraIpaModule*> mapped = map_module(file);
  if (!mapped) {
    return refuse(file, "cannot be loaded: " + mapped.error().message,
                  "it must be a shared object for this machine with all that it links to");
  }
  const GstCameraIpaModule* table = *mapped;
  if (!table) {
    return refuse(file, "it has no symbol " GST_CAMERA_IPA_MODULE_SYMBOL,
                  "end one file of the module with GST_CAMERA_<NAME>_IPA_MODULE(...)");
  }
  if (table->abi != GST_CAMERA_IPA_MODULE_ABI) {
    return refuse(file,
                  "it has module ABI " + std::to_string(table->abi) + ", expected " +
                      std::to_string(GST_CAMERA_IPA_MODULE_ABI),
                  kRebuild);
  }
  if (table->size != sizeof(GstCameraIpaModule)) {
    return refuse(file,
                  "its table is " + std::to_string(table->size) + " bytes, expected " +
                      std::to_string(sizeof(GstCameraIpaModule)),
                  kRebuild);
  }
  if (!table->interface_name || !table->interface_hash || !table->name || !table->version ||
      !table->create || !table->destroy || !table->create_stub || !table->destroy_stub)
    return refuse(file, "its table is not filled in", kRebuild);
  return table;
}

}  // namespace

Result<ModuleFile> open_module(const std::string& path) {
  ModuleFile file{UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)), path, {}};
  if (!file.fd.valid())
    return Error::from_errno(errno, "cannot open the IPA module '" + path + "'");
  struct stat info {};
  if (fstat(file.fd.get(), &info) < 0)
    return Error::from_errno(errno, "cannot read the IPA module '" + path + "'");
  if (!S_ISREG(info.st_mode))
    return refuse(file, "it is not a file", "give the path of a .so file");
  return file;
}

Result<ModuleFile> find_module(const ModuleInterface& interface) {
  const std::string& name = interface.module;
  std::string searched;
  for (const std::string& folder : module_folders()) {
    std::string inside = folder;
    inside += '/';
    inside += name;
    for (const char* rest : {"", "/"}) {
      std::string path = inside;
      if (*rest)
        path.append(rest).append(name);
      Result<ModuleFile> file = open_module(path.append(".so"));
      if (file || file.error().code != Error::Code::NotFound)
        return file;
    }
    searched += (searched.empty() ? "" : ", ") + folder;
  }
  return Error(Error::Code::NotFound,
               "there is no IPA module '" + name + ".so' for " + interface.name + " in " + searched,
               "install the module, or add its folder to GST_CAMERA_IPA_PATH");
}

Result<Module> Module::load(const ModuleFile& file) {
  Result<const GstCameraIpaModule*> table = load_table(file);
  if (!table)
    return table.error();
  return Module(*table);
}

Result<Module> Module::load(const ModuleFile& file, const ModuleInterface& expected) {
  Result<Module> module = load(file);
  if (!module)
    return module;
  const GstCameraIpaModule& table = module->table();
  if (expected.name != table.interface_name) {
    return refuse(
        file,
        "it implements " + quoted(table.interface_name) + ", expected '" + expected.name + "'",
        "give the module that belongs to this camera");
  }
  if (expected.hash != table.interface_hash) {
    return refuse(file,
                  "it was built for another version of " + expected.name + " (" +
                      quoted(table.interface_hash) + ", expected '" + expected.hash + "')",
                  kRebuild);
  }
  return module;
}

}  // namespace gstcam::ipc
