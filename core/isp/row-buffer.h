/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RowBuffer: rows of samples in one allocation, each with room for mirrored samples on both sides.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gstcam::isp {

template <typename T>
class RowBuffer {
 public:
  /* A cache line: the sample at index 0 of every row has the same alignment. */
  static constexpr size_t kMargin = 64 / sizeof(T);

  RowBuffer() = default;
  /** Zeroed; may throw std::bad_alloc. Index -kMargin .. length + kMargin - 1 of a row is there. */
  RowBuffer(size_t rows, size_t length)
      : pitch_((length + 2 * kMargin + kMargin - 1) / kMargin * kMargin), data_(rows * pitch_) {}

  [[nodiscard]] T* row(size_t index) { return data_.data() + index * pitch_ + kMargin; }
  [[nodiscard]] const T* row(size_t index) const { return data_.data() + index * pitch_ + kMargin; }

 private:
  size_t pitch_ = 0;
  std::vector<T> data_;
};

/**
 * The index inside 0 .. count-1 that stands for one outside: reflected at the first and last
 * sample, which are not repeated, so that a mosaic keeps its phase. Up to count - 1 outside.
 */
constexpr int32_t mirror(int32_t index, int32_t count) {
  if (index < 0)
    return -index;
  return index < count ? index : 2 * (count - 1) - index;
}

}  // namespace gstcam::isp
