// SPDX-License-Identifier: Apache-2.0
// What the C library does with memory that a program has freed.
#pragma once

namespace shunt::runtime {

/// From now on freed memory stays with the process, up to 64 MiB, and blocks of less than 4 MiB
/// come from it. Queues of connections that come and go are some 100 KiB each: given back to the
/// kernel and taken anew they cost a page fault for every 4 KiB, more than to copy what they hold.
void keep_freed_memory();

}  // namespace shunt::runtime
