/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The webcam without a kernel: what it says of itself is well formed, what it is asked for in the
 * wrong way it refuses or corrects, and what it sends is the picture.
 */
#include "tests/vm/webcam/webcam.h"

#include <glib.h>
#include <linux/usb/ch9.h>
#include <linux/usb/video.h>

#include <algorithm>
#include <cerrno>

#include "tests/vm/webcam/descriptors.h"
#include "tests/vm/webcam/usbip.h"

namespace {

using namespace gstcam;
using namespace gstcam::webcam;

constexpr uint8_t kClassIn = USB_DIR_IN | USB_TYPE_CLASS | USB_RECIP_INTERFACE;
constexpr uint8_t kClassOut = USB_TYPE_CLASS | USB_RECIP_INTERFACE;

Model model_of(Transfer transfer) {
  Model model;
  model.transfer = transfer;
  return model;
}

std::optional<Bytes> request(Webcam& camera, unsigned type, unsigned what, unsigned value,
                             unsigned index, unsigned length, const Bytes& data = {}) {
  Bytes setup;
  put(setup, {type, what});
  put16(setup, value);
  put16(setup, index);
  put16(setup, length);
  return camera.control(std::span<const uint8_t, 8>(setup.data(), 8), data);
}

/** The configuration's descriptors one by one. */
std::vector<Bytes> split(const Bytes& all) {
  std::vector<Bytes> found;
  for (size_t at = 0; at < all.size(); at += all[at]) {
    g_assert_cmpuint(all[at], >=, 2);
    g_assert_cmpuint(at + all[at], <=, all.size());
    found.emplace_back(all.begin() + static_cast<ptrdiff_t>(at),
                       all.begin() + static_cast<ptrdiff_t>(at + all[at]));
  }
  return found;
}

bool is_specific(const Bytes& one, unsigned subtype) {
  return one[1] == (USB_TYPE_CLASS | USB_DT_INTERFACE) && one[2] == subtype;
}

void test_descriptors_are_well_formed() {
  g_assert_cmpuint(device_descriptor(Model{}).size(), ==, USB_DT_DEVICE_SIZE);
  for (Transfer transfer : {Transfer::Bulk, Transfer::Isochronous}) {
    const Model model = model_of(transfer);
    const Bytes all = configuration_descriptor(model);
    g_assert_cmpuint(get(all, 2, 2), ==, all.size());
    unsigned endpoints = 0, formats = 0, frames = 0, alternates = 0, subclass = 0;
    size_t in_class = 0, said = 0;
    for (const Bytes& one : split(all)) {
      if (one[1] == USB_DT_INTERFACE) {
        g_assert_cmpuint(in_class, ==, said);  // of the interface before
        in_class = said = 0;
        subclass = one[6];
        alternates += one[2] == kStreamingInterface ? 1 : 0;
      } else if (one[1] == USB_DT_ENDPOINT) {
        endpoints++;
      } else if (one[1] == (USB_TYPE_CLASS | USB_DT_INTERFACE)) {
        in_class += one.size();
        const bool streaming = subclass == UVC_SC_VIDEOSTREAMING;
        if (one[2] == 1)  // the header of both kinds
          said = get(one, streaming ? 4 : 5, 2);
        formats += streaming && (is_specific(one, UVC_VS_FORMAT_MJPEG) ||
                                 is_specific(one, UVC_VS_FORMAT_UNCOMPRESSED));
        if (streaming &&
            (is_specific(one, UVC_VS_FRAME_MJPEG) || is_specific(one, UVC_VS_FRAME_UNCOMPRESSED))) {
          frames++;
          g_assert_cmpuint(one.size(), ==, 26 + 4 * one[25]);
        }
      }
    }
    g_assert_cmpuint(in_class, ==, said);
    g_assert_cmpuint(formats, ==, model.formats.size());
    g_assert_cmpuint(frames, ==, model.formats[0].sizes.size() + model.formats[1].sizes.size());
    g_assert_cmpuint(endpoints, ==, transfer == Transfer::Bulk ? 1 : 2);
    g_assert_cmpuint(alternates, ==, transfer == Transfer::Bulk ? 1 : 3);
  }
}

void test_strings() {
  Model model;
  model.serial = "Ä1";
  const Bytes expected = {6, USB_DT_STRING, 0xc4, 0, '1', 0};
  g_assert_true(string_descriptor(model, 3) == expected);
  g_assert_true(string_descriptor(model, 4).empty());
  model.serial = std::string(300, 'x');
  g_assert_cmpuint(string_descriptor(model, 3).size(), ==, 254);
}

void test_controls() {
  Webcam camera{Model{}};
  const unsigned unit = kProcessingUnit << 8, brightness = UVC_PU_BRIGHTNESS_CONTROL << 8;
  g_assert_true(*request(camera, kClassIn, UVC_GET_MIN, brightness, unit, 2) ==
                (Bytes{0xc0, 0xff}));
  g_assert_true(*request(camera, kClassIn, UVC_GET_LEN, brightness, unit, 2) == (Bytes{2, 0}));
  g_assert_true(
      request(camera, kClassOut, UVC_SET_CUR, brightness, unit, 2, {0xe2, 0xff}).has_value());
  g_assert_true(*request(camera, kClassIn, UVC_GET_CUR, brightness, unit, 2) ==
                (Bytes{0xe2, 0xff}));

  const auto refused_with = [&](unsigned selector, unsigned entity, const Bytes& value) {
    g_assert_false(request(camera, kClassOut, UVC_SET_CUR, selector << 8, entity << 8,
                           static_cast<unsigned>(value.size()), value)
                       .has_value());
    return (
        *request(camera, kClassIn, UVC_GET_CUR, UVC_VC_REQUEST_ERROR_CODE_CONTROL << 8, 0, 1))[0];
  };
  g_assert_cmpuint(refused_with(UVC_PU_BRIGHTNESS_CONTROL, kProcessingUnit, {65, 0}), ==, 4);
  g_assert_cmpuint(refused_with(UVC_PU_BRIGHTNESS_CONTROL, kProcessingUnit, {1}), ==, 7);
  g_assert_cmpuint(refused_with(UVC_CT_PRIVACY_CONTROL, kCameraTerminal, {1}), ==, 6);
  g_assert_cmpuint(refused_with(UVC_CT_AE_MODE_CONTROL, kCameraTerminal, {4}), ==, 4);
  g_assert_cmpuint(refused_with(UVC_CT_AE_MODE_CONTROL, kCameraTerminal, {9}), ==, 4);
  // An automatic owns its control until it is switched off.
  const unsigned exposure = UVC_CT_EXPOSURE_TIME_ABSOLUTE_CONTROL, terminal = kCameraTerminal << 8;
  g_assert_cmpuint(refused_with(exposure, kCameraTerminal, {100, 0, 0, 0}), ==, 2);
  g_assert_cmpuint((*request(camera, kClassIn, UVC_GET_INFO, exposure << 8, terminal, 1))[0], ==,
                   7);
  g_assert_true(
      request(camera, kClassOut, UVC_SET_CUR, UVC_CT_AE_MODE_CONTROL << 8, terminal, 1, {1})
          .has_value());
  g_assert_true(request(camera, kClassOut, UVC_SET_CUR, exposure << 8, terminal, 4, {100, 0, 0, 0})
                    .has_value());
  g_assert_cmpuint((*request(camera, kClassIn, UVC_GET_INFO, exposure << 8, terminal, 1))[0], ==,
                   3);
}

void test_negotiation_finds_the_nearest() {
  const Model model = model_of(Transfer::Isochronous);
  Negotiation negotiation(model);
  Bytes wish(34);
  wish[2] = 200;  // formats end at 2
  wish[3] = 2;    // 320x240
  wish[5] = 0xff;
  wish[6] = 0x09;  // 655104, near 15 a second
  g_assert_true(negotiation.set(UVC_VS_PROBE_CONTROL, wish));
  const Bytes offer = *negotiation.get(UVC_VS_PROBE_CONTROL, UVC_GET_CUR);
  g_assert_cmpuint(offer.size(), ==, 34);
  g_assert_cmpuint(offer[2], ==, 2);
  g_assert_cmpuint(get(offer, 4, 4), ==, 666'666);
  g_assert_cmpuint(get(offer, 18, 4), ==, 320 * 240 * 2);
  g_assert_cmpuint(get(offer, 22, 4), ==, 1024);
  g_assert_cmpuint(get(*negotiation.get(UVC_VS_PROBE_CONTROL, UVC_GET_MAX), 4, 4), ==, 2'000'000);
  g_assert_cmpuint(get(*negotiation.get(UVC_VS_PROBE_CONTROL, UVC_GET_MIN), 4, 4), ==, 166'666);
  // Probing commits nothing.
  g_assert_true(negotiation.committed().coding == Coding::Mjpeg);
  g_assert_true(negotiation.set(UVC_VS_COMMIT_CONTROL, offer));
  g_assert_true(negotiation.committed().coding == Coding::Yuyv);
  g_assert_false(negotiation.set(UVC_VS_PROBE_CONTROL, Bytes(25)));
  g_assert_false(negotiation.get(UVC_VS_SYNC_DELAY_CONTROL, UVC_GET_CUR).has_value());
}

/** All pieces of a picture; checks how they end. */
std::vector<Bytes> cut(PayloadCutter& cutter, const Bytes& picture, uint32_t max_payload,
                       size_t room, bool still = false) {
  cutter.begin(picture, max_payload, 0x01020304, still);
  std::vector<Bytes> pieces;
  while (!cutter.done()) {
    pieces.push_back(cutter.next(room));
    g_assert_cmpuint(pieces.back().size(), <=, room);
    g_assert_cmpuint(pieces.size(), <=, 2 * picture.size());
  }
  return pieces;
}

Bytes test_picture() {
  Bytes picture(1000);
  for (size_t i = 0; i < picture.size(); i++)
    picture[i] = static_cast<uint8_t>(i * 7);
  return picture;
}

void test_bulk_payloads() {
  const Bytes picture = test_picture();
  PayloadCutter cutter(Transfer::Bulk);
  unsigned flags = UVC_STREAM_EOH | UVC_STREAM_PTS | UVC_STREAM_EOF;
  // 503 is half of what there is to send.
  for (size_t room : {100U, 503U, 4096U}) {
    const auto pieces = cut(cutter, picture, 2000, room);
    Bytes all;
    for (const Bytes& piece : pieces)
      put(all, piece);
    g_assert_cmpuint(all[0], ==, kPayloadHeaderBytes);
    g_assert_cmpuint(all[1], ==, flags);
    flags ^= UVC_STREAM_FID;
    g_assert_cmpuint(get(all, 2, 4), ==, 0x01020304);
    g_assert_true(std::ranges::equal(ByteSpan(all).subspan(kPayloadHeaderBytes), picture));
    // The end shows: a transfer that is not filled.
    g_assert_cmpuint(pieces.back().size(), <, room);
    g_assert_cmpuint(pieces.back().size() == 0, ==, room == 503);
  }
  // Or the size that was agreed upon.
  const auto pieces = cut(cutter, picture, 1006, 503);
  g_assert_cmpuint(pieces.size(), ==, 2);
}

void test_isochronous_payloads() {
  const Bytes picture = test_picture();
  PayloadCutter cutter(Transfer::Isochronous);
  for (unsigned odd : {0U, 1U}) {
    const auto pieces = cut(cutter, picture, 256, 1024);
    Bytes all;
    for (size_t i = 0; i < pieces.size(); i++) {
      const bool last = i + 1 == pieces.size();
      g_assert_cmpuint(pieces[i].size(), <=, 256);
      g_assert_cmpuint(pieces[i][1], ==,
                       UVC_STREAM_EOH | UVC_STREAM_PTS | odd | (last ? UVC_STREAM_EOF : 0U));
      put(all, ByteSpan(pieces[i]).subspan(kPayloadHeaderBytes));
    }
    g_assert_true(all == picture);
  }
}

void test_stream_and_still() {
  Webcam camera{Model{}};
  g_assert_cmpuint(camera.interval(), ==, 0);
  Bytes wish(34);
  wish[2] = 2;
  wish[3] = 3;  // 160x120
  const unsigned commit = UVC_VS_COMMIT_CONTROL << 8;
  g_assert_true(
      request(camera, kClassOut, UVC_SET_CUR, commit, kStreamingInterface, 34, wish).has_value());
  g_assert_cmpuint(camera.interval(), ==, 166'666);
  constexpr size_t kVideo = 160 * 120 * 2, kStill = 1280 * 720 * 2, kRoom = 1 << 24;
  for (uint32_t number = 0; number < 2; number++) {
    camera.expose(0);
    camera.expose(0);  // too early: the picture before is still there
    const Bytes sent = camera.next_data(kRoom);
    g_assert_false(camera.has_data());
    g_assert_cmpuint(sent.size(), ==, kVideo + kPayloadHeaderBytes);
    g_assert_cmpuint(read_exact_number(ByteSpan(sent).subspan(kPayloadHeaderBytes), 320, 120), ==,
                     number);
  }
  const unsigned still_commit = UVC_VS_STILL_COMMIT_CONTROL << 8;
  Bytes still(11);
  still[0] = 2;
  still[1] = 1;
  g_assert_true(request(camera, kClassOut, UVC_SET_CUR, still_commit, 1, 11, still).has_value());
  g_assert_true(
      request(camera, kClassOut, UVC_SET_CUR, UVC_VS_STILL_IMAGE_TRIGGER_CONTROL << 8, 1, 1, {1})
          .has_value());
  camera.expose(0);
  const Bytes shot = camera.next_data(kRoom);
  g_assert_cmpuint(shot.size(), ==, kStill + kPayloadHeaderBytes);
  g_assert_cmpuint(shot[1] & UVC_STREAM_STI, !=, 0);
  camera.expose(0);
  g_assert_cmpuint(camera.next_data(kRoom)[1] & UVC_STREAM_STI, ==, 0);
  // The end of a bulk stream.
  g_assert_true(
      request(camera, USB_RECIP_ENDPOINT, USB_REQ_CLEAR_FEATURE, 0, kVideoEndpoint, 0).has_value());
  g_assert_cmpuint(camera.interval(), ==, 0);
}

void test_alternate_settings() {
  Webcam camera(model_of(Transfer::Isochronous));
  const auto set = [&](unsigned alternate) {
    return request(camera, USB_RECIP_INTERFACE, USB_REQ_SET_INTERFACE, alternate, 1, 0).has_value();
  };
  g_assert_true(set(2));
  g_assert_cmpuint(camera.interval(), !=, 0);
  g_assert_false(set(3));
  g_assert_true(set(0));
  g_assert_cmpuint(camera.interval(), ==, 0);
}

void test_numbers_in_pictures() {
  for (auto [width, height] : {std::pair{160U, 120U}, std::pair{640U, 480U}}) {
    Picture picture(width, height);
    Look dark;
    dark.light = 0.1;
    dark.brightness = -64;
    for (uint32_t number : {0U, 1U, 255U, 0x80c0ffeeU, UINT32_MAX}) {
      for (const Look& look : {Look{}, dark}) {
        picture.draw(number, look);
        Bytes yuyv = picture.yuyv();
        const size_t stride = size_t{width} * 2;
        g_assert_cmpuint(read_number(yuyv, stride, 2).value(), ==, number);
        g_assert_cmpuint(read_exact_number(yuyv, stride, height), ==, number);
        // One cell the other way round.
        for (size_t row = 16; row < 32; row++) {
          for (size_t column = 32; column < 48; column++)
            yuyv[row * stride + column * 2] ^= 0xff;
        }
        g_assert_false(read_number(yuyv, stride, 2).has_value());
      }
    }
    g_assert_false(read_number(Bytes(1000), size_t{width} * 2, 2).has_value());
  }
}

void test_controls_are_seen() {
  Picture picture(320, 240);
  const auto mean = [&](const Look& look) {
    picture.draw(0, look);
    double sum = 0;
    for (unsigned column = 0; column < picture.columns(); column++)
      sum += picture.y(column, picture.rows() - 1);
    return sum / picture.columns();
  };
  const double plain = mean({});
  Look brighter, longer;
  brighter.brightness = 20;
  longer.light = 1.2;
  g_assert_cmpfloat(mean(brighter), >, plain + 15);
  g_assert_cmpfloat(mean(longer), >, plain + 5);
}

void test_usbip_commands() {
  Bytes in(usbip::kHeaderBytes);
  in[3] = 1;      // submit
  in[7] = 9;      // sequence
  in[15] = 1;     // in
  in[19] = 1;     // endpoint
  in[26] = 0x40;  // 16384 bytes
  in[35] = 2;     // packets
  auto command = usbip::parse_command(in);
  g_assert_true(command.ok());
  g_assert_cmpuint(command->length, ==, 16384);
  g_assert_cmpuint(command->packets, ==, 2);
  const Bytes data(1500, 7);
  const Bytes out = usbip::iso_reply(*command, data, {{0, 1024, 1000}, {1024, 1024, 500}});
  g_assert_cmpuint(out.size(), ==, usbip::kHeaderBytes + 1500 + 2 * usbip::kPacketBytes);
  g_assert_cmpuint(out[3], ==, 3);
  g_assert_cmpuint(out[7], ==, 9);
  g_assert_cmpuint(out[26] << 8 | out[27], ==, 1500);
  g_assert_cmpuint(out[out.size() - 6] << 8 | out[out.size() - 5], ==, 500);

  const Bytes stalled = usbip::reply(*command, -EPIPE, {});
  g_assert_cmpuint(stalled[23], ==, 0x100 - EPIPE);
  in[24] = 0xff;  // 4 GB
  g_assert_false(usbip::parse_command(in).ok());
  in[3] = 3;
  g_assert_false(usbip::parse_command(in).ok());
  g_assert_false(usbip::parse_command(ByteSpan(in).first(47)).ok());
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/webcam/descriptors", test_descriptors_are_well_formed);
  g_test_add_func("/webcam/strings", test_strings);
  g_test_add_func("/webcam/controls", test_controls);
  g_test_add_func("/webcam/negotiation", test_negotiation_finds_the_nearest);
  g_test_add_func("/webcam/payload/bulk", test_bulk_payloads);
  g_test_add_func("/webcam/payload/isochronous", test_isochronous_payloads);
  g_test_add_func("/webcam/stream-and-still", test_stream_and_still);
  g_test_add_func("/webcam/alternate-settings", test_alternate_settings);
  g_test_add_func("/webcam/numbers", test_numbers_in_pictures);
  g_test_add_func("/webcam/controls-are-seen", test_controls_are_seen);
  g_test_add_func("/webcam/usbip", test_usbip_commands);
  return g_test_run();
}
