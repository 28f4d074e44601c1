/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding, opening and loading IPA modules.
 *
 * The module of interface <name> (pipelines/<name>/) is a file <name>.so (or <name>/<name>.so, so
 * that a build folder works) in a folder of GST_CAMERA_IPA_PATH, a colon separated list, or in
 * the installed folder. It is found by that name alone: an application never loads a module to see
 * what it is. The first file found is the one; if it is broken, that is an error.
 *
 * What was opened is what is loaded: a module travels as a descriptor, and what a signature was
 * checked of cannot be exchanged behind our back.
 */
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique-fd.h"
#include "ipa/module.h"

namespace gstcam::ipc {

/** A module's file, open for reading; `path` is what errors call it. */
struct ModuleFile {
  UniqueFd fd;
  std::string path;
  /** Where the loader finds it; empty: through /proc/self/fd. In a sandbox there is no /proc, and
   * nobody who could exchange a file. */
  std::string load_path = {};
};

/** What a handler and a module must agree on. */
struct ModuleInterface {
  std::string name;    // "org.freedesktop.GstCamera.Simulated"
  std::string hash;    // of its model
  std::string module;  // file name of its module, without .so: "simulated"
};

/** NotFound names the folders that were searched. */
Result<ModuleFile> find_module(const ModuleInterface& interface);
Result<ModuleFile> open_module(const std::string& path);

/**
 * A module in this process. It stays mapped to the end of the process: code that ran once may have
 * left anything behind (a thread, a type, an exit handler).
 */
class Module {
 public:
  /** Loads and checks: symbol, ABI, size, interface, hash. Invalid says what is wrong. */
  static Result<Module> load(const ModuleFile& file, const ModuleInterface& expected);
  /** The same without a handler that expects anything: for a worker started by hand. */
  static Result<Module> load(const ModuleFile& file);

  [[nodiscard]] const GstCameraIpaModule& table() const { return *table_; }

 private:
  explicit Module(const GstCameraIpaModule* table) : table_(table) {}
  const GstCameraIpaModule* table_;
};

}  // namespace gstcam::ipc
