/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * BayerScene: a headerless raw file, whose geometry its description gives.
 */
#pragma once

#include <span>
#include <string>

#include "base/unique-fd.h"
#include "pipelines/simulated/scene/recorded-scene.h"
#include "pipelines/simulated/scene/scene-description.h"

namespace gstcam::simulated {

/**
 * One row of samples. `row` has row_bytes() bytes and `out` raw.width places; `raw` has passed
 * check_geometry(). Samples are masked to their bits.
 */
void unpack_row(std::span<const uint8_t> row, const RawGeometry& raw, std::span<uint16_t> out);

class BayerScene : public RecordedScene {
 public:
  /** Opens the file and checks that it holds what the geometry says. */
  static Result<std::unique_ptr<Scene>> create(const SceneDescription& description);

  [[nodiscard]] std::optional<CfaOrder> cfa() const override;

 protected:
  [[nodiscard]] Size native_size() const override;
  Result<RawFrame> load() override;

 private:
  BayerScene(const SceneDescription& description, UniqueFd fd);

  std::string file_;
  RawGeometry raw_;  // with a crop, even
  UniqueFd fd_;
};

}  // namespace gstcam::simulated
