// SPDX-License-Identifier: Apache-2.0
#include "bench/worlds/heap_in_use.hh"

#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

namespace shunt::bench {

std::size_t heap_in_use() {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

std::size_t resident_size() {
    std::ifstream file("/proc/self/statm");
    std::size_t all = 0;
    std::size_t resident = 0;
    if (!(file >> all >> resident)) throw std::runtime_error("/proc/self/statm cannot be read");
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace shunt::bench
