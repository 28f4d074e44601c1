/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/yaml.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/unique-fd.h"

namespace gstcam {

namespace {

constexpr size_t kMaxBytes = 4U << 20U;
constexpr size_t kMaxNodes = 100000;
constexpr int kMaxDepth = 32;

Error at(const std::string& file, int line, std::string_view message, std::string hint = {}) {
  return Error(Error::Code::Invalid,
               file + ":" + std::to_string(line) + ": " + std::string(message), std::move(hint));
}

const char* kind_text(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::Null:
      return "nothing";
    case YamlNode::Kind::Scalar:
      return "a single value";
    case YamlNode::Kind::Sequence:
      return "a list";
    case YamlNode::Kind::Map:
      return "a map";
  }
  return "something else";
}

std::string number_text(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", number);
  return text;
}

/* Long values would bury the message. */
std::string shown(std::string_view scalar) {
  constexpr size_t kShown = 60;
  std::string text = "'";
  for (char c : scalar.substr(0, kShown))
    text += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  return text + (scalar.size() > kShown ? "...'" : "'");
}

class Parser {
 public:
  explicit Parser(std::string_view text) : ready_(yaml_parser_initialize(&parser_) != 0) {
    if (ready_) {
      yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                   text.size());
    }
  }
  ~Parser() {
    if (ready_)
      yaml_parser_delete(&parser_);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  [[nodiscard]] bool ready() const { return ready_; }
  yaml_parser_t* get() { return &parser_; }

 private:
  yaml_parser_t parser_ = {};
  bool ready_;
};

class Event {
 public:
  Event() = default;
  ~Event() { yaml_event_delete(&event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  yaml_event_t* get() { return &event_; }
  [[nodiscard]] yaml_event_type_t type() const { return event_.type; }
  [[nodiscard]] int line() const { return static_cast<int>(event_.start_mark.line) + 1; }
  [[nodiscard]] std::string_view scalar() const {
    return {reinterpret_cast<const char*>(event_.data.scalar.value), event_.data.scalar.length};
  }
  [[nodiscard]] bool quoted() const { return event_.data.scalar.style != YAML_PLAIN_SCALAR_STYLE; }
  [[nodiscard]] const char* tag() const {
    const yaml_char_t* tag = nullptr;
    if (event_.type == YAML_SCALAR_EVENT)
      tag = event_.data.scalar.tag;
    else if (event_.type == YAML_SEQUENCE_START_EVENT)
      tag = event_.data.sequence_start.tag;
    else if (event_.type == YAML_MAPPING_START_EVENT)
      tag = event_.data.mapping_start.tag;
    return reinterpret_cast<const char*>(tag);
  }

 private:
  yaml_event_t event_ = {};
};

}  // namespace

/* Turns events into nodes. Recursion is bounded by kMaxDepth, and so is the nodes' destruction. */
class YamlBuilder {
 public:
  YamlBuilder(std::string_view text, const std::string& name)
      : parser_(text), file_(std::make_shared<const std::string>(name)) {}

  Result<YamlNode> document() {
    if (!parser_.ready())
      return Error(Error::Code::NoSpace, *file_ + ": no memory for the YAML parser");
    YamlNode root;
    root.file_ = file_;
    root.line_ = 1;
    bool seen = false;
    while (true) {
      Event event;
      if (Result<void> r = next(event); !r)
        return r.error();
      switch (event.type()) {
        case YAML_STREAM_END_EVENT:
          return root;
        case YAML_DOCUMENT_START_EVENT: {
          if (seen)
            return at(*file_, event.line(), "a second document starts here",
                      "keep one document a file: remove the '---'");
          seen = true;
          Event content;
          if (Result<void> r = next(content); !r)
            return r.error();
          Result<YamlNode> node = build(content, 0);
          if (!node)
            return node;
          root = std::move(node).value();
          break;
        }
        default:
          break;
      }
    }
  }

 private:
  Result<void> next(Event& event) {
    if (yaml_parser_parse(parser_.get(), event.get()) != 0)
      return {};
    const yaml_parser_t& p = *parser_.get();
    const int line = static_cast<int>(p.problem_mark.line) + 1;
    if (p.error == YAML_MEMORY_ERROR)
      return Error(Error::Code::NoSpace, *file_ + ": no memory to parse it");
    std::string message = p.problem ? p.problem : "this is not YAML";
    if (p.error == YAML_READER_ERROR)
      return at(*file_, line, message + " at byte " + std::to_string(p.problem_offset),
                "write the file as UTF-8 text");
    if (p.context)
      message = std::string(p.context) + ": " + message;
    return at(*file_, line, message);
  }

