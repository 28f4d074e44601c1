/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/vm/webcam/descriptors.h"

#include <glib.h>
#include <linux/usb/ch9.h>
#include <linux/usb/video.h>

#include "base/glib-ptr.h"
#include "tests/vm/webcam/controls.h"

namespace gstcam::webcam {
namespace {

constexpr unsigned kSpecific = USB_TYPE_CLASS | USB_DT_INTERFACE;  // CS_INTERFACE
constexpr unsigned kUvcVersion = 0x0110;
enum : uint8_t { kNoString, kVendorString, kProductString, kSerialString };

/** Appends a descriptor: the length in front is that of `body` and itself. */
void add(Bytes& out, const Bytes& body) {
  out.push_back(static_cast<uint8_t>(body.size() + 1));
  put(out, body);
}

void set16(Bytes& out, size_t offset, size_t value) {
  out[offset] = static_cast<uint8_t>(value);
  out[offset + 1] = static_cast<uint8_t>(value >> 8);
}

void add_interface(Bytes& out, unsigned number, unsigned alternate, unsigned endpoints,
                   unsigned subclass) {
  add(out, {USB_DT_INTERFACE, static_cast<uint8_t>(number), static_cast<uint8_t>(alternate),
            static_cast<uint8_t>(endpoints), USB_CLASS_VIDEO, static_cast<uint8_t>(subclass),
            UVC_PC_PROTOCOL_UNDEFINED, kNoString});
}

void add_endpoint(Bytes& out, unsigned attributes, unsigned packet_size, unsigned interval) {
  Bytes body;
  put(body, {USB_DT_ENDPOINT, kVideoEndpoint, attributes});
  put16(body, packet_size);
  put(body, {interval});
  add(out, body);
}

/** The class's descriptors of the control interface. */
Bytes control_part() {
  Bytes header;
  put(header, {kSpecific, UVC_VC_HEADER});
  put16(header, kUvcVersion);
  put16(header, 0);  // the length of all, below
  put32(header, kClockHz);
  put(header, {1, kStreamingInterface});

  const auto add_controls = [](Bytes& body, uint8_t entity) {
    const uint32_t bits = control_bits(entity);
    put(body, {3, bits & 0xff, (bits >> 8) & 0xff, bits >> 16});
  };
  Bytes camera;
  put(camera, {kSpecific, UVC_VC_INPUT_TERMINAL, kCameraTerminal});
  put16(camera, UVC_ITT_CAMERA);
  put(camera, {0, kNoString});
  put16(camera, 0);  // focal lengths: not known
  put16(camera, 0);
  put16(camera, 0);
  add_controls(camera, kCameraTerminal);

  Bytes processing;
  put(processing, {kSpecific, UVC_VC_PROCESSING_UNIT, kProcessingUnit, kCameraTerminal});
  put16(processing, 0);  // no digital zoom
  add_controls(processing, kProcessingUnit);
  put(processing, {kNoString, 0});  // no analogue video standard

  Bytes output;
  put(output, {kSpecific, UVC_VC_OUTPUT_TERMINAL, kOutputTerminal});
  put16(output, UVC_TT_STREAMING);
  put(output, {0, kProcessingUnit, kNoString});

  Bytes all;
  for (const Bytes& body : {header, camera, processing, output})
    add(all, body);
  set16(all, 5, all.size());
  return all;
}

void add_frame(Bytes& out, Coding coding, unsigned number, const FrameSize& size) {
  const uint64_t bits = uint64_t{max_picture_bytes(size)} * 8;
  const auto rate = [bits](uint32_t interval) {
    return static_cast<uint32_t>(bits * 10'000'000 / interval);
  };
  Bytes body;
  const unsigned kind = coding == Coding::Mjpeg ? UVC_VS_FRAME_MJPEG : UVC_VS_FRAME_UNCOMPRESSED;
  put(body, {kSpecific, kind, number, 0});
  put16(body, size.width);
  put16(body, size.height);
  put32(body, rate(size.intervals.back()));
  put32(body, rate(size.intervals.front()));
  put32(body, max_picture_bytes(size));
  put32(body, size.intervals.front());
  put(body, {static_cast<unsigned>(size.intervals.size())});
  for (uint32_t interval : size.intervals)
    put32(body, interval);
  add(out, body);
}

void add_format(Bytes& out, const Model& model, unsigned number) {
  const Format& format = model.formats[number - 1];
  const auto frames = static_cast<unsigned>(format.sizes.size());
  Bytes body;
  if (format.coding == Coding::Mjpeg) {
    put(body, {kSpecific, UVC_VS_FORMAT_MJPEG, number, frames, 0});
  } else {
    put(body, {kSpecific, UVC_VS_FORMAT_UNCOMPRESSED, number, frames});
    // The code of four letters in the GUID that all such codes share.
    put(body, {'Y', 'U', 'Y', '2', 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71});
    put(body, {16});  // bits a pixel
  }
  put(body, {1, 0, 0, 0, 0});  // the first size is the default; progressive
  add(out, body);
  for (unsigned i = 0; i < frames; i++)
    add_frame(out, format.coding, i + 1, format.sizes[i]);

  Bytes stills;
  put(stills, {kSpecific, UVC_VS_STILL_IMAGE_FRAME, 0, static_cast<unsigned>(model.stills.size())});
  for (const FrameSize& size : model.stills) {
    put16(stills, size.width);
    put16(stills, size.height);
  }
  put(stills, {0});  // no choice of compression
  add(out, stills);
  add(out, {kSpecific, UVC_VS_COLORFORMAT, 1, 1, 4});  // primaries and curve BT.709, matrix BT.601
}

/** The class's descriptors of the streaming interface. */
Bytes streaming_part(const Model& model) {
  Bytes header;
  put(header, {kSpecific, UVC_VS_INPUT_HEADER, static_cast<unsigned>(model.formats.size()), 0, 0,
               kVideoEndpoint, 0, kOutputTerminal,
               2,        // still images come over the video's own endpoint, on request
               1, 0, 1}  // a button takes them; one byte of controls a format
  );
  header.resize(header.size() + model.formats.size());  // and none of those
  Bytes all;
  add(all, header);
  for (unsigned i = 0; i < model.formats.size(); i++)
    add_format(all, model, i + 1);
  set16(all, 4, all.size());
  return all;
}

}  // namespace

Bytes device_descriptor(const Model& model) {
  Bytes body;
  put(body, {USB_DT_DEVICE});
  put16(body, 0x0200);
  put(body, {USB_CLASS_MISC, 2, 1, 64});  // functions are told apart by associations
  put16(body, model.vendor_id);
  put16(body, model.product_id);
  put16(body, 0x0100);
  put(body, {kVendorString, kProductString, kSerialString, 1});
  Bytes out;
  add(out, body);
  return out;
}

Bytes configuration_descriptor(const Model& model) {
  Bytes out;
  add(out, {USB_DT_CONFIG, 0, 0, 2, 1, kNoString, USB_CONFIG_ATT_ONE, 250});
  add(out, {USB_DT_INTERFACE_ASSOCIATION, kControlInterface, 2, USB_CLASS_VIDEO,
            3 /* a collection of video interfaces */, UVC_PC_PROTOCOL_UNDEFINED, kProductString});
  add_interface(out, kControlInterface, 0, 0, UVC_SC_VIDEOCONTROL);
  put(out, control_part());
  const bool bulk = model.transfer == Transfer::Bulk;
  add_interface(out, kStreamingInterface, 0, bulk ? 1 : 0, UVC_SC_VIDEOSTREAMING);
  put(out, streaming_part(model));
  if (bulk) {
    add_endpoint(out, USB_ENDPOINT_XFER_BULK, 512, 0);
  } else {
    unsigned alternate = 0;
    for (uint32_t bandwidth : kIsoBandwidth) {
      add_interface(out, kStreamingInterface, ++alternate, 1, UVC_SC_VIDEOSTREAMING);
      // Packets of 1024 bytes, up to three in a microframe.
      add_endpoint(out, USB_ENDPOINT_XFER_ISOC | USB_ENDPOINT_SYNC_ASYNC,
                   1024 | (bandwidth / 1024 - 1) << 11, 1);
    }
  }
  set16(out, 2, out.size());
  return out;
}

Bytes string_descriptor(const Model& model, unsigned index) {
  Bytes body = {USB_DT_STRING};
  if (index == kNoString) {
    put16(body, 0x0409);
  } else if (index <= kSerialString) {
    const std::string& text = index == kVendorString    ? model.vendor
                              : index == kProductString ? model.product
                                                        : model.serial;
    glong units = 0;
    const HandlePtr<gunichar2, g_free> utf16(
        g_utf8_to_utf16(text.c_str(), -1, nullptr, &units, nullptr));
    for (glong i = 0; i < units && i < 126; i++)  // as many as its length can count
      put16(body, utf16.get()[i]);
  } else {
    return {};
  }
  Bytes out;
  add(out, body);
  return out;
}

}  // namespace gstcam::webcam
