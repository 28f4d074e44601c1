/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/element-error.h"

namespace gstcam {

namespace {

void post(GstElement* element, GstMessageType type, const Error& error) {
  const GstErrorCode code = to_gst_error(error.code);
  /* gst_element_message_full() takes both strings over. */
  gst_element_message_full(
      element, type, code.domain, code.code, g_strdup(error_text(error).c_str()),
      g_strdup_printf("code: %s", to_string(error.code)), __FILE__, __func__, __LINE__);
}

}  // namespace

GstErrorCode to_gst_error(Error::Code code) {
  switch (code) {
    case Error::Code::NotFound:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND};
    case Error::Code::Permission:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED};
    case Error::Code::Busy:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY};
    case Error::Code::NoSpace:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT};
    case Error::Code::Invalid:
      return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS};
    case Error::Code::Unsupported:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS};
    case Error::Code::WrongState:
      return {GST_CORE_ERROR, GST_CORE_ERROR_STATE_CHANGE};
    case Error::Code::Timeout:
    case Error::Code::Lost:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ};
    case Error::Code::Protocol:
    case Error::Code::Failed:
      break;
  }
  return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED};
}

std::string error_text(const Error& error) {
  std::string text = error.message;
  if (error.hint.empty())
    return text;
  if (!text.empty() && text.back() != '.')
    text += '.';
  return text + ' ' + error.hint;
}

void post_error(GstElement* element, const Error& error) {
  post(element, GST_MESSAGE_ERROR, error);
}

void post_warning(GstElement* element, const Error& error) {
  post(element, GST_MESSAGE_WARNING, error);
}

}  // namespace gstcam
