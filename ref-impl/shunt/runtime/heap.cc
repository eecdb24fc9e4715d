// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/heap.hh"

#include <malloc.h>

namespace shunt::runtime {
namespace {

constexpr int kMebibyte = 1024 * 1024;

}  // namespace

void keep_freed_memory() {
    mallopt(M_TRIM_THRESHOLD, 64 * kMebibyte);
    mallopt(M_MMAP_THRESHOLD, 4 * kMebibyte);
}

}  // namespace shunt::runtime
