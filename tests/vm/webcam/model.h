/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Model: what a camera is and offers, before anybody has asked it for anything.
 *
 * Numbers of formats and frames count from 1, as in UVC: Model::formats[0] is format 1.
 */
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gstcam::webcam {

enum class Coding : uint8_t { Mjpeg, Yuyv };

/** How pictures travel: as one transfer after the other, or in packets of a reserved bandwidth. */
enum class Transfer : uint8_t { Bulk, Isochronous };

struct FrameSize {
  uint16_t width;                   // pixels; 16 divides it
  uint16_t height;                  // 8 divides it
  std::vector<uint32_t> intervals;  // between frames in 100 ns, the shortest first
};

struct Format {
  Coding coding;
  std::vector<FrameSize> sizes;
};

struct Model {
  uint16_t vendor_id = 0x1209;  // pid.codes, which has a number for tests
  uint16_t product_id = 0x0001;
  std::string vendor = "GStreamer Camera Tests";
  std::string product = "Webcam";
  std::string serial = "0001";
  Transfer transfer = Transfer::Bulk;
  std::vector<Format> formats = {
      {Coding::Mjpeg,
       {{640, 480, {333'333, 666'666, 2'000'000}},
        {320, 240, {333'333, 666'666, 2'000'000}},
        {160, 120, {166'666, 333'333, 2'000'000}},
        {1280, 720, {333'333, 1'000'000}}}},
      {Coding::Yuyv,
       {{640, 480, {333'333, 666'666, 2'000'000}},
        {320, 240, {166'666, 333'333, 666'666, 2'000'000}},
        {160, 120, {166'666, 333'333, 2'000'000}}}},
  };
  /** Sizes of still images, of every format. */
  std::vector<FrameSize> stills = {{1280, 720, {}}, {640, 480, {}}};
};

/** The most bytes a picture can take: of a JPEG too, which has 14 bits or fewer for a block of 64.
 */
inline uint32_t max_picture_bytes(const FrameSize& size) {
  return uint32_t{size.width} * size.height * 2;
}

// Numbers that descriptors and requests share.
constexpr uint8_t kControlInterface = 0;
constexpr uint8_t kStreamingInterface = 1;
constexpr uint8_t kCameraTerminal = 1;
constexpr uint8_t kProcessingUnit = 2;
constexpr uint8_t kOutputTerminal = 3;
constexpr uint8_t kVideoEndpoint = 0x81;
constexpr uint32_t kClockHz = 48'000'000;
/** Bytes a microframe of the isochronous alternate settings 1 and 2. */
constexpr uint32_t kIsoBandwidth[] = {1024, 3 * 1024};

}  // namespace gstcam::webcam
