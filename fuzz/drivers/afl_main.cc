// SPDX-License-Identifier: Apache-2.0
// AFL++ in persistent mode: inputs come through shared memory, thousands to one process.
#include <unistd.h>

#include <vector>

#include "fuzz_target.hh"

// AFL++'s compiler knows these; they expand to its own words, which our warnings do not like.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wold-style-cast"
#pragma clang diagnostic ignored "-Wgnu-statement-expression"
#pragma clang diagnostic ignored "-Wcast-qual"
#pragma clang diagnostic ignored "-Wsign-conversion"
#pragma clang diagnostic ignored "-Wshorten-64-to-32"
__AFL_FUZZ_INIT();

int main() {
    __AFL_INIT();
    const std::uint8_t* shared = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(10'000)) {
        const auto size = static_cast<std::size_t>(__AFL_FUZZ_TESTCASE_LEN);
        // A copy of just this size, so that a sanitizer sees the first byte past it.
        const std::vector<std::uint8_t> bytes(shared, shared + size);
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
    return 0;
}
#pragma clang diagnostic pop
