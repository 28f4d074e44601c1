/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * YAML files as a checked tree: camera descriptions, scenes, tuning.
 *
 * The text is hostile until read: size, depth and number of nodes are bounded, aliases and tags are
 * refused, and every error names the file and the line ("cameras.yaml:12: 'widht' is not a known
 * key; ..."). Parsing is libyaml's. Thread: a document is immutable once parsed.
 *
 * A reader walks a map with a YamlMap, which knows which keys were asked for, and ends with
 * finish(): a key nobody asked for is an error that lists those that exist.
 */
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace gstcam {

class YamlNode {
 public:
  enum class Kind { Null, Scalar, Sequence, Map };

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] int line() const { return line_; }
  /** Where its key stands, for an entry of a map. */
  [[nodiscard]] int key_line() const { return key_line_; }
  /** What errors call the file. */
  [[nodiscard]] std::string file_name() const { return file_ ? *file_ : "YAML"; }
  /** An error at this node: "FILE:LINE: message". */
  [[nodiscard]] Error error(std::string_view message, std::string hint = {}) const;

  /* Scalars. A value of another type or outside min..max is an Error at this line. */
  [[nodiscard]] Result<std::string> as_string() const;
  [[nodiscard]] Result<bool> as_bool() const;
  [[nodiscard]] Result<int64_t> as_int(int64_t min = INT64_MIN, int64_t max = INT64_MAX) const;
  /** Finite only: NaN and infinities are errors. */
  [[nodiscard]] Result<double> as_double(double min = -1e300, double max = 1e300) const;
  /** A sequence of numbers, of exactly `count` where count is not 0. */
  [[nodiscard]] Result<std::vector<double>> as_doubles(size_t count = 0) const;

  [[nodiscard]] const std::vector<YamlNode>& items() const { return items_; }
  [[nodiscard]] const std::vector<std::pair<std::string, YamlNode>>& entries() const {
    return entries_;
  }
  /** The entry of that key, nullptr where there is none or this is no map. */
  [[nodiscard]] const YamlNode* find(std::string_view key) const;

 private:
  friend class YamlBuilder;
  Kind kind_ = Kind::Null;
  int line_ = 0;
  int key_line_ = 0;
  std::string scalar_;
  bool quoted_ = false;
  std::vector<YamlNode> items_;
  std::vector<std::pair<std::string, YamlNode>> entries_;
  std::shared_ptr<const std::string> file_;
};

/** Parses one document. `name` is what errors call the file. */
Result<YamlNode> parse_yaml(std::string_view text, const std::string& name);
/** Reads (at most 4 MiB) and parses a file. */
Result<YamlNode> load_yaml(const std::string& path);
/** The same from a descriptor, from its beginning; the fd stays the caller's. */
Result<YamlNode> load_yaml_fd(int fd, const std::string& name);

class YamlMap {
 public:
  /** An Error where `node` is not a map. The node must outlive the reader. */
  static Result<YamlMap> read(const YamlNode& node);

  /** The entry, or nullptr; the key counts as known. */
  const YamlNode* optional(std::string_view key);
  /** The entry, or an error at the map's line that it is missing. */
  Result<const YamlNode*> required(std::string_view key);

  /* Optional entries with a default; a wrong type or range is kept and returned by finish(). */
  std::string string_or(std::string_view key, std::string_view fallback);
  bool bool_or(std::string_view key, bool fallback);
  int64_t int_or(std::string_view key, int64_t fallback, int64_t min, int64_t max);
  double double_or(std::string_view key, double fallback, double min, double max);

  /** The first error met by the *_or() readers, or a key that nobody asked for. */
  Result<void> finish();

 private:
  explicit YamlMap(const YamlNode& node) : node_(&node) {}
  template <typename T>
  T keep(std::string_view key, Result<T> result, T fallback);

  const YamlNode* node_;
  std::set<std::string, std::less<>> known_;
  std::optional<Error> first_error_;
};

}  // namespace gstcam