  Result<YamlNode> build(const Event& event, int depth) {
    if (++nodes_ > kMaxNodes)
      return at(*file_, event.line(),
                "more than " + std::to_string(kMaxNodes) + " values in one file");
    if (depth > kMaxDepth)
      return at(*file_, event.line(),
                "nested more than " + std::to_string(kMaxDepth) + " levels deep");
    if (event.tag())
      return at(*file_, event.line(), "tags (" + shown(event.tag()) + ") are not supported",
                "remove the tag");
    YamlNode node;
    node.file_ = file_;
    node.line_ = event.line();
    switch (event.type()) {
      case YAML_SCALAR_EVENT:
        return scalar(event, std::move(node));
      case YAML_SEQUENCE_START_EVENT:
        return sequence(std::move(node), depth);
      case YAML_MAPPING_START_EVENT:
        return map(std::move(node), depth);
      case YAML_ALIAS_EVENT:
        return at(*file_, event.line(), "aliases ('*name') are not supported",
                  "write the value out where it is used");
      default:
        return at(*file_, event.line(), "expected a value");
    }
  }

  Result<YamlNode> scalar(const Event& event, YamlNode node) {
    const std::string_view text = event.scalar();
    if (text.find('\0') != std::string_view::npos)
      return at(*file_, event.line(), "a value contains a NUL character");
    node.quoted_ = event.quoted();
    const bool null = !node.quoted_ && (text.empty() || text == "~" || text == "null");
    node.kind_ = null ? YamlNode::Kind::Null : YamlNode::Kind::Scalar;
    if (!null)
      node.scalar_ = text;
    return node;
  }

  Result<YamlNode> sequence(YamlNode node, int depth) {
    node.kind_ = YamlNode::Kind::Sequence;
    while (true) {
      Event event;
      if (Result<void> r = next(event); !r)
        return r.error();
      if (event.type() == YAML_SEQUENCE_END_EVENT)
        return node;
      Result<YamlNode> item = build(event, depth + 1);
      if (!item)
        return item;
      node.items_.push_back(std::move(item).value());
    }
  }

  Result<YamlNode> map(YamlNode node, int depth) {
    node.kind_ = YamlNode::Kind::Map;
    std::set<std::string, std::less<>> keys;
    while (true) {
      Event event;
      if (Result<void> r = next(event); !r)
        return r.error();
      if (event.type() == YAML_MAPPING_END_EVENT)
        return node;
      if (event.type() != YAML_SCALAR_EVENT || event.tag() ||
          event.scalar().find('\0') != std::string_view::npos)
        return at(*file_, event.line(), "a key must be a plain word");
      std::string key(event.scalar());
      if (!keys.insert(key).second)
        return at(*file_, event.line(), "the key " + shown(key) + " stands here twice",
                  "keep one of the two");
      Event content;
      if (Result<void> r = next(content); !r)
        return r.error();
      Result<YamlNode> value = build(content, depth + 1);
      if (!value)
        return value;
      value->key_line_ = event.line();
      node.entries_.emplace_back(std::move(key), std::move(value).value());
    }
  }

  Parser parser_;
  std::shared_ptr<const std::string> file_;
  size_t nodes_ = 0;
};

Error YamlNode::error(std::string_view message, std::string hint) const {
  return at(file_name(), line_, message, std::move(hint));
}

Result<std::string> YamlNode::as_string() const {
  if (kind_ != Kind::Scalar)
    return error(std::string("expected a text, found ") + kind_text(kind_));
  return scalar_;
}

Result<bool> YamlNode::as_bool() const {
  if (kind_ == Kind::Scalar && !quoted_) {
    if (scalar_ == "true")
      return true;
    if (scalar_ == "false")
      return false;
  }
  return error("expected true or false, found " +
               (kind_ == Kind::Scalar ? shown(scalar_) : kind_text(kind_)));
}

Result<int64_t> YamlNode::as_int(int64_t min, int64_t max) const {
  if (kind_ != Kind::Scalar || quoted_)
    return error("expected a whole number, found " +
                 (kind_ == Kind::Scalar ? "the text " + shown(scalar_) : kind_text(kind_)));
  std::string_view text = scalar_;
  const bool hex = text.starts_with("0x");
  if (hex)
    text.remove_prefix(2);
  else if (text.starts_with('+'))
    text.remove_prefix(1);
  int64_t number = 0;
  const auto [end, code] =
      std::from_chars(text.data(), text.data() + text.size(), number, hex ? 16 : 10);
  if (code == std::errc::result_out_of_range)
    return error(shown(scalar_) + " is too large a number");
  if (code != std::errc() || end != text.data() + text.size() || (hex && text.starts_with('-')))
    return error("expected a whole number, found " + shown(scalar_));
  if (number < min || number > max)
    return error(std::to_string(number) + " is outside " + std::to_string(min) + ".." +
                 std::to_string(max));
  return number;
}

Result<double> YamlNode::as_double(double min, double max) const {
  if (kind_ != Kind::Scalar || quoted_)
    return error("expected a number, found " +
                 (kind_ == Kind::Scalar ? "the text " + shown(scalar_) : kind_text(kind_)));
  std::string_view text = scalar_;
  if (text.starts_with('+'))
    text.remove_prefix(1);
  double number = 0;
  // from_chars and not strtod: a decimal point is a point in every locale.
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code == std::errc::result_out_of_range)
    return error(shown(scalar_) + " is too large or too small a number");
  if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
    return error("expected a finite number, found " + shown(scalar_));
  if (number < min || number > max)
    return error(number_text(number) + " is outside " + number_text(min) + ".." + number_text(max));
  return number;
}

Result<std::vector<double>> YamlNode::as_doubles(size_t count) const {
  if (kind_ != Kind::Sequence)
    return error(std::string("expected a list of numbers, found ") + kind_text(kind_));
  if (count != 0 && items_.size() != count)
    return error("expected " + std::to_string(count) + " numbers, found " +
                 std::to_string(items_.size()));
  std::vector<double> numbers;
  numbers.reserve(items_.size());
  for (const YamlNode& item : items_) {
    Result<double> number = item.as_double();
    if (!number)
      return number.error();
    numbers.push_back(*number);
  }
  return numbers;
}

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : entries_) {
    if (name == key)
      return &value;
  }
  return nullptr;
}

