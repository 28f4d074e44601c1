/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/selection.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace gstcam {

namespace {

/* What a wrong name becomes. */
class UnknownPipeline final : public PipelineFactory {
 public:
  explicit UnknownPipeline(Error error, std::string name)
      : error_(std::move(error)), name_(std::move(name)) {}
  [[nodiscard]] const char* name() const override { return name_.c_str(); }
  Result<FoundCameras> enumerate(const DeviceClaims& /*taken*/) override { return error_; }

 private:
  const Error error_;
  const std::string name_;
};

std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string_view name = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (name.starts_with(' '))
      name.remove_prefix(1);
    while (name.ends_with(' '))
      name.remove_suffix(1);
    if (!name.empty() && std::ranges::find(names, name) == names.end())
      names.emplace_back(name);
  }
  return names;
}

std::unique_ptr<PipelineFactory> unknown(std::span<const BuiltInPipeline> built_in,
                                         const std::string& name) {
  std::string all;
  for (const BuiltInPipeline& pipeline : built_in)
    all += (all.empty() ? "" : ", ") + std::string(pipeline.name);
  return std::make_unique<UnknownPipeline>(
      Error(Error::Code::Invalid, "GST_CAMERA_PIPELINES names '" + name + "', which there is not",
            "those there are: " + all),
      name);
}

}  // namespace

std::vector<std::unique_ptr<PipelineFactory>> select_pipelines(
    std::span<const BuiltInPipeline> built_in, const char* names) {
  std::vector<std::unique_ptr<PipelineFactory>> factories;
  const std::vector<std::string> wanted = names_in(names ? names : "");
  if (wanted.empty()) {
    for (const BuiltInPipeline& pipeline : built_in)
      factories.push_back(pipeline.make());
    return factories;
  }
  for (const std::string& name : wanted) {
    const auto it = std::ranges::find_if(
        built_in, [&name](const BuiltInPipeline& pipeline) { return name == pipeline.name; });
    factories.push_back(it == built_in.end() ? unknown(built_in, name) : it->make());
  }
  return factories;
}

}  // namespace gstcam
