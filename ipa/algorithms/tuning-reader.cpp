/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/algorithms/tuning-reader.h"

#include <cstdio>
#include <utility>

namespace gstcam::algorithms {

namespace {

Result<std::vector<double>> checked_numbers(std::string_view key, const YamlNode& node,
                                            size_t count, double min, double max) {
  Result<std::vector<double>> values = node.as_doubles(count);
  if (!values)
    return values;
  for (size_t i = 0; i < values->size(); i++) {
    const double value = (*values)[i];
    if (value < min || value > max) {
      char text[96];
      std::snprintf(text, sizeof text, "number %zu is %g, outside %g..%g", i + 1, value, min, max);
      return node.error("'" + std::string(key) + "': " + text);
    }
  }
  return values;
}

}  // namespace

TuningReader::TuningReader(const YamlNode& node) {
  Result<YamlMap> map = YamlMap::read(node);
  if (map)
    map_ = *std::move(map);
  else
    fail(std::move(map).error());
}

void TuningReader::fail(Error error) {
  if (!error_)
    error_ = std::move(error);
}

void TuningReader::fail_at(std::string_view key, Error error) {
  if (error.hint.empty())
    error.hint = "check the value of '" + std::string(key) + "'";
  fail(std::move(error));
}

const YamlNode* TuningReader::node(std::string_view key) {
  if (!map_)
    return nullptr;
  Result<const YamlNode*> entry = map_->required(key);
  if (!entry) {
    fail(std::move(entry).error());
    return nullptr;
  }
  return *entry;
}

const YamlNode* TuningReader::optional_node(std::string_view key) {
  return map_ ? map_->optional(key) : nullptr;
}

double TuningReader::number(std::string_view key, double min, double max) {
  const YamlNode* entry = node(key);
  if (!entry)
    return min;
  Result<double> value = entry->as_double(min, max);
  if (value)
    return *value;
  fail_at(key, std::move(value).error());
  return min;
}

int32_t TuningReader::integer(std::string_view key, int32_t min, int32_t max) {
  const YamlNode* entry = node(key);
  if (!entry)
    return min;
  Result<int64_t> value = entry->as_int(min, max);
  if (value)
    return static_cast<int32_t>(*value);
  fail_at(key, std::move(value).error());
  return min;
}

std::string TuningReader::word(std::string_view key) {
  const YamlNode* entry = node(key);
  if (!entry)
    return {};
  Result<std::string> value = entry->as_string();
  if (value)
    return *std::move(value);
  fail_at(key, std::move(value).error());
  return {};
}

std::vector<double> TuningReader::numbers(std::string_view key, size_t count, double min,
                                          double max) {
  const YamlNode* entry = node(key);
  if (entry) {
    Result<std::vector<double>> values = checked_numbers(key, *entry, count, min, max);
    if (values)
      return *std::move(values);
    fail(std::move(values).error());
  }
  return std::vector<double>(count, min);
}

std::vector<std::vector<double>> TuningReader::rows(std::string_view key, size_t count, double min,
                                                    double max) {
  std::vector<std::vector<double>> result;
  const YamlNode* entry = node(key);
  if (!entry)
    return result;
  if (entry->kind() != YamlNode::Kind::Sequence || entry->items().empty()) {
    fail(entry->error("'" + std::string(key) + "' must be a list of rows of " +
                      std::to_string(count) + " numbers"));
    return result;
  }
  for (const YamlNode& item : entry->items()) {
    Result<std::vector<double>> values = checked_numbers(key, item, count, min, max);
    if (!values) {
      fail(std::move(values).error());
      return {};
    }
    result.push_back(*std::move(values));
  }
  return result;
}

TuningReader TuningReader::map(std::string_view key) {
  const YamlNode* entry = node(key);
  if (entry)
    return TuningReader(*entry);
  return {};  // what is missing is this map's error
}

Result<void> TuningReader::finish() {
  if (error_)
    return *error_;
  if (map_)
    return map_->finish();
  return {};
}

Result<std::string> read_tuning_head(TuningReader& reader, int version,
                                     const std::string& sensor_model) {
  if (const YamlNode* node = reader.node("version")) {
    Result<int64_t> number = node->as_int();
    if (!number)
      return std::move(number).error();
    if (*number != version)
      return node->error("tuning version " + std::to_string(*number) + " is not known",
                         "this IPA reads version " + std::to_string(version));
  }
  std::string sensor = reader.word("sensor");
  if (const YamlNode* node = reader.node("sensor");
      node && sensor != "*" && sensor != sensor_model) {
    reader.fail(node->error(
        "this tuning is for the sensor '" + sensor + "', the camera's is '" + sensor_model + "'",
        "choose the tuning file of the sensor; sensor: '*' says that a file suits any"));
  }
  return sensor;
}

Result<YamlNode> load_tuning(int fd, const std::string& name, const std::string& sensor_model) {
  if (fd < 0)
    return Error(Error::Code::NotFound, "there is no tuning file",
                 "name one for the sensor '" + sensor_model + "'");
  return load_yaml_fd(fd, name.empty() ? "tuning file" : name);
}

}  // namespace gstcam::algorithms
