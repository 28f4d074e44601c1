/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GST_CAMERA_KERNEL: what stands before the definition of a row kernel.
 *
 * A row kernel is a small function over plain arrays that the compiler vectorises; where the
 * toolchain can, it makes one clone for the baseline and one for AVX2, and the loader picks. Clones
 * give the same bits: every sample is computed by itself, in the order written, and
 * -ffp-contract=off (core/isp/meson.build) keeps multiplication and addition apart on every
 * machine.
 */
#pragma once

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__)
#define GST_CAMERA_KERNEL __attribute__((target_clones("avx2", "default")))
#else
#define GST_CAMERA_KERNEL
#endif
