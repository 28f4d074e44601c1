/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GST_CAMERA_SANITIZER_BUILD is defined where a sanitizer is compiled in. Such a build cannot have
 * the whole sandbox (shadow memory is larger than any limit, the leak checker stops threads by
 * ptrace), so it relaxes some rows at compile time, and isolation-level says "sanitizer-build".
 */
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GST_CAMERA_SANITIZER_BUILD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define GST_CAMERA_SANITIZER_BUILD 1
#endif
#endif
