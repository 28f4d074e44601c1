/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ControlState: the camera's controls as UVC has them (UVC 1.1, 4.2.2): each with its range, its
 * value, and with the automatic that owns it where there is one.
 *
 * A value out of range, or of a control that an automatic owns just now, is refused, and
 * error_code() says why, as the host may ask a camera.
 */
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "tests/vm/webcam/bytes.h"

namespace gstcam::webcam {

struct ControlSpec {
  uint8_t entity;    // kCameraTerminal or kProcessingUnit
  uint8_t selector;  // UVC_CT_... or UVC_PU_...
  uint8_t bit;       // in the entity's bmControls
  uint8_t size;      // bytes
  int32_t minimum, maximum;
  int32_t step;  // of a bitmap: the bits there are; a value is one of them
  int32_t initial;
  bool bitmap = false;
  uint8_t owner = 0;  // selector of the automatic, in the same entity; 0: none
  uint32_t manual_values =
      0;  // the owner leaves the control alone where bit (1 << its value) is set
};

/** What is in the table, for descriptors and tests. */
const ControlSpec* control_spec(uint8_t entity, uint8_t selector);
/** bmControls of an entity. */
uint32_t control_bits(uint8_t entity);

class ControlState {
 public:
  ControlState();

  /** Answers a GET_... request; nullopt: refused. */
  std::optional<Bytes> get(uint8_t entity, uint8_t selector, uint8_t request);
  /** SET_CUR; false: refused. */
  bool set(uint8_t entity, uint8_t selector, ByteSpan value);

  /** The value of a control that is in the table. */
  [[nodiscard]] int32_t value(uint8_t entity, uint8_t selector) const;
  /** Why the last request was refused: the values of UVC's request error code control. */
  [[nodiscard]] uint8_t error_code() const { return error_; }

 private:
  static constexpr size_t kCount = 17;

  [[nodiscard]] bool owned(const ControlSpec& spec) const;

  std::array<int32_t, kCount> values_{};
  uint8_t error_ = 0;
};

}  // namespace gstcam::webcam
