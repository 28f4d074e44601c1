/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/picture-writer.h"

#include "core/isp/yuv-matrix.h"

namespace gstcam::isp {

namespace {

bool is_rgb(PixelFormat format) {
  return format == PixelFormat::Xbgr8888 || format == PixelFormat::Xrgb8888 ||
         format == PixelFormat::Bgr888;
}

}  // namespace

PictureWriter::PictureWriter(PixelFormat format, Size size, Colorimetry colorimetry,
                             const FrameLayout& layout)
    : format_(format),
      size_(size),
      half_((size.width + 1) / 2),
      cosited_(chroma_cosited(colorimetry)),
      layout_(layout),
      matrix_(yuv_matrix(colorimetry)),
      tone_(is_rgb(format) ? ToneTable::Kind::Bytes : ToneTable::Kind::Fine),
      linear_(12, half_),
      chroma_(6, half_),
      bytes_(4, half_) {}

void PictureWriter::begin(const uint16_t (&tone)[GST_CAMERA_ISP_TONE_POINTS], uint8_t* out) {
  tone_.update(tone);
  out_ = out;
}

LinearRowPair PictureWriter::input(uint32_t y) {
  const size_t first = size_t{y % 2} * 6;
  return {{linear_.row(first), linear_.row(first + 1), linear_.row(first + 2)},
          {linear_.row(first + 3), linear_.row(first + 4), linear_.row(first + 5)}};
}

uint8_t* PictureWriter::line(uint32_t plane, uint32_t y) const {
  const PlaneLayout& p = layout_.planes[plane];
  return out_ + p.offset + size_t{y} * p.stride;
}

void PictureWriter::write(uint32_t y) {
  if (is_rgb(format_))
    write_rgb(y);
  else
    write_yuv(y);
}

void PictureWriter::write_rgb(uint32_t y) {
  const LinearRowPair in = input(y);
  uint8_t* out = line(0, y);
  if (format_ == PixelFormat::Xbgr8888)
    pack_rgbx(in, tone_.bytes(), out, size_.width);
  else if (format_ == PixelFormat::Xrgb8888)
    pack_bgrx(in, tone_.bytes(), out, size_.width);
  else
    pack_rgb(in, tone_.bytes(), out, size_.width);
}

void PictureWriter::write_yuv(uint32_t y) {
  const size_t first = size_t{y % 2} * 6;
  for (size_t i = 0; i < 6; i++) {
    uint16_t* codes = linear_.row(first + i);
    apply_tone(codes, tone_.fine(), half_);
  }
  if (size_.width % 2) {
    /* No pixel is there: the last chroma sample is that of the last column alone. */
    for (size_t i = 0; i < 3; i++)
      linear_.row(first + 3 + i)[half_ - 1] = linear_.row(first + i)[half_ - 1];
  }
  uint8_t* y_even = bytes_.row(0);
  uint8_t* y_odd = bytes_.row(1);
  write_luma(y, y_even, y_odd);
  halve(y);
  if (format_ == PixelFormat::Yuyv) {
    const size_t c = size_t{y % 2} * 3;
    uint8_t* u = bytes_.row(2);
    uint8_t* v = bytes_.row(3);
    to_component(chroma_.row(c), chroma_.row(c + 1), chroma_.row(c + 2), matrix_.u, u, half_);
    to_component(chroma_.row(c), chroma_.row(c + 1), chroma_.row(c + 2), matrix_.v, v, half_);
    interleave_yuyv(y_even, y_odd, u, v, line(0, y), half_);
    return;
  }
  interleave(y_even, y_odd, line(kY, y), size_.width);
  if (y % 2 == 1 || y + 1 == size_.height)
    write_chroma_rows(y);
}

void PictureWriter::write_luma(uint32_t y, uint8_t* even, uint8_t* odd) {
  const LinearRowPair in = input(y);
  to_component(in.even.r, in.even.g, in.even.b, matrix_.y, even, half_);
  to_component(in.odd.r, in.odd.g, in.odd.b, matrix_.y, odd, half_);
}

void PictureWriter::halve(uint32_t y) {
  const size_t first = size_t{y % 2} * 6;
  for (size_t i = 0; i < 3; i++) {
    const uint16_t* even = linear_.row(first + i);
    uint16_t* odd = linear_.row(first + 3 + i);
    uint16_t* out = chroma_.row(size_t{y % 2} * 3 + i);
    if (cosited_) {
      odd[-1] = odd[0];  // column -1 mirrors column 1
      halve_cosited(even, odd, out, half_);
    } else {
      halve_centred(even, odd, out, half_);
    }
  }
}

void PictureWriter::write_chroma_rows(uint32_t y) {
  if (y % 2 == 1) {
    for (size_t i = 0; i < 3; i++)
      mean_of_rows(chroma_.row(i), chroma_.row(3 + i), chroma_.row(i), half_);
  }
  const uint16_t* r = chroma_.row(0);
  const uint16_t* g = chroma_.row(1);
  const uint16_t* b = chroma_.row(2);
  if (format_ == PixelFormat::Nv12) {
    uint8_t* u = bytes_.row(2);
    uint8_t* v = bytes_.row(3);
    to_component(r, g, b, matrix_.u, u, half_);
    to_component(r, g, b, matrix_.v, v, half_);
    interleave(u, v, line(kU, y / 2), half_ * 2);
  } else {
    to_component(r, g, b, matrix_.u, line(kU, y / 2), half_);
    to_component(r, g, b, matrix_.v, line(kV, y / 2), half_);
  }
}

}  // namespace gstcam::isp
