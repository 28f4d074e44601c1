/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * FrameHistory: what was decided for which frame, for the frames that are on their way.
 *
 * A ring of the last kCapacity frames by their numbers. Allocates nothing; one thread.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace gstcam::simulated {

template <typename T>
class FrameHistory {
 public:
  static constexpr size_t kCapacity = 32;

  void clear() {
    for (Slot& slot : slots_)
      slot.used = false;
  }
  /** Replaces what was there for this frame; the frame kCapacity before it is forgotten. */
  T& put(uint32_t frame, const T& value) {
    Slot& slot = slots_[frame % kCapacity];
    slot = {true, frame, value};
    return slot.value;
  }
  /** nullptr where nothing was put for that very frame. */
  [[nodiscard]] const T* find(uint32_t frame) const {
    const Slot& slot = slots_[frame % kCapacity];
    return slot.used && slot.frame == frame ? &slot.value : nullptr;
  }
  /** What was put for the last frame up to this one, nullptr where there is none. */
  [[nodiscard]] const T* latest(uint32_t frame) const {
    const Slot* best = nullptr;
    for (const Slot& slot : slots_) {
      if (slot.used && slot.frame <= frame && (!best || slot.frame > best->frame))
        best = &slot;
    }
    return best ? &best->value : nullptr;
  }

 private:
  struct Slot {
    bool used = false;
    uint32_t frame = 0;
    T value{};
  };
  std::array<Slot, kCapacity> slots_{};
};

}  // namespace gstcam::simulated
