/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/vm/webcam/flat-jpeg.h"

#include <bit>
#include <cstdlib>

namespace gstcam::webcam {
namespace {

enum : uint8_t {
  kSoi = 0xd8,
  kEoi = 0xd9,
  kApp0 = 0xe0,
  kDqt = 0xdb,
  kSof0 = 0xc0,
  kDht = 0xc4,
  kSos = 0xda
};

// Differences of means are -255 ... 255: categories 0 to 8, which get codes of four bits each. The
// only code among the other coefficients says that there are none; it is one bit, a zero.
constexpr unsigned kCategories = 9, kCategoryBits = 4;

/** Numbers in JPEG are big endian. */
void put_big16(Bytes& out, unsigned value) {
  put(out, {value >> 8, value});
}

void add_segment(Bytes& out, uint8_t marker, const Bytes& body) {
  put(out, {0xff, marker});
  put_big16(out, static_cast<unsigned>(body.size()) + 2);
  put(out, body);
}

/** One Huffman table: `symbols` from 0 on, all with codes of `bits` bits. */
Bytes huffman_table(unsigned kind, unsigned bits, unsigned symbols) {
  Bytes body = {static_cast<uint8_t>(kind << 4)};
  for (unsigned length = 1; length <= 16; length++)
    put(body, {length == bits ? symbols : 0});
  for (unsigned symbol = 0; symbol < symbols; symbol++)
    put(body, {symbol});
  return body;
}

class BitWriter {
 public:
  explicit BitWriter(Bytes& out) : out_(out) {}

  void bits(uint32_t value, unsigned count) {
    held_ = held_ << count | value;
    count_ += count;
    while (count_ >= 8) {
      count_ -= 8;
      byte(static_cast<uint8_t>(held_ >> count_));
    }
  }
  /** Fills the last byte with ones. */
  void finish() {
    if (count_ > 0)
      bits(0xffU >> count_, 8 - count_);
  }

 private:
  void byte(uint8_t value) {
    out_.push_back(value);
    if (value == 0xff)
      out_.push_back(0);  // or it would be a marker
  }

  Bytes& out_;
  uint32_t held_ = 0;
  unsigned count_ = 0;
};

/** Codes the blocks of one component, each as the difference from the one before. */
class Component {
 public:
  explicit Component(BitWriter& writer) : writer_(writer) {}

  void block(uint8_t mean) {
    const int difference = mean - before_;
    before_ = mean;
    const auto category =
        static_cast<unsigned>(std::bit_width(static_cast<unsigned>(std::abs(difference))));
    writer_.bits(category, kCategoryBits);
    // A negative one is counted from the bottom of its category.
    const int coded = difference < 0 ? difference + (1 << category) - 1 : difference;
    writer_.bits(static_cast<uint32_t>(coded), category);
    writer_.bits(0, 1);
  }

 private:
  BitWriter& writer_;
  int before_ = 128;  // means are counted from mid grey
};

}  // namespace

Bytes flat_jpeg(const Picture& picture) {
  Bytes out = {0xff, kSoi};
  add_segment(out, kApp0, {'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0});
  Bytes quantiser(65, 8);
  quantiser[0] = 0;  // 8 bits, table 0
  add_segment(out, kDqt, quantiser);

  Bytes frame = {8};
  put_big16(frame, picture.rows() * 8);
  put_big16(frame, picture.columns() * 8);
  put(frame, {3, 1, 0x21, 0, 2, 0x11, 0, 3, 0x11, 0});  // luma is twice as wide
  add_segment(out, kSof0, frame);
  add_segment(out, kDht, huffman_table(0, kCategoryBits, kCategories));
  add_segment(out, kDht, huffman_table(1, 1, 1));
  add_segment(out, kSos, {3, 1, 0, 2, 0, 3, 0, 0, 63, 0});

  BitWriter writer(out);
  Component y(writer);
  Component cb(writer);
  Component cr(writer);
  for (unsigned row = 0; row < picture.rows(); row++) {
    for (unsigned column = 0; column < picture.columns() / 2; column++) {
      y.block(picture.y(2 * column, row));
      y.block(picture.y(2 * column + 1, row));
      cb.block(picture.cb(column, row));
      cr.block(picture.cr(column, row));
    }
  }
  writer.finish();
  put(out, {0xff, kEoi});
  return out;
}

}  // namespace gstcam::webcam
