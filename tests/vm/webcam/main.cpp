/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst-camera-test-webcam: a USB webcam that is a process. The kernel's own usbcore and uvcvideo see
 * a device on a cable (modules vhci_hcd, uvcvideo); when the process ends, the cable is pulled.
 *
 * Says "plugged into port N" once it is in.
 */
#include <fcntl.h>
#include <glib.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "base/glib-ptr.h"
#include "base/unique-fd.h"
#include "tests/vm/webcam/session.h"

namespace {

using namespace gstcam;

struct Options {
  webcam::Model model;
  uint64_t frames = 0;
  UniqueFd log;
};

Result<Options> parse(int argc, char** argv) {
  gchar *serial = nullptr, *vendor = nullptr, *product = nullptr;
  gint vendor_id = -1, product_id = -1;
  gchar* log = nullptr;
  gint64 frames = 0;
  gboolean isochronous = FALSE;
  const GOptionEntry entries[] = {
      {"serial", 0, 0, G_OPTION_ARG_STRING, &serial, "Serial number", "TEXT"},
      {"vendor", 0, 0, G_OPTION_ARG_STRING, &vendor, "Vendor's name", "TEXT"},
      {"product", 0, 0, G_OPTION_ARG_STRING, &product, "Product's name", "TEXT"},
      {"vendor-id", 0, 0, G_OPTION_ARG_INT, &vendor_id, "Vendor's number (0x1209)", "N"},
      {"product-id", 0, 0, G_OPTION_ARG_INT, &product_id, "Product's number (0x0001)", "N"},
      {"isochronous", 0, 0, G_OPTION_ARG_NONE, &isochronous, "Not in bulk", nullptr},
      {"frames", 0, 0, G_OPTION_ARG_INT64, &frames, "Pull the cable after so many frames", "N"},
      {"log", 0, 0, G_OPTION_ARG_FILENAME, &log, "Where each picture is noted: number, ns, ticks",
       "FILE"},
      {}};
  const HandlePtr<GOptionContext, g_option_context_free> context(g_option_context_new(nullptr));
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  ErrorOut error;
  const bool parsed = g_option_context_parse(context.get(), &argc, &argv, &error) != FALSE;
  Options options;
  for (auto [text, into] :
       {std::pair{serial, &options.model.serial}, std::pair{vendor, &options.model.vendor},
        std::pair{product, &options.model.product}}) {
    const CharPtr owned(text);
    if (owned)
      *into = owned.get();
  }
  if (!parsed)
    return Error(Error::Code::Invalid, error.message());
  if (argc > 1)
    return Error(Error::Code::Invalid, std::string("no argument is expected: ") + argv[1]);
  if (vendor_id > 0xffff || product_id > 0xffff || frames < 0)
    return Error(Error::Code::Invalid, "a number is out of range");
  if (vendor_id >= 0)
    options.model.vendor_id = static_cast<uint16_t>(vendor_id);
  if (product_id >= 0)
    options.model.product_id = static_cast<uint16_t>(product_id);
  if (isochronous)
    options.model.transfer = webcam::Transfer::Isochronous;
  options.frames = static_cast<uint64_t>(frames);
  if (const CharPtr path(log); path) {
    options.log = UniqueFd(::open(path.get(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!options.log.valid())
      return Error::from_errno(errno, std::string("cannot open ") + path.get());
  }
  return options;
}

Result<void> run(int argc, char** argv) {
  auto options = parse(argc, argv);
  if (!options)
    return options.error();
  auto link = webcam::UsbipLink::plug();
  if (!link)
    return link.error();
  std::printf("plugged into port %u\n", link->port());
  std::fflush(stdout);
  webcam::Session session(std::move(*link), options->model, options->frames);
  session.set_log(std::move(options->log));
  return session.run();
}

}  // namespace

int main(int argc, char** argv) {
  auto done = run(argc, argv);
  if (done || done.error().code == Error::Code::Lost)
    return 0;  // unplugged, by whichever side
  std::fprintf(stderr, "webcam: %s%s%s\n", done.error().message.c_str(),
               done.error().hint.empty() ? "" : "; ", done.error().hint.c_str());
  return 1;
}