Result<YamlNode> parse_yaml(std::string_view text, const std::string& name) {
  if (text.size() > kMaxBytes)
    return Error(Error::Code::Invalid, name + ": larger than " + std::to_string(kMaxBytes) +
                                           " bytes, too large for a description");
  return YamlBuilder(text, name).document();
}

Result<YamlNode> load_yaml(const std::string& path) {
  // O_NONBLOCK: a FIFO in place of the file must not hang us.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid())
    return Error::from_errno(errno, "cannot open '" + path + "'");
  return load_yaml_fd(fd.get(), path);
}

Result<YamlNode> load_yaml_fd(int fd, const std::string& name) {
  struct stat st = {};
  if (::fstat(fd, &st) < 0)
    return Error::from_errno(errno, "cannot examine '" + name + "'");
  if (!S_ISREG(st.st_mode))
    return Error(Error::Code::Invalid, name + ": not a regular file");
  std::string text;
  char block[16384];
  while (true) {
    const ssize_t n = ::pread(fd, block, sizeof block, static_cast<off_t>(text.size()));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return Error::from_errno(errno, "cannot read '" + name + "'");
    if (n == 0)
      return parse_yaml(text, name);
    text.append(block, static_cast<size_t>(n));
    if (text.size() > kMaxBytes)
      return parse_yaml(text, name);  // which refuses it
  }
}

Result<YamlMap> YamlMap::read(const YamlNode& node) {
  if (node.kind() != YamlNode::Kind::Map)
    return node.error(std::string("expected a map ('key: value' lines), found ") +
                      kind_text(node.kind()));
  return YamlMap(node);
}

const YamlNode* YamlMap::optional(std::string_view key) {
  known_.emplace(key);
  return node_->find(key);
}

Result<const YamlNode*> YamlMap::required(std::string_view key) {
  const YamlNode* value = optional(key);
  if (!value)
    return node_->error("the key '" + std::string(key) + "' is missing");
  return value;
}

std::string YamlMap::string_or(std::string_view key, std::string_view fallback) {
  const YamlNode* value = optional(key);
  if (!value)
    return std::string(fallback);
  return keep(key, value->as_string(), std::string(fallback));
}

bool YamlMap::bool_or(std::string_view key, bool fallback) {
  const YamlNode* value = optional(key);
  return value ? keep(key, value->as_bool(), fallback) : fallback;
}

int64_t YamlMap::int_or(std::string_view key, int64_t fallback, int64_t min, int64_t max) {
  const YamlNode* value = optional(key);
  return value ? keep(key, value->as_int(min, max), fallback) : fallback;
}

double YamlMap::double_or(std::string_view key, double fallback, double min, double max) {
  const YamlNode* value = optional(key);
  return value ? keep(key, value->as_double(min, max), fallback) : fallback;
}

template <typename T>
T YamlMap::keep(std::string_view key, Result<T> result, T fallback) {
  if (result)
    return std::move(result).value();
  if (!first_error_) {
    first_error_ = result.error();
    if (first_error_->hint.empty())
      first_error_->hint = "check the value of '" + std::string(key) + "'";
  }
  return fallback;
}

Result<void> YamlMap::finish() {
  if (first_error_)
    return *first_error_;
  for (const auto& [name, value] : node_->entries()) {
    if (known_.contains(name))
      continue;
    std::string keys;
    for (const std::string& key : known_)
      keys += (keys.empty() ? "" : ", ") + key;
    return at(value.file_name(), value.key_line(), shown(name) + " is not a known key",
              "known here: " + keys);
  }
  return {};
}

}  // namespace gstcam
