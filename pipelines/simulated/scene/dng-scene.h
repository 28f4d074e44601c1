/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DngScene: a DNG, or any other camera's raw file that LibRaw reads and that has a Bayer mosaic.
 *
 * Size and colours are read when it is made, samples when it is configured. The active area is the
 * picture; black and white levels are the file's.
 */
#pragma once

#include <string>

#include "pipelines/simulated/scene/recorded-scene.h"
#include "pipelines/simulated/scene/scene-description.h"

namespace gstcam::simulated {

class DngScene : public RecordedScene {
 public:
  static Result<std::unique_ptr<Scene>> create(const SceneDescription& description);

  [[nodiscard]] std::optional<CfaOrder> cfa() const override { return cfa_; }

 protected:
  [[nodiscard]] Size native_size() const override { return size_; }
  Result<RawFrame> load() override;

 private:
  explicit DngScene(const SceneDescription& description)
      : RecordedScene(description.reference_lux), file_(description.file) {}

  std::string file_;
  Size size_;
  CfaOrder cfa_ = CfaOrder::Rggb;
};

}  // namespace gstcam::simulated
